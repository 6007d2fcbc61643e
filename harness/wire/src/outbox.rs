//! What waits to be written to the peer of one connection, coalesced: whatever is queued while a
//! write is under way leaves together in the next one. What the bytes mean is its users' affair.

use bytes::BytesMut;
use squall_platform::{Node, WriteHalf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::AsyncWriteExt;
use tokio::sync::Notify;

/// Above this much unwritten output a session reads no further requests.
const OUTBOX: usize = 1024 * 1024;

/// What waits to be written to the peer. Clones share it; the last one dropped closes the writing
/// side after everything queued has gone out.
#[derive(Clone, Debug)]
pub struct Outbox(Arc<Owner>);

#[derive(Debug)]
struct Owner(Arc<Shared>);

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    /// Something to write, or the end.
    work: Notify,
    /// The queue has been taken, or writing has ended.
    moved: Notify,
    /// Ends a write that the peer does not take.
    reset: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    bytes: BytesMut,
    closing: bool,
    /// Writing has ended: nothing queued from now on goes anywhere.
    over: bool,
}

impl Outbox {
    /// An outbox whose writing runs as a task of `node`.
    pub fn open(node: &Node, half: WriteHalf) -> Outbox {
        let shared = Arc::new(Shared::default());
        node.spawn(pump(shared.clone(), half));
        Outbox(Arc::new(Owner(shared)))
    }

    /// Queues what `put` adds, in whole messages; [`Outbox::flush`] sets it moving. False where
    /// writing has ended, and where `put` says so.
    pub fn add(&self, put: impl FnOnce(&mut BytesMut) -> bool) -> bool {
        self.0.0.with(|queue| queue.open() && put(&mut queue.bytes))
    }

    /// Lets what is queued go out together.
    pub fn flush(&self) {
        self.0.0.work.notify_one();
    }

    /// Whether the peer has taken enough for more to be queued.
    fn has_room(&self) -> bool {
        self.0.0.with(|queue| queue.over || queue.bytes.len() < OUTBOX)
    }

    /// Waits until the peer has taken enough for more to be queued; at once in the usual case.
    pub async fn room(&self) {
        loop {
            let moved = self.0.0.moved.notified();
            if self.has_room() {
                return;
            }
            self.flush();
            moved.await;
        }
    }

    /// Ends the writing side once everything queued has gone out.
    pub fn close(&self) {
        self.0.0.close();
    }

    /// Ends the connection with RST; what was queued is thrown away.
    pub fn reset(&self) {
        self.0.0.reset.notify_one();
        self.0.0.close();
    }

    pub fn is_over(&self) -> bool {
        self.0.0.with(|queue| !queue.open())
    }
}

impl Queue {
    fn open(&self) -> bool {
        !self.closing && !self.over
    }
}

impl Shared {
    fn with<T>(&self, act: impl FnOnce(&mut Queue) -> T) -> T {
        act(&mut self.queue.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn close(&self) {
        self.with(|queue| queue.closing = true);
        self.work.notify_one();
    }

    /// What is queued, in exchange for an empty buffer, and whether more may come.
    fn swap(&self, spare: &mut BytesMut) -> bool {
        let open = self.with(|queue| {
            std::mem::swap(&mut queue.bytes, spare);
            queue.open()
        });
        self.moved.notify_waiters();
        open
    }
}

/// Writes whatever has been queued since the last write, in one go.
async fn pump(shared: Arc<Shared>, mut half: WriteHalf) {
    tokio::select! {
        biased;
        () = shared.reset.notified() => half.reset(),
        () = write(&shared, &mut half) => {}
    }
    shared.with(|queue| {
        queue.over = true;
        queue.bytes = BytesMut::new();
    });
    shared.moved.notify_waiters();
}

async fn write(shared: &Shared, half: &mut WriteHalf) {
    let mut spare = BytesMut::new();
    loop {
        let open = shared.swap(&mut spare);
        if !spare.is_empty() {
            if half.write_all(&spare).await.is_err() {
                return;
            }
            spare.clear();
        } else if open {
            shared.work.notified().await;
        } else {
            let _ = half.shutdown().await;
            return;
        }
    }
}
