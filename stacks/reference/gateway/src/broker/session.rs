//! What edge and gateway ask of a broker over one connection, in words that all three understand.

use crate::message::{self, Envelope};
use crate::presence::Patience;
use crate::remote::Enqueued;
use futures::future::BoxFuture;
use std::fmt::Display;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Where a broker is, and what its queue is like.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// `host:port`.
    pub address: String,
    /// What it confirms survives its death.
    pub durable: bool,
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

/// What comes to the one who takes, in this order.
pub(crate) enum Handed {
    Message(Pulled),
    /// Answered once all that came before has been taken.
    Mark(oneshot::Sender<()>),
}

/// Who takes messages. `credit` bounds what is on its way: a broker hands out no more until some are
/// given back.
#[derive(Clone)]
pub(crate) struct Taker {
    pub credit: u32,
    pub handed: mpsc::UnboundedSender<Handed>,
}

impl Taker {
    /// Ends a pull where nobody takes any more: what it went on to pull would be nobody's.
    pub(super) async fn hand_on(
        &self,
        payload: &[u8],
        ticket: impl Ticket + 'static,
    ) -> Result<(), Trouble> {
        let Some(message) = message::decode::<Envelope>(payload) else {
            // Nobody can read it, so nobody can send it.
            ticket.ack().await;
            return Ok(());
        };
        self.send(Handed::Message(Pulled { message, ticket: Box::new(ticket) }))
    }

    pub(super) fn send(&self, handed: Handed) -> Result<(), Trouble> {
        self.handed.send(handed).map_err(|_| trouble("nobody takes what it hands out"))
    }
}

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

    /// All that waits, in any order; what is handed out over this connection may be missing once its
    /// taker has it. Nothing is taken away by it. One at a time.
    fn list(&self) -> BoxFuture<'_, Result<Vec<Envelope>, Trouble>>;

    /// Hands messages out until the connection is no good any more, or nobody takes them.
    fn pull<'a>(&'a self, taker: &'a Taker) -> BoxFuture<'a, Result<(), Trouble>>;
}
