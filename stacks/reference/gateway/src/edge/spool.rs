//! Messages that the edge keeps on its own disk while no queue takes them.
//!
//! What is synced is held. What is handed over is removed without a sync of its own; after a loss of
//! power it may be handed over again, and the queue recognises it by its sid.

use crate::message::{self, Envelope, Sid};
use squall_platform::Node;
use squall_role::store::{Store, StoreError, Writer};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

pub(super) struct Spool {
    writer: Writer,
    held: Arc<Held>,
}

/// Held sids by home region, oldest first.
struct Held {
    sids: Mutex<Vec<BTreeSet<Sid>>>,
    arrived: Notify,
}

impl Spool {
    /// Opens the spool and takes over what the last life held; `home` tells a number's region.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) async fn open(
        node: &Node,
        regions: usize,
        home: impl Fn(&str) -> usize,
    ) -> Result<Spool, StoreError> {
        let disk = node.disk();
        let store = node.blocking(move || Store::open(&disk, "spool")).await?;
        let mut held = vec![BTreeSet::new(); regions.max(1)];
        for sid in store.sids(None) {
            let message = store.get(sid)?.and_then(|value| message::decode::<Envelope>(&value));
            if let Some(of_home) = message.and_then(|m| held.get_mut(home(&m.to))) {
                of_home.insert(sid);
            }
        }
        let held = Arc::new(Held { sids: Mutex::new(held), arrived: Notify::new() });
        Ok(Spool { writer: Writer::start(node, store), held })
    }

    /// True once the message is safe from a loss of power.
    pub(super) async fn hold(&self, message: &Envelope, home: usize) -> bool {
        let (sid, held) = (message.sid, self.held.clone());
        // A sender that is gone does not hear it; the message is held all the same.
        let then = move || held.add(sid, home);
        self.writer.keep(sid, message::encode(message), then).wait().await
    }

    /// Somebody else has it now.
    pub(super) fn release(&self, sid: Sid, home: usize) {
        if let Some(of_home) = self.held.sids().get_mut(home) {
            of_home.remove(&sid);
        }
        drop(self.writer.remove(sid));
    }

    /// The oldest held messages of a region.
    pub(super) fn oldest(&self, home: usize, max: usize) -> Vec<Envelope> {
        let sids: Vec<Sid> =
            self.held.sids().get(home).into_iter().flatten().copied().take(max).collect();
        let store = self.writer.store();
        let values = sids.into_iter().filter_map(|sid| store.get(sid).ok().flatten());
        values.filter_map(|value| message::decode(&value)).collect()
    }

    /// Waits until something is held for a region.
    pub(super) async fn filled(&self, home: usize) {
        loop {
            let arrived = self.held.arrived.notified();
            if !self.is_empty(home) {
                return;
            }
            arrived.await;
        }
    }

    pub(super) fn is_empty(&self, home: usize) -> bool {
        self.held.sids().get(home).is_none_or(BTreeSet::is_empty)
    }

    pub(super) fn len(&self) -> usize {
        self.held.sids().iter().map(BTreeSet::len).sum()
    }

    pub(super) fn oldest_sid(&self) -> Option<Sid> {
        self.held.sids().iter().filter_map(|of_home| of_home.first().copied()).min()
    }

    /// Texts of what is held, by age.
    pub(super) fn texts(&self, after: usize, max: usize) -> Vec<String> {
        let store = self.writer.store();
        let values = store.sids(None).skip(after).take(max).map(|sid| store.get(sid));
        let messages = values.map(|v| v.ok().flatten().and_then(|v| message::decode(&v)));
        messages.map(|m: Option<Envelope>| m.map_or(String::new(), |m| m.text)).collect()
    }

    /// Shortens the next start.
    pub(super) async fn settle(&self) {
        // What is held is synced already: a failure here loses nothing.
        let _ = self.writer.checkpoint().await;
    }
}

impl Held {
    fn add(&self, sid: Sid, home: usize) {
        if let Some(of_home) = self.sids().get_mut(home) {
            of_home.insert(sid);
        }
        self.arrived.notify_waiters();
    }

    fn sids(&self) -> MutexGuard<'_, Vec<BTreeSet<Sid>>> {
        self.sids.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
