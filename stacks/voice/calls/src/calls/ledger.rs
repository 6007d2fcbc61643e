//! Which calls are open, on the platform's own disk, so that the next life can tell what became of them.
//!
//! One task writes: what waits together is written and synced together, and only then is a call
//! accepted. What comes later about it (its end, that its end was heard) is written without a sync: a
//! loss of power may have a call reported again, or as failed.

use crate::ServiceError;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use squall_model::token;
use squall_platform::Node;
use squall_role::store::{Sid, Store};
use squall_wire::twilio::CallStatus;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, oneshot};

const BATCH: usize = 1024;

/// What has to be known of a call to tell of its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub to: String,
    pub from: String,
    pub callback: Option<String>,
    pub end: Option<End>,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct End {
    pub status: CallStatus,
    /// Why its script could not be run.
    pub code: Option<u32>,
}

#[derive(Clone)]
pub(super) struct Ledger {
    store: Arc<Mutex<Store>>,
    changes: mpsc::UnboundedSender<Change>,
}

enum Change {
    Accept(Sid, Bytes, oneshot::Sender<bool>),
    Put(Sid, Bytes),
    Forget(Sid),
}

impl Ledger {
    /// Opens the ledger, and hands out what the last life left open.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) async fn open(node: &Node) -> Result<(Ledger, Vec<(Sid, Record)>), ServiceError> {
        let disk = node.disk();
        let store = node.blocking(move || Store::open(&disk, "calls")).await?;
        let mut open = Vec::new();
        for sid in store.sids(None) {
            let value = store.get(sid)?.unwrap_or_default();
            open.extend(postcard::from_bytes(&value).ok().map(|record| (sid, record)));
        }
        let store = Arc::new(Mutex::new(store));
        let (changes, queue) = mpsc::unbounded_channel();
        node.spawn(write(node.clone(), store.clone(), queue));
        Ok((Ledger { store, changes }, open))
    }

    /// True once the call is safe from a loss of power.
    pub(super) async fn accept(&self, sid: Sid, record: &Record) -> bool {
        let (tell, told) = oneshot::channel();
        let sent = self.changes.send(Change::Accept(sid, encode(record), tell)).is_ok();
        sent && told.await.unwrap_or(false)
    }

    pub(super) fn put(&self, sid: Sid, record: &Record) {
        let _ = self.changes.send(Change::Put(sid, encode(record)));
    }

    /// Somebody has heard of its end, or nobody wanted to.
    pub(super) fn forget(&self, sid: Sid) {
        let _ = self.changes.send(Change::Forget(sid));
    }

    /// The tokens of open calls, by age; the caller's number of one that the harness did not place.
    pub(super) fn texts(&self, after: usize, max: usize) -> Vec<String> {
        let store = lock(&self.store);
        let values = store.sids(None).skip(after).take(max).map(|sid| store.get(sid));
        let records = values.map(|value| postcard::from_bytes(&value.ok().flatten()?).ok());
        records
            .map(|record: Option<Record>| {
                let from = record.map(|record| record.from).unwrap_or_default();
                token::of_caller(&from).map_or(from, token::encode)
            })
            .collect()
    }
}

fn lock(store: &Mutex<Store>) -> MutexGuard<'_, Store> {
    store.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A record always encodes: nothing in it can fail to.
fn encode(record: &Record) -> Bytes {
    postcard::to_stdvec(record).unwrap_or_default().into()
}

async fn write(node: Node, store: Arc<Mutex<Store>>, mut changes: mpsc::UnboundedReceiver<Change>) {
    let mut batch = Vec::new();
    while changes.recv_many(&mut batch, BATCH).await > 0 {
        let mut accepted = Vec::new();
        {
            let mut store = lock(&store);
            for change in batch.drain(..) {
                match change {
                    Change::Accept(sid, value, tell) => {
                        store.put(sid, value);
                        accepted.push(tell);
                    }
                    Change::Put(sid, value) => store.put(sid, value),
                    Change::Forget(sid) => store.remove(sid),
                }
            }
        }
        let (writer, sync) = (store.clone(), !accepted.is_empty());
        let safe = node.blocking(move || lock(&writer).commit(sync)).await.is_ok();
        for tell in accepted {
            // Whoever is gone does not hear it; the call is in the ledger all the same.
            let _ = tell.send(safe);
        }
    }
}
