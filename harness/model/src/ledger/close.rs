//! Closing the books: every attempted message gets its one state, and the side counters are added up.
//!
//! `attempted` is counted from the facts as they came in, the rest from the rows: a ledger that
//! drops or repeats a message does not balance.

use super::message::State;
use super::order::{Order, order};
use super::{Message, MessageTable};
use crate::fact::Fact;
use crate::judged::{Accounting, EVIDENCE};
use crate::units::Micros;
use std::collections::BTreeMap;

/// The closed ledger and the messages that prove its lines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    pub accounting: Accounting,
    /// What becomes of the missing.
    pub fate: Fate,
    /// Delivered to a handset at least once, attempted or not.
    pub reached: u64,
    /// Accepted, dropped by a carrier's behaviour, and never delivered.
    pub swallowed: u64,
    pub missing_evidence: Vec<u64>,
    pub duplicated_evidence: Vec<u64>,
    pub false_evidence: Vec<u64>,
    pub no_receipt_evidence: Vec<u64>,
    pub order: Order,
}

/// How messages that nothing accounts for are booked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    /// No node told anything about what it holds.
    #[default]
    Undecided,
    /// All nodes named what they hold: the rest is lost.
    Lost,
    /// Some nodes gave only a count: so many of the missing are pending, nobody knows which.
    PendingUpTo(u64),
}

/// Closes the ledger. `events` are the record's other facts.
///
/// What was delivered after `settled` is too young to miss its receipt.
///
/// A node tells what it holds by [`Fact::Pending`] for each message and, or, by
/// [`Fact::PendingCount`] with its total (0 included); without any of them nothing was told.
pub fn close(table: &MessageTable, events: &[Fact], deadline: Micros, settled: Micros) -> Ledger {
    let mut ledger = Ledger { fate: fate(table, events), ..Default::default() };
    ledger.accounting.deadline_ms = deadline.as_millis();
    ledger.accounting.attempted = table.submits();
    ledger.accounting.unexpected = table.unknown;
    ledger.accounting.attempts = table.unknown_attempts;
    let mut missing = 0;
    for (m, message) in table.rows().iter().enumerate() {
        let state = message.state(deadline);
        count(&mut ledger, m as u64, message, state);
        if message.delivered <= settled {
            count_mute(&mut ledger, m as u64, message, state);
        }
        if state == State::Missing {
            missing += 1;
            keep(&mut ledger.missing_evidence, m as u64);
            ledger.swallowed += u64::from(message.swallowed());
        }
    }
    let books = &mut ledger.accounting;
    match ledger.fate {
        Fate::Undecided => books.undecided = missing,
        Fate::Lost => books.lost = missing,
        Fate::PendingUpTo(count) => {
            books.pending += missing.min(count);
            books.lost = missing.saturating_sub(count);
        }
    }
    books.accepted = books.delivered
        + books.late
        + books.failed
        + books.expired
        + books.pending
        + books.undecided
        + books.lost;
    ledger.order = order(table, EVIDENCE);
    ledger.accounting.out_of_order = ledger.order.out_of_order;
    ledger
}

fn count(ledger: &mut Ledger, m: u64, message: &Message, state: State) {
    let books = &mut ledger.accounting;
    books.attempts += u64::from(message.attempts);
    let came = message.was_delivered();
    match state {
        State::NeverAttempted => books.unexpected += u64::from(message.attempts > 0),
        State::Rejected => {
            books.rejected += 1;
            books.ghost += u64::from(came);
        }
        State::Indeterminate => {
            books.indeterminate += 1;
            books.recovered += u64::from(came);
        }
        State::Delivered => books.delivered += 1,
        State::Late => books.late += 1,
        State::Failed => books.failed += 1,
        State::Expired => books.expired += 1,
        State::Pending => books.pending += 1,
        State::Missing => {}
    }
    ledger.reached += u64::from(came);
    if message.deliveries > 1 {
        books.duplicated += 1;
        keep(&mut ledger.duplicated_evidence, m);
    }
    if message.claimed() && !came {
        books.false_receipts += 1;
        keep(&mut ledger.false_evidence, m);
    }
}

fn count_mute(ledger: &mut Ledger, m: u64, message: &Message, state: State) {
    if matches!(state, State::Delivered | State::Late) && message.receipted == Micros::MAX {
        ledger.accounting.missing_receipts += 1;
        keep(&mut ledger.no_receipt_evidence, m);
    }
}

fn keep(evidence: &mut Vec<u64>, m: u64) {
    if evidence.len() < EVIDENCE {
        evidence.push(m);
    }
}

/// A count covers the messages its node named; what is over is pending without a name.
fn fate(table: &MessageTable, events: &[Fact]) -> Fate {
    let mut counts = BTreeMap::new();
    // Without the whole drain, what has not arrived may only be under way.
    if events.iter().any(|event| matches!(event, Fact::Interrupted { .. })) {
        return Fate::Undecided;
    }
    for event in events {
        if let Fact::PendingCount { node, count, .. } = event {
            counts.insert(node.as_str(), *count);
        }
    }
    if counts.is_empty() && table.named.is_empty() {
        return Fate::Undecided;
    }
    let unnamed: u64 = counts
        .iter()
        .map(|(node, count)| {
            count.saturating_sub(table.named.get(*node).copied().unwrap_or_default())
        })
        .fold(0, u64::saturating_add);
    if unnamed == 0 { Fate::Lost } else { Fate::PendingUpTo(unnamed) }
}
