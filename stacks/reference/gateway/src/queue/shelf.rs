//! What a queue holds: messages that are ready, leased or resting, and the sids it has finished.
//!
//! First in, first out. A lease ends by acknowledgement, by the end of its connection, or by time;
//! the latter two make the message ready again, marked as possibly handed out before. Finished sids
//! are remembered (the last [`REMEMBERED`]), so that an enqueue repeated after a lost answer is
//! recognised. No sockets, no clock here.

use crate::message::{self, Envelope, Sid};
use bytes::Bytes;
use squall_platform::time::Instant;
use squall_role::store::{Store, StoreError};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Finished sids kept to recognise repeats.
pub(super) const REMEMBERED: usize = 20_000;

#[derive(Debug)]
enum Held {
    Ready,
    Leased { peer: u64, until: Instant },
    Resting { until: Instant },
}

#[derive(Debug)]
struct Entry {
    held: Held,
    again: bool,
}

#[derive(Debug)]
pub(super) struct Shelf {
    /// An empty value marks a finished sid.
    store: Arc<Mutex<Store>>,
    entries: BTreeMap<Sid, Entry>,
    /// May name sids that are not ready any more; those are passed over.
    ready: VecDeque<Sid>,
    resting: BTreeSet<(Instant, Sid)>,
    /// In order of expiry, for all leases last equally long; may name leases that ended.
    leases: VecDeque<(Instant, Sid)>,
    finished: BTreeSet<Sid>,
    finish_order: VecDeque<Sid>,
    lease: Duration,
}

impl Shelf {
    /// Takes over what `store` held when the last life ended.
    ///
    /// # Errors
    /// What the store says.
    pub(super) fn recover(store: Store, lease: Duration) -> Result<Shelf, StoreError> {
        let mut shelf = Shelf {
            store: Arc::new(Mutex::new(Store::in_memory())),
            entries: BTreeMap::new(),
            ready: VecDeque::new(),
            resting: BTreeSet::new(),
            leases: VecDeque::new(),
            finished: BTreeSet::new(),
            finish_order: VecDeque::new(),
            lease,
        };
        for sid in store.sids(None) {
            if store.get(sid)?.is_some_and(|value| !value.is_empty()) {
                shelf.entries.insert(sid, Entry { held: Held::Ready, again: true });
                shelf.ready.push_back(sid);
            } else {
                shelf.finished.insert(sid);
                shelf.finish_order.push_back(sid);
            }
        }
        shelf.store = Arc::new(Mutex::new(store));
        Ok(shelf)
    }

    pub(super) fn store(&self) -> Arc<Mutex<Store>> {
        self.store.clone()
    }

    /// Whether a message is known here: waiting, or brought away before.
    pub(super) fn holds(&self, sid: Sid) -> bool {
        self.entries.contains_key(&sid) || self.finished.contains(&sid)
    }

    /// Puts a message on the shelf, safe after the store's next commit. False: it is known already.
    pub(super) fn add(&mut self, message: &Envelope) -> bool {
        let sid = message.sid;
        if self.holds(sid) {
            return false;
        }
        self.lock().put(sid, message::encode(message));
        self.entries.insert(sid, Entry { held: Held::Ready, again: false });
        self.ready.push_back(sid);
        true
    }

    /// Leases the next ready message to `peer`.
    ///
    /// # Errors
    /// What the store says; the message stays ready.
    pub(super) fn lease(
        &mut self,
        peer: u64,
        now: Instant,
    ) -> Result<Option<(Envelope, bool)>, StoreError> {
        while let Some(sid) = self.ready.front().copied() {
            let Some(entry) = self.entries.get(&sid) else {
                self.ready.pop_front();
                continue;
            };
            if !matches!(entry.held, Held::Ready) {
                self.ready.pop_front();
                continue;
            }
            let value = self.lock().get(sid)?.unwrap_or_default();
            self.ready.pop_front();
            let Some(message) = message::decode::<Envelope>(&value) else {
                // Written by another version: nobody can read it, so nobody can send it.
                self.finish(sid);
                continue;
            };
            let until = now + self.lease;
            let Some(entry) = self.entries.get_mut(&sid) else { continue };
            let again = std::mem::replace(&mut entry.again, true);
            entry.held = Held::Leased { peer, until };
            self.leases.push_back((until, sid));
            return Ok(Some((message, again)));
        }
        Ok(None)
    }

    /// Done with a message, whoever had it.
    pub(super) fn finish(&mut self, sid: Sid) -> bool {
        let Some(entry) = self.entries.remove(&sid) else { return false };
        if let Held::Resting { until } = entry.held {
            self.resting.remove(&(until, sid));
        }
        self.remember(sid);
        true
    }

    /// A message that took another way: gone if nobody has it now, and not taken again.
    pub(super) fn void(&mut self, sid: Sid) {
        match self.entries.get(&sid).map(|entry| &entry.held) {
            Some(Held::Leased { .. }) => {}
            Some(_) => {
                self.finish(sid);
            }
            None => self.remember(sid),
        }
    }

    /// Hands a message back, to be ready again at `until`.
    pub(super) fn rest(&mut self, sid: Sid, until: Instant) {
        if let Some(entry) = self.entries.get_mut(&sid)
            && matches!(entry.held, Held::Leased { .. })
        {
            entry.held = Held::Resting { until };
            self.resting.insert((until, sid));
        }
    }

    /// Ends the leases of a peer that is gone.
    pub(super) fn release(&mut self, gone: u64) {
        for (sid, entry) in &mut self.entries {
            if matches!(entry.held, Held::Leased { peer, .. } if peer == gone) {
                entry.held = Held::Ready;
                self.ready.push_back(*sid);
            }
        }
    }

    /// Makes ready what has rested or been leased long enough. Returns how many leases ran out.
    pub(super) fn wake(&mut self, now: Instant) -> u64 {
        while let Some((until, sid)) = self.resting.first().copied().filter(|(at, _)| *at <= now) {
            self.resting.remove(&(until, sid));
            self.make_ready(sid);
        }
        let mut expired = 0;
        while let Some((until, sid)) = self.leases.front().copied().filter(|(at, _)| *at <= now) {
            self.leases.pop_front();
            let held = self.entries.get(&sid).map(|entry| &entry.held);
            if matches!(held, Some(Held::Leased { until: at, .. }) if *at == until) {
                self.make_ready(sid);
                expired += 1;
            }
        }
        expired
    }

    /// When [`Shelf::wake`] has something to do next.
    pub(super) fn wakes(&self) -> Option<Instant> {
        let rested = self.resting.first().map(|(at, _)| *at);
        let expires = self.leases.front().map(|(at, _)| *at);
        [rested, expires].into_iter().flatten().min()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn oldest(&self) -> Option<Sid> {
        self.entries.first_key_value().map(|(sid, _)| *sid)
    }

    /// Texts of what waits, by age.
    pub(super) fn texts(&self, after: usize, max: usize) -> Vec<String> {
        let store = self.lock();
        let values = self.entries.keys().skip(after).take(max).map(|sid| store.get(*sid));
        // One that cannot be read still waits, so its place in the list stays.
        values.map(|value| text_of(value.ok().flatten())).collect()
    }

    fn make_ready(&mut self, sid: Sid) {
        if let Some(entry) = self.entries.get_mut(&sid) {
            entry.held = Held::Ready;
            self.ready.push_back(sid);
        }
    }

    fn remember(&mut self, sid: Sid) {
        if !self.finished.insert(sid) {
            return;
        }
        self.finish_order.push_back(sid);
        let forgotten = match self.finish_order.len() > REMEMBERED {
            true => self.finish_order.pop_front(),
            false => None,
        };
        if let Some(forgotten) = forgotten {
            self.finished.remove(&forgotten);
        }
        let mut store = self.lock();
        store.put(sid, Bytes::new());
        if let Some(forgotten) = forgotten {
            store.remove(forgotten);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn text_of(value: Option<Bytes>) -> String {
    value.and_then(|value| message::decode::<Envelope>(&value)).map_or(String::new(), |m| m.text)
}
