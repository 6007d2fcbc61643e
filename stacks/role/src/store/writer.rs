//! The one task that writes a store: what waits together is written together, and synced where
//! somebody wants that, before anybody hears of it.

use super::{Sid, Store, StoreError};
use bytes::Bytes;
use squall_platform::Node;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, oneshot};

/// Changes written together at most.
const BATCH: usize = 1024;

/// Hands changes to the task that writes them, in their order.
#[derive(Clone, Debug)]
pub struct Writer {
    node: Node,
    store: Arc<Mutex<Store>>,
    changes: mpsc::UnboundedSender<Change>,
}

/// A change on its way to the disk. Who must not go before it is there keeps the service's
/// [`Done`](squall_platform::running::Done) and waits; dropping this changes nothing.
#[derive(Debug)]
pub struct Written(oneshot::Receiver<bool>);

struct Change {
    sid: Sid,
    kind: Kind,
    tell: oneshot::Sender<bool>,
}

enum Kind {
    /// Synced; what follows from it is done by the writer.
    Keep(Bytes, Box<dyn FnOnce() + Send>),
    Put(Bytes),
    Remove,
}

impl Writer {
    /// Ends with its last clone, when all is written.
    pub fn start(node: &Node, store: Store) -> Writer {
        let store = Arc::new(Mutex::new(store));
        let (changes, queue) = mpsc::unbounded_channel();
        node.spawn(write(node.clone(), store.clone(), queue));
        Writer { node: node.clone(), store, changes }
    }

    /// Sets a value and makes it safe from a loss of power; `then` happens at that moment, even where
    /// nobody waits any more. What the disk does not take is forgotten: it is not written later.
    pub fn keep(&self, sid: Sid, value: Bytes, then: impl FnOnce() + Send + 'static) -> Written {
        self.change(sid, Kind::Keep(value, Box::new(then)))
    }

    /// Sets a value; once written it is safe from the death of the process.
    pub fn put(&self, sid: Sid, value: Bytes) -> Written {
        self.change(sid, Kind::Put(value))
    }

    /// Forgets a value, as safely.
    pub fn remove(&self, sid: Sid) -> Written {
        self.change(sid, Kind::Remove)
    }

    /// As it is now: what is still on its way is not in it.
    pub fn store(&self) -> MutexGuard<'_, Store> {
        lock(&self.store)
    }

    /// [`Store::checkpoint`].
    ///
    /// # Errors
    /// What disk or database say.
    pub async fn checkpoint(&self) -> Result<(), StoreError> {
        let store = self.store.clone();
        self.node.blocking(move || lock(&store).checkpoint()).await
    }

    fn change(&self, sid: Sid, kind: Kind) -> Written {
        let (tell, told) = oneshot::channel();
        // A writer that is gone tells nobody anything, which is no promise.
        let _ = self.changes.send(Change { sid, kind, tell });
        Written(told)
    }
}

impl Written {
    /// False: the disk did not take it.
    pub async fn wait(self) -> bool {
        self.0.await.unwrap_or(false)
    }
}

fn lock(store: &Mutex<Store>) -> MutexGuard<'_, Store> {
    store.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn write(node: Node, store: Arc<Mutex<Store>>, mut changes: mpsc::UnboundedReceiver<Change>) {
    let mut batch = Vec::new();
    while changes.recv_many(&mut batch, BATCH).await > 0 {
        let (mut kept, mut told) = (Vec::new(), Vec::new());
        {
            let mut store = lock(&store);
            for Change { sid, kind, tell } in batch.drain(..) {
                match kind {
                    Kind::Keep(value, then) => {
                        store.put(sid, value);
                        kept.push((sid, then));
                    }
                    Kind::Put(value) => store.put(sid, value),
                    Kind::Remove => store.remove(sid),
                }
                told.push(tell);
            }
        }
        let (writer, sync) = (store.clone(), !kept.is_empty());
        let safe = node.blocking(move || lock(&writer).commit(sync)).await.is_ok();
        for (sid, then) in kept {
            match safe {
                true => then(),
                false => lock(&store).remove(sid),
            }
        }
        for tell in told {
            let _ = tell.send(safe);
        }
    }
}
