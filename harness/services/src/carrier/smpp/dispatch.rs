//! Sends receipts that are due to bound receivers, within their windows, until acknowledged.

use super::{Smsc, message_id};
use crate::carrier::desk::instant;
use crate::carrier::journal::Outcome;
use crate::carrier::promises::{Key, Owed};
use squall_platform::running::{Done, Stopping};
use squall_platform::time::sleep_until;
use squall_wire::smpp::values::MessageState;
use squall_wire::smpp::{Command, CommandStatus, Outbox, Receipt};
use std::collections::BTreeMap;
use std::sync::Arc;

/// deliver_sm without an answer, per receiver.
const WINDOW: usize = 100;

/// Without an answer for so long, a receipt is sent again.
const RESPONSE_US: u64 = 30_000_000;

/// Refused by its receiver, a receipt is sent again after this.
const AGAIN_US: u64 = 5_000_000;

/// The sessions bound as receiver or transceiver, by session.
#[derive(Debug, Default)]
pub(super) struct Receivers {
    sessions: BTreeMap<u64, Receiver>,
    named: u64,
    /// The session that was given the last receipt.
    last: u64,
}

#[derive(Debug)]
struct Receiver {
    outbox: Outbox,
    sequence: u32,
    /// By sequence number, and so by age: the receipt and when it was sent.
    outstanding: BTreeMap<u32, (Key, u64)>,
}

impl Receivers {
    pub(super) fn add(&mut self, outbox: Outbox) -> u64 {
        self.named += 1;
        let receiver = Receiver { outbox, sequence: 0, outstanding: BTreeMap::new() };
        self.sessions.insert(self.named, receiver);
        self.named
    }

    /// Receipts that were under way to a session that has ended.
    pub(super) fn remove(&mut self, session: u64) -> Vec<Key> {
        let gone = self.sessions.remove(&session);
        gone.into_iter()
            .flat_map(|gone| gone.outstanding.into_values())
            .map(|(key, _)| key)
            .collect()
    }

    /// The receipt that `sequence` carried.
    pub(super) fn answered(&mut self, session: u64, sequence: u32) -> Option<Key> {
        let receiver = self.sessions.get_mut(&session)?;
        receiver.outstanding.remove(&sequence).map(|(key, _)| key)
    }

    /// The next session with room, in turn.
    fn with_room(&mut self) -> Option<&mut Receiver> {
        let has_room = |(_, r): &(&u64, &Receiver)| r.outstanding.len() < WINDOW;
        let after = self.sessions.range(self.last + 1..).find(has_room);
        let next = after.or_else(|| self.sessions.iter().find(has_room)).map(|(name, _)| *name)?;
        self.last = next;
        self.sessions.get_mut(&next)
    }

    /// Receipts that were never answered.
    fn overdue(&mut self, now_us: u64) -> Vec<Key> {
        let mut overdue = Vec::new();
        for receiver in self.sessions.values_mut() {
            while let Some(oldest) = receiver.outstanding.first_entry()
                && oldest.get().1 + RESPONSE_US <= now_us
            {
                overdue.push(oldest.remove().0);
            }
        }
        overdue
    }

    fn next_overdue_us(&self) -> Option<u64> {
        let oldest =
            |r: &Receiver| r.outstanding.first_key_value().map(|(_, (_, sent_us))| *sent_us);
        self.sessions.values().filter_map(oldest).min().map(|sent_us| sent_us + RESPONSE_US)
    }
}

pub(super) async fn run(smsc: Arc<Smsc>, mut stopping: Stopping, done: Done) {
    loop {
        let look_us = dispatch(&smsc);
        let now_us = smsc.carrier.node.unix_us();
        tokio::select! {
            biased;
            () = stopping.asked() => break,
            () = smsc.carrier.wake.notified() => {}
            () = sleep_until(instant(now_us, look_us)) => {}
        }
    }
    drop(done);
}

/// Sends what is due; returns when to look again.
fn dispatch(smsc: &Smsc) -> u64 {
    let now_us = smsc.carrier.node.unix_us();
    let mut receivers = smsc.receivers();
    let mut desk = smsc.carrier.desk();
    for key in receivers.overdue(now_us) {
        desk.promises.failed(key, now_us);
    }
    loop {
        let Some(receiver) = receivers.with_room() else {
            desk.looking_us = 0;
            break;
        };
        let Some((key, owed)) = desk.promises.take(now_us) else {
            desk.looking_us = desk.promises.next_due_us().unwrap_or(u64::MAX);
            break;
        };
        receiver.sequence = receiver.sequence % 0x7FFF_FFFF + 1;
        let sm = receipt(owed).deliver_sm(&owed.destination, &owed.source);
        receiver.outbox.push(&Command::new(CommandStatus::EsmeRok, receiver.sequence, sm));
        receiver.outstanding.insert(receiver.sequence, (key, now_us));
    }
    for receiver in receivers.sessions.values() {
        receiver.outbox.flush();
    }
    let overdue_us = receivers.next_overdue_us().unwrap_or(u64::MAX);
    match desk.looking_us {
        0 => overdue_us,
        looking_us => looking_us.min(overdue_us),
    }
}

/// Not acknowledged, but refused: when it is due again.
pub(super) fn again_us(now_us: u64) -> u64 {
    now_us + AGAIN_US
}

fn receipt(owed: &Owed) -> Receipt {
    Receipt {
        message_id: message_id(owed.id),
        state: state(owed.outcome),
        submitted_us: owed.at_us,
        done_us: owed.done_us(),
        error: 0,
        text: owed.text.to_string(),
    }
}

pub(super) fn state(outcome: Outcome) -> MessageState {
    match outcome {
        Outcome::Delivered => MessageState::Delivered,
        Outcome::Expired => MessageState::Expired,
        Outcome::Never => MessageState::Enroute,
    }
}
