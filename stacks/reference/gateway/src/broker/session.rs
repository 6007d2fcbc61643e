//! What edge and gateway ask of a broker over one connection, in words that all three understand.

use crate::message::Envelope;
use crate::presence::Patience;
use crate::remote::Enqueued;
use futures::future::BoxFuture;
use std::fmt::Display;
use std::time::Duration;
use tokio::sync::mpsc;

/// Where a broker is, and what its queue is like.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// `host:port`.
    pub address: String,
    /// What it confirms survives its death.
    pub durable: bool,
    /// Messages that a gateway has at a time.
    pub credit: u32,
    /// Who asks, the same in every life.
    pub client: String,
    /// After so long without a word a message is handed out again, where the broker knows such a time.
    pub lease: Duration,
    pub patience: Patience,
}

/// A connection cannot be used any more; why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Trouble(String);

pub(super) fn trouble(error: impl Display) -> Trouble {
    Trouble(error.to_string())
}

/// A message handed out.
pub(crate) struct Pulled {
    pub message: Envelope,
    pub ticket: Box<dyn Ticket>,
}

pub(crate) type Deliveries = mpsc::UnboundedSender<Pulled>;

/// How a message handed out goes back. It may outlive its connection: then the broker hands the
/// message out again, whatever is said here.
pub(crate) trait Ticket: Send + Sync {
    fn ack(&self) -> BoxFuture<'_, ()>;
    /// Asks for more time. False: the message is not this connection's any more.
    fn renew(&self) -> BoxFuture<'_, bool>;
}

/// One connection to a broker whose queue is there.
pub(crate) trait Session: Send + Sync {
    /// Waits for the broker's confirmation, for ever where none comes.
    fn put<'a>(&'a self, message: &'a Envelope) -> BoxFuture<'a, Enqueued>;

    /// Messages that nobody has acknowledged, as far as the broker tells in one question; those that
    /// it has handed out may be missing.
    fn depth(&self) -> BoxFuture<'_, Result<u64, Trouble>>;

    /// What waits, oldest first, at most `max`. Nothing is taken away by it.
    fn list(&self, max: usize) -> BoxFuture<'_, Result<Vec<Envelope>, Trouble>>;

    /// Hands messages out until the connection is no good any more.
    fn pull<'a>(&'a self, deliveries: &'a Deliveries) -> BoxFuture<'a, Trouble>;
}
