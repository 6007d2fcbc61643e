//! Where every submit is decided, whatever protocol it came by.
//!
//! The desk is plain state behind one lock: no waiting happens in it. Callers write the journal
//! ([`Desk::write`]) before they answer.

use super::answer::Code;
use super::behaviours::{Behaviours, Fate};
use super::calls::Calls;
use super::capacity::Capacity;
use super::dialect::{Codes, Dialect};
use super::journal::{Accepted, COMPACT, Entry, Event, Journal, Log, Outcome, Promised, Record};
use super::promises::{Key, Owed, Promises};
use super::recent::Recent;
use crate::ServiceError;
use squall_model::behaviour::Behaviour;
use squall_model::stack;
use squall_model::token;
use squall_platform::{Node, time::Instant};
use squall_wire::smpp::{Assembled, Part, Reassembly};
use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

/// Long messages with parts missing.
const UNFINISHED: usize = 10_000;

pub(super) struct Desk {
    pub codes: &'static Codes,
    pub behaviours: Behaviours,
    pub promises: Promises,
    pub recent: Recent,
    /// When the dispatcher looks for due receipts next; 0 while it could not send any.
    pub looking_us: u64,
    pub calls: Calls,
    /// For a call, how long it rings.
    pub receipt_delay_us: u64,
    capacity: Option<Capacity>,
    /// From the acceptance to the handset.
    lands_after_us: u64,
    reassembly: Reassembly,
    pub(super) journal: Journal,
    /// Size of `messages` after it was last written anew.
    compacted: u64,
}

/// One submit, decoded.
pub(super) struct Submission<'a> {
    /// Who submits, as it said of itself; empty where it did not.
    pub via: &'a str,
    pub source: &'a str,
    pub destination: &'a str,
    pub text: &'a str,
    pub part: Option<Part>,
    pub wish: Wish,
    pub callback: Option<String>,
    /// The sender's own, told again in the receipt.
    pub reference: Option<String>,
    pub valid_until_us: Option<u64>,
}

/// Which outcomes the sender wants a receipt for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Nothing,
    Everything,
    Failure,
    Success,
}

/// What the desk made of a submit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Decision {
    pub result: Result<u64, Code>,
    pub answer_after: Duration,
}

impl Desk {
    pub(super) fn open(node: &Node, entry: &stack::Carrier) -> Result<Desk, ServiceError> {
        let (journal, records) = Journal::open(node.disk())?;
        let dialect = Dialect::of(entry.protocol);
        let Dialect { codes, lands_at_once, .. } = dialect;
        let mut desk = Desk {
            codes,
            behaviours: Behaviours::new(dialect),
            promises: Promises::default(),
            recent: Recent::default(),
            looking_us: 0,
            calls: Calls::default(),
            capacity: entry
                .capacity
                .and_then(|per_second| Capacity::new(per_second, entry.capacity_counts)),
            receipt_delay_us: entry.receipt_delay.0,
            lands_after_us: if *lands_at_once { 0 } else { entry.receipt_delay.0 },
            reassembly: Reassembly::new(UNFINISHED),
            compacted: journal.size(),
            journal,
        };
        desk.restore(records);
        desk.drop_calls(node.unix_us());
        let failed = |source| ServiceError::Disk { file: "events".into(), source };
        desk.write().map_err(failed)?;
        Ok(desk)
    }

    /// Takes up what an earlier life left.
    fn restore(&mut self, records: Vec<Record>) {
        let mut done: BTreeMap<u64, u8> = BTreeMap::new();
        for record in &records {
            if let Record::Done(id) = record {
                *done.entry(*id).or_default() += 1;
            }
        }
        for record in records {
            match record {
                Record::Accepted(mut accepted) => {
                    if let Some(promise) = &mut accepted.promise {
                        let sent = done.get(&accepted.id).copied().unwrap_or(0);
                        promise.copies = promise.copies.saturating_sub(sent);
                    }
                    if let Some(part) = accepted.part().filter(|_| accepted.reached) {
                        let Accepted { source, destination, text, .. } = &accepted;
                        self.reassembly.add(source, destination, part, text);
                    }
                    self.promises.promise(&accepted);
                    self.recent.push(accepted);
                }
                Record::Redacted(id) => self.blank(id),
                Record::Deleted(id) => {
                    self.recent.remove(id);
                }
                Record::Done(_) => {}
                Record::Call(number, caller) => self.calls.restore(number, caller),
                Record::CallOver(number) => self.calls.over(number),
            }
        }
    }

    /// Decides about a submit. Nothing may be answered before [`Desk::write`] has returned.
    pub(super) fn submit(&mut self, now_us: u64, submission: Submission<'_>) -> Decision {
        let via = self.journal.via(submission.via);
        let fate = self.decide(now_us);
        let answer_after = Duration::from_millis(fate.answer_after_ms);
        if let Some(code) = fate.refused {
            let event = Event::Refused(code);
            let message = token::find(submission.text);
            self.journal.event(Entry { unix_us: now_us, message, event, via });
            return Decision { result: Err(code), answer_after };
        }
        let expired = submission.valid_until_us.is_some_and(|until_us| until_us <= now_us);
        let reached = !(expired || fate.swallowed || fate.lied);
        let (event, message) = self.land(&submission, reached);
        let outcome = match () {
            () if expired => Outcome::Expired,
            () if fate.swallowed && !fate.lied => Outcome::Never,
            () => Outcome::Delivered,
        };
        let unix_us = now_us.saturating_add(self.lands_after_us);
        let id = self.journal.event(Entry { unix_us, message, event, via });
        self.accept(now_us, id, submission, outcome, reached);
        Decision { result: Ok(id), answer_after }
    }

    /// What behaviours and capacity make of one submit or call.
    pub(super) fn decide(&mut self, now_us: u64) -> Fate {
        let mut fate = self.behaviours.submit(now_us);
        let full = self.capacity.as_mut().is_some_and(|capacity| {
            let counts = fate.refused.is_none() || capacity.counts_refused();
            counts && !capacity.take(now_us)
        });
        fate.refused = fate.refused.or(full.then_some(Code(self.codes.throttled)));
        fate
    }

    /// Puts a message, or a part of one, on its handset.
    fn land(&mut self, submission: &Submission<'_>, reached: bool) -> (Event, Option<u64>) {
        let Submission { source, destination, text, .. } = *submission;
        if !reached {
            return (Event::Swallowed, token::find(text));
        }
        let Some(part) = submission.part else {
            return (Event::Delivered, token::find(text));
        };
        match self.reassembly.add(source, destination, part, text) {
            Assembled::Whole(whole) => (Event::Delivered, token::find(&whole)),
            Assembled::Incomplete => (Event::Part, token::find(text)),
        }
    }

    fn accept(
        &mut self,
        now_us: u64,
        id: u64,
        submission: Submission<'_>,
        outcome: Outcome,
        reached: bool,
    ) {
        let wanted = match (submission.wish, outcome) {
            (Wish::Nothing, _) | (_, Outcome::Never) => false,
            (Wish::Everything, _) => true,
            (Wish::Failure, outcome) => outcome == Outcome::Expired,
            (Wish::Success, outcome) => outcome == Outcome::Delivered,
        };
        let mut final_us = now_us.saturating_add(self.receipt_delay_us);
        let mut promise = None;
        if wanted {
            let fate = self.behaviours.receipt();
            final_us = final_us.saturating_add(fate.later_ms.saturating_mul(1_000));
            promise = Some(Promised { due_us: final_us, copies: fate.copies });
        }
        let accepted = Accepted {
            id,
            at_us: now_us,
            source: submission.source.to_owned(),
            destination: submission.destination.to_owned(),
            text: submission.text.to_owned(),
            part: submission.part.map(|part| (part.reference, part.total, part.number)),
            callback: submission.callback,
            reference: submission.reference,
            promise: promise.filter(|promise| promise.copies > 0),
            outcome,
            reached,
            final_us,
        };
        self.promises.promise(&accepted);
        let record = Record::Accepted(accepted);
        self.journal.record(&record);
        if let Record::Accepted(accepted) = record {
            self.recent.push(accepted);
        }
    }

    /// A receipt was acknowledged by its receiver.
    pub(super) fn acknowledged(&mut self, key: Key) {
        if self.promises.kept(key) {
            self.journal.record(&Record::Done(key.0));
        }
    }

    pub(super) fn redact(&mut self, id: u64) {
        self.blank(id);
        self.journal.record(&Record::Redacted(id));
    }

    /// False where there is no such message.
    pub(super) fn delete(&mut self, id: u64) -> bool {
        let there = self.recent.remove(id);
        if there {
            self.journal.record(&Record::Deleted(id));
        }
        there
    }

    fn blank(&mut self, id: u64) {
        if let Some(accepted) = self.recent.get_mut(id) {
            accepted.text.clear();
        }
    }

    /// Writes what was decided since the last write.
    ///
    /// # Errors
    /// What the disk says; then nothing may be answered.
    pub(super) fn write(&mut self) -> io::Result<()> {
        self.journal.write()?;
        if self.journal.size() > COMPACT.max(4 * self.compacted) {
            let mut open = self.promises.open();
            for accepted in self.recent.iter() {
                let promise = open.get(&accepted.id).and_then(|open| open.promise);
                open.insert(accepted.id, Accepted { promise, ..accepted.clone() });
            }
            let messages = open.into_values().map(Record::Accepted);
            self.journal.compact(messages.chain(self.calls.records()))?;
            self.compacted = self.journal.size();
        }
        Ok(())
    }

    /// Whether a receipt is due before the dispatcher looks again.
    pub(super) fn dispatcher_sleeps_too_long(&self) -> bool {
        self.promises.next_due_us().is_some_and(|due_us| due_us < self.looking_us)
    }

    pub(super) fn log(&self) -> Log {
        self.journal.log()
    }

    pub(super) fn set(
        &mut self,
        node: &Node,
        name: &str,
        behaviour: Behaviour,
    ) -> Result<(), String> {
        self.behaviours.set(node, name, behaviour)
    }
}

/// When a dispatcher looks again for what is due at `due_us`; within a day in any case.
pub(super) fn instant(now_us: u64, due_us: u64) -> Instant {
    let wait = Duration::from_micros(due_us.saturating_sub(now_us));
    Instant::now() + wait.min(Duration::from_secs(86_400))
}

impl Owed {
    /// When the receipt says it was done.
    pub(super) fn done_us(&self) -> u64 {
        if self.outcome == Outcome::Expired { self.final_us } else { self.at_us }
    }
}
