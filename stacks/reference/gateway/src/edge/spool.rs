//! Messages that the edge keeps on its own disk while no queue takes them.
//!
//! One task writes: what waits together is written and synced together, and only then is it held.
//! What is handed over is removed without a sync of its own; after a loss of power it may be handed
//! over again, and the queue recognises it by its sid.

use crate::message::{self, Envelope, Sid};
use squall_platform::Node;
use squall_role::store::{Store, StoreError};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, mpsc, oneshot};

const BATCH: usize = 1024;

#[derive(Clone)]
pub(super) struct Spool {
    shared: Arc<Shared>,
    changes: mpsc::UnboundedSender<Change>,
}

struct Shared {
    store: Mutex<Store>,
    /// Held sids by home region, oldest first.
    held: Mutex<Vec<BTreeSet<Sid>>>,
    arrived: Notify,
}

enum Change {
    Hold(Envelope, usize, oneshot::Sender<bool>),
    Release(Sid),
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
        let (changes, queue) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            store: Mutex::new(store),
            held: Mutex::new(held),
            arrived: Notify::new(),
        });
        node.spawn(write(node.clone(), shared.clone(), queue));
        Ok(Spool { shared, changes })
    }

    /// True once the message is safe from a loss of power.
    pub(super) async fn hold(&self, message: Envelope, home: usize) -> bool {
        let (tell, told) = oneshot::channel();
        let sent = self.changes.send(Change::Hold(message, home, tell)).is_ok();
        sent && told.await.unwrap_or(false)
    }

    /// Somebody else has it now.
    pub(super) fn release(&self, sid: Sid, home: usize) {
        if let Some(of_home) = self.shared.held().get_mut(home) {
            of_home.remove(&sid);
        }
        let _ = self.changes.send(Change::Release(sid));
    }

    /// The oldest held messages of a region.
    pub(super) fn oldest(&self, home: usize, max: usize) -> Vec<Envelope> {
        let sids: Vec<Sid> =
            self.shared.held().get(home).into_iter().flatten().copied().take(max).collect();
        let store = self.shared.store();
        let values = sids.into_iter().filter_map(|sid| store.get(sid).ok().flatten());
        values.filter_map(|value| message::decode(&value)).collect()
    }

    /// Waits until something is held for a region.
    pub(super) async fn filled(&self, home: usize) {
        loop {
            let arrived = self.shared.arrived.notified();
            if !self.is_empty(home) {
                return;
            }
            arrived.await;
        }
    }

    pub(super) fn is_empty(&self, home: usize) -> bool {
        self.shared.held().get(home).is_none_or(BTreeSet::is_empty)
    }

    pub(super) fn len(&self) -> usize {
        self.shared.held().iter().map(BTreeSet::len).sum()
    }

    pub(super) fn oldest_sid(&self) -> Option<Sid> {
        self.shared.held().iter().filter_map(|of_home| of_home.first().copied()).min()
    }

    /// Texts of what is held, by age.
    pub(super) fn texts(&self, after: usize, max: usize) -> Vec<String> {
        let store = self.shared.store();
        let values = store.sids(None).skip(after).take(max).map(|sid| store.get(sid));
        let messages = values.map(|v| v.ok().flatten().and_then(|v| message::decode(&v)));
        messages.map(|m: Option<Envelope>| m.map_or(String::new(), |m| m.text)).collect()
    }

    /// Shortens the next start.
    pub(super) async fn settle(&self, node: &Node) {
        let shared = self.shared.clone();
        // What is held is synced already: a failure here loses nothing.
        let _ = node.blocking(move || shared.store().checkpoint()).await;
    }
}

impl Shared {
    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn held(&self) -> MutexGuard<'_, Vec<BTreeSet<Sid>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn write(node: Node, shared: Arc<Shared>, mut changes: mpsc::UnboundedReceiver<Change>) {
    let mut batch = Vec::new();
    while changes.recv_many(&mut batch, BATCH).await > 0 {
        let mut held = Vec::new();
        {
            let mut store = shared.store();
            for change in batch.drain(..) {
                match change {
                    Change::Hold(message, home, tell) => {
                        store.put(message.sid, message::encode(&message));
                        held.push((message.sid, home, tell));
                    }
                    Change::Release(sid) => store.remove(sid),
                }
            }
        }
        let (writer, sync) = (shared.clone(), !held.is_empty());
        let safe = node.blocking(move || writer.store().commit(sync)).await.is_ok();
        for (sid, home, tell) in held {
            if safe && let Some(of_home) = shared.held().get_mut(home) {
                of_home.insert(sid);
            }
            // A sender that is gone does not hear it; the message is held all the same.
            let _ = tell.send(safe);
        }
        shared.arrived.notify_waiters();
    }
}
