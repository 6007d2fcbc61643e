//! One life of a node: its tasks, and the gate each of their polls goes through.
//!
//! A frozen life's tasks stay woken but are not polled; the gate keeps one waker a task and wakes
//! them on thaw in the order in which they had been woken. A dead life's tasks are dropped.
//! Sockets are not gated: they are the kernel's.

use super::locked;
use pin_project_lite::pin_project;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use tokio::runtime::Handle;
use tokio::task::{AbortHandle, JoinHandle};

/// From a node's start to its death. Everything a service holds of the world hangs on it.
#[derive(Debug, Default)]
pub(super) struct Life {
    /// Which life of its node this is, from 1.
    pub(super) number: u64,
    dead: AtomicBool,
    /// 0 while the life runs, else the number of the freeze that holds it.
    frozen: AtomicU64,
    freezes: AtomicU64,
    tasks: Mutex<Tasks>,
}

#[derive(Debug, Default)]
struct Tasks {
    next: u64,
    running: BTreeMap<u64, AbortHandle>,
    /// Wakers of tasks that had work while frozen, first woken first.
    held: Vec<Waker>,
}

impl Life {
    pub(super) fn new(number: u64) -> Arc<Life> {
        Arc::new(Life { number, ..Life::default() })
    }

    pub(super) fn is_dead(&self) -> bool {
        self.dead.load(Relaxed)
    }

    pub(super) fn is_frozen(&self) -> bool {
        self.frozen.load(Relaxed) != 0
    }

    pub(super) fn freeze(&self) {
        if !self.is_frozen() {
            let number = self.freezes.fetch_add(1, Relaxed) + 1;
            self.frozen.store(number, Relaxed);
        }
    }

    pub(super) fn thaw(&self) {
        self.frozen.store(0, Relaxed);
        let held = std::mem::take(&mut locked(&self.tasks).held);
        held.into_iter().for_each(Waker::wake);
    }

    /// From here on nothing of this life acts: its tasks are dropped without another poll.
    pub(super) fn end(&self) {
        self.dead.store(true, Relaxed);
        let (running, held) = {
            let mut tasks = locked(&self.tasks);
            (std::mem::take(&mut tasks.running), std::mem::take(&mut tasks.held))
        };
        running.values().for_each(AbortHandle::abort);
        drop(held);
    }

    pub(super) fn spawn<F>(self: &Arc<Self>, runtime: &Handle, future: F) -> JoinHandle<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        if self.is_dead() {
            drop(future);
            return runtime.spawn(std::future::ready(()));
        }
        let id = {
            let mut tasks = locked(&self.tasks);
            tasks.next += 1;
            tasks.next
        };
        let handle = runtime.spawn(Gated { life: Arc::clone(self), id, held_in: 0, future });
        // The task cannot have ended yet: there is one thread, and it is here.
        locked(&self.tasks).running.insert(id, handle.abort_handle());
        handle
    }
}

pin_project! {
    struct Gated<F> {
        life: Arc<Life>,
        id: u64,
        // The freeze in whose list of held wakers this task already is.
        held_in: u64,
        #[pin]
        future: F,
    }

    impl<F> PinnedDrop for Gated<F> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            locked(&this.life.tasks).running.remove(this.id);
        }
    }
}

impl<F: Future<Output = ()>> Future for Gated<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let frozen = this.life.frozen.load(Relaxed);
        if frozen == 0 {
            return this.future.poll(cx);
        }
        if *this.held_in != frozen {
            *this.held_in = frozen;
            locked(&this.life.tasks).held.push(cx.waker().clone());
        }
        Poll::Pending
    }
}
