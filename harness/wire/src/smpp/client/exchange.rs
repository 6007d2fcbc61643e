//! Requests under way, and how their answers find them.

use super::SubmitError;
use rusmpp::Command;
use squall_platform::Stop;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// Requests under way. Ordered, so that the end of a session wakes them in a repeatable order.
#[derive(Debug, Default)]
pub(super) struct Exchange(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    last: u32,
    answers: BTreeMap<u32, oneshot::Sender<Command>>,
    over: Option<String>,
}

/// A place among the waiting; given up when dropped.
pub(super) struct Registered<'a> {
    exchange: &'a Exchange,
    pub(super) sequence: u32,
    pub(super) answered: bool,
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.exchange.with(|waiting| waiting.answers.remove(&self.sequence));
        }
    }
}

impl Exchange {
    /// Number 1 is the bind's.
    pub(super) fn after_bind() -> Exchange {
        Exchange(Mutex::new(Waiting { last: 1, ..Waiting::default() }))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Waiting) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn register(
        &self,
    ) -> Result<(Registered<'_>, oneshot::Receiver<Command>), SubmitError> {
        let (tell, answer) = oneshot::channel();
        let sequence = self.with(|waiting| match &waiting.over {
            Some(reason) => Err(SubmitError::NotSent(reason.clone())),
            None => {
                waiting.last = if waiting.last >= 0x7FFF_FFFF { 1 } else { waiting.last + 1 };
                waiting.answers.insert(waiting.last, tell);
                Ok(waiting.last)
            }
        })?;
        Ok((Registered { exchange: self, sequence, answered: false }, answer))
    }

    pub(super) fn answer(&self, command: Command) {
        let tell = self.with(|waiting| waiting.answers.remove(&command.sequence_number()));
        if let Some(tell) = tell {
            let _ = tell.send(command);
        }
    }

    pub(super) fn end(&self, reason: &str) {
        let answers = self.with(|waiting| {
            waiting.over.get_or_insert_with(|| reason.to_owned());
            std::mem::take(&mut waiting.answers)
        });
        drop(answers);
    }

    pub(super) fn reason(&self) -> Option<String> {
        self.with(|waiting| waiting.over.clone())
    }
}

/// Tells everybody that the session is over, also where its task did not come to its end.
pub(super) struct Over {
    pub(super) exchange: Arc<Exchange>,
    pub(super) close: Stop,
}

impl Over {
    pub(super) fn because(self, reason: &str) {
        self.exchange.end(reason);
    }
}

impl Drop for Over {
    fn drop(&mut self) {
        self.exchange.end("the node ended");
        self.close.ask();
    }
}
