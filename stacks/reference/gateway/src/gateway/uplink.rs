//! A way to a vendor: its protocol, its breaker, and what became of a submit over it.

use super::breaker::Breaker;
use super::smpp::Session;
use super::vendor::Api;
use crate::message::Envelope;
use squall_platform::time::Instant;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What became of a submit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// With the ids its receipts will carry.
    Accepted(Vec<String>),
    /// Refused, and would be again: Twilio's code for it.
    Permanent(u32),
    /// Refused for now: Twilio's code for it.
    Temporary(u32),
    /// Certainly not received.
    NotSent,
    /// May have been received.
    Indeterminate,
}

pub(super) enum Kind {
    Smpp(Session),
    Http(Api),
}

pub(super) struct Uplink {
    /// The carrier's; its receipts' ids are kept under it.
    pub name: String,
    pub kind: Kind,
    breaker: Mutex<Breaker>,
}

impl Uplink {
    pub(super) fn new(name: &str, kind: Kind, breaker: Breaker) -> Uplink {
        Uplink { name: name.to_owned(), kind, breaker: Mutex::new(breaker) }
    }

    /// Submits, unless the breaker (where `breaking`) is open; then it was not sent.
    pub(super) async fn submit(&self, message: &Envelope, breaking: bool) -> Outcome {
        if breaking && !self.breaker().admits(Instant::now()) {
            return Outcome::NotSent;
        }
        let outcome = match &self.kind {
            Kind::Smpp(session) => session.submit(message).await,
            Kind::Http(api) => api.submit(message).await,
        };
        let mut breaker = self.breaker();
        match outcome {
            Outcome::Accepted(_) | Outcome::Permanent(_) => breaker.succeeded(),
            _ => breaker.failed(Instant::now()),
        }
        outcome
    }

    /// The vendor's API where it is one over HTTP.
    pub(super) fn api(&self) -> Option<&Api> {
        match &self.kind {
            Kind::Smpp(_) => None,
            Kind::Http(api) => Some(api),
        }
    }

    /// Whether a message has a chance here now.
    pub(super) fn is_ready(&self) -> bool {
        self.breaker().is_closed()
            && match &self.kind {
                Kind::Smpp(session) => session.is_bound(),
                Kind::Http(_) => true,
            }
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
