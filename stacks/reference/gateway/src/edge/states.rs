//! What the edge can tell of recent messages. Bounded: the oldest are forgotten first, and all of
//! them with the process; the way of a message does not depend on it.

use crate::message::{Envelope, Sid, State, Status, accepted_us, show};
use squall_wire::twilio::{self, Message};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

const KEPT: usize = 20_000;

#[derive(Debug, Default)]
pub(super) struct States(Mutex<BTreeMap<Sid, Known>>);

#[derive(Clone, Debug)]
struct Known {
    to: String,
    from: String,
    text: String,
    state: State,
    error: Option<u32>,
    /// The sender has heard its final state.
    told: bool,
}

impl States {
    pub(super) fn accepted(&self, message: &Envelope) {
        let mut known = self.lock();
        // A status may have overtaken us.
        known.entry(message.sid).or_insert_with(|| Known {
            to: message.to.clone(),
            from: message.from.clone(),
            text: message.text.clone(),
            state: State::Queued,
            error: None,
            told: false,
        });
        if known.len() > KEPT {
            known.pop_first();
        }
    }

    /// Notes a new state. True: the sender was told of a final one before.
    pub(super) fn changed(&self, status: &Status) -> bool {
        let mut known = self.lock();
        let Some(entry) = known.get_mut(&status.sid) else { return false };
        if status.state > entry.state {
            entry.state = status.state;
            entry.error = status.error;
        }
        entry.told
    }

    pub(super) fn told(&self, sid: Sid) {
        if let Some(entry) = self.lock().get_mut(&sid) {
            entry.told = true;
        }
    }

    pub(super) fn get(&self, account: &str, sid: Sid) -> Option<Message> {
        self.lock().get(&sid).map(|known| known.show(account, sid))
    }

    /// Newest first, those to and from certain numbers, after the first `skip`.
    pub(super) fn list(
        &self,
        account: &str,
        (to, from): (Option<&str>, Option<&str>),
        skip: usize,
        max: usize,
    ) -> Vec<Message> {
        let known = self.lock();
        let wanted = known.iter().rev().filter(|(_, entry)| {
            to.is_none_or(|to| entry.to == to) && from.is_none_or(|from| entry.from == from)
        });
        wanted.skip(skip).take(max).map(|(sid, entry)| entry.show(account, *sid)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Sid, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn show(&self, account: &str, sid: Sid) -> Message {
        let at = accepted_us(sid);
        let mut message = Message::outbound(account, &show(sid), &self.to, &self.text, at);
        message.from = Some(self.from.clone()).filter(|from| !from.is_empty());
        message.status = wire(self.state);
        message.error_code = self.error;
        message
    }
}

/// Twilio's own value of a state.
pub(super) fn wire(state: State) -> twilio::Status {
    match state {
        State::Queued => twilio::Status::Queued,
        State::Sent => twilio::Status::Sent,
        State::Delivered => twilio::Status::Delivered,
        State::Undelivered => twilio::Status::Undelivered,
        State::Failed => twilio::Status::Failed,
    }
}
