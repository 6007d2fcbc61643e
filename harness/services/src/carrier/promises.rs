//! Receipts that are owed: by the instant they are due, and those under way to a receiver.

use super::journal::{Accepted, Outcome, Promised};
use std::collections::BTreeMap;

/// What a receipt needs to be written: small, for millions may wait for a receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owed {
    pub id: u64,
    pub at_us: u64,
    pub final_us: u64,
    pub outcome: Outcome,
    pub source: Box<str>,
    pub destination: Box<str>,
    /// The first 20 characters.
    pub text: Box<str>,
    pub callback: Option<Box<str>>,
    pub reference: Option<Box<str>>,
}

/// Message and copy.
pub(super) type Key = (u64, u8);

#[derive(Debug, Default)]
pub(super) struct Promises {
    due: BTreeMap<(u64, Key), Owed>,
    flying: BTreeMap<Key, Owed>,
}

impl Owed {
    pub(super) fn of(accepted: &Accepted) -> Owed {
        let end = accepted.text.char_indices().nth(20).map_or(accepted.text.len(), |(i, _)| i);
        Owed {
            id: accepted.id,
            at_us: accepted.at_us,
            final_us: accepted.final_us,
            outcome: accepted.outcome,
            source: accepted.source.as_str().into(),
            destination: accepted.destination.as_str().into(),
            text: accepted.text[..end].into(),
            callback: accepted.callback.as_deref().map(Into::into),
            reference: accepted.reference.as_deref().map(Into::into),
        }
    }

    fn accepted(&self, promise: Promised) -> Accepted {
        Accepted {
            id: self.id,
            at_us: self.at_us,
            source: self.source.to_string(),
            destination: self.destination.to_string(),
            text: self.text.to_string(),
            part: None,
            callback: self.callback.as_deref().map(str::to_owned),
            reference: self.reference.as_deref().map(str::to_owned),
            promise: Some(promise),
            outcome: self.outcome,
            reached: true,
            final_us: self.final_us,
        }
    }
}

impl Promises {
    /// Owes the receipts promised for `accepted`.
    pub(super) fn promise(&mut self, accepted: &Accepted) {
        let Some(promised) = accepted.promise else { return };
        for copy in 0..promised.copies {
            let key = (promised.due_us, (accepted.id, copy));
            self.due.insert(key, Owed::of(accepted));
        }
    }

    pub(super) fn next_due_us(&self) -> Option<u64> {
        self.due.first_key_value().map(|((due_us, _), _)| *due_us)
    }

    /// Takes the next receipt that is due; it is under way until [`Promises::kept`] or
    /// [`Promises::failed`].
    pub(super) fn take(&mut self, now_us: u64) -> Option<(Key, &Owed)> {
        let entry = self.due.first_entry().filter(|entry| entry.key().0 <= now_us)?;
        let ((_, key), owed) = entry.remove_entry();
        Some((key, self.flying.entry(key).or_insert(owed)))
    }

    /// Acknowledged; false where it was not under way.
    pub(super) fn kept(&mut self, key: Key) -> bool {
        self.flying.remove(&key).is_some()
    }

    /// Not acknowledged: due again.
    pub(super) fn failed(&mut self, key: Key, again_us: u64) {
        if let Some(owed) = self.flying.remove(&key) {
            self.due.insert((again_us, key), owed);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.due.len() + self.flying.len()
    }

    /// All that is owed, by message; what is under way counts as due now.
    pub(super) fn open(&self) -> BTreeMap<u64, Accepted> {
        let due = self.due.iter().map(|((due_us, key), owed)| (*due_us, *key, owed));
        let flying = self.flying.iter().map(|(key, owed)| (0, *key, owed));
        let mut open: BTreeMap<u64, Accepted> = BTreeMap::new();
        for (due_us, (id, _), owed) in due.chain(flying) {
            let accepted =
                open.entry(id).or_insert_with(|| owed.accepted(Promised { due_us, copies: 0 }));
            if let Some(promise) = &mut accepted.promise {
                promise.copies += 1;
            }
        }
        open
    }
}
