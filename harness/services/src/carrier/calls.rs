//! Calls in progress, as the desk keeps them: each ends in the log once, whatever ends it but a kill
//! between two writes (see `Journal::write`). One that a
//! behaviour swallows has its line when it is taken, and rings on without being kept here.

use super::answer::Code;
use super::desk::Desk;
use super::journal::{Caller, Entry, Event, Record};
use super::verbs::{self, Verb};
use squall_model::token;
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Debug, Default)]
pub(super) struct Calls {
    open: BTreeMap<u64, Caller>,
    next: u64,
}

/// What the desk made of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Placed {
    pub result: Result<Rings, Code>,
    pub answer_after: Duration,
}

/// Whether it is ever answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Rings {
    /// The call's number, by which it is told to end.
    Answered(u64),
    ForEver,
}

impl Calls {
    pub(super) fn restore(&mut self, number: u64, caller: Caller) {
        self.next = self.next.max(number + 1);
        self.open.insert(number, caller);
    }

    pub(super) fn over(&mut self, number: u64) {
        self.open.remove(&number);
    }

    pub(super) fn records(&self) -> impl Iterator<Item = Record> {
        self.open.iter().map(|(number, caller)| Record::Call(*number, *caller))
    }
}

impl Desk {
    /// Decides about a call from `from`, placed by `via`; `fault` is what speaks against it before any
    /// behaviour is asked. Nothing may be answered before [`Desk::write`] has returned.
    pub(super) fn call(
        &mut self,
        now_us: u64,
        (from, via): (&str, &str),
        fault: Option<Code>,
    ) -> Placed {
        let message = token::of_caller(from);
        let caller = Caller { message, via: self.journal.via(via) };
        let (refused, fate) = match fault {
            Some(code) => (Some(code), None),
            None => {
                let fate = self.decide(now_us);
                (fate.refused, Some(fate))
            }
        };
        let answer_after = Duration::from_millis(fate.map_or(0, |fate| fate.answer_after_ms));
        let result = match refused {
            Some(code) => {
                self.note(now_us, caller, Event::Refused(code));
                Err(code)
            }
            None if fate.is_some_and(|fate| fate.swallowed) => {
                self.note(now_us, caller, Event::Swallowed);
                Ok(Rings::ForEver)
            }
            None => {
                let number = self.calls.next;
                self.calls.restore(number, caller);
                self.journal.record(&Record::Call(number, caller));
                Ok(Rings::Answered(number))
            }
        };
        Placed { result, answer_after }
    }

    /// What the handset of a call in progress heard.
    pub(super) fn heard(&mut self, now_us: u64, number: u64, verb: &str, code: Option<&str>) {
        if let Some(caller) = self.calls.open.get(&number).copied() {
            let event = Event::Verb(Verb::of(verb), code.map(verbs::code));
            self.note(now_us, caller, event);
        }
    }

    /// Ends a call; one that is over already stays as it ended.
    pub(super) fn end_call(&mut self, now_us: u64, number: u64, end: Event) {
        if let Some(caller) = self.calls.open.remove(&number) {
            self.note(now_us, caller, end);
            self.journal.record(&Record::CallOver(number));
        }
    }

    /// Ends what an earlier life left in progress: its connections are gone.
    pub(super) fn drop_calls(&mut self, now_us: u64) {
        let left: Vec<u64> = self.calls.open.keys().copied().collect();
        for number in left {
            self.end_call(now_us, number, Event::Dropped(verbs::CONNECTION));
        }
    }

    fn note(&mut self, now_us: u64, caller: Caller, event: Event) {
        let Caller { message, via } = caller;
        self.journal.event(Entry { unix_us: now_us, message, event, via });
    }
}
