//! What a proxy shares with its live connections: the toxics that they follow and the way to end
//! them.
//!
//! Whoever changes something never waits for a connection: it leaves the change here and wakes all.

use super::counters::Counters;
use super::stream::Direction;
use super::toxic::{DrawKey, Toxic};
use futures::task::AtomicWaker;
use squall_platform::time::{self, Instant};
use squall_platform::{Node, Stream};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use super::pipe::{Ending, Pipe};

/// Upstream toxics and downstream toxics, each in the order added.
pub(super) type Toxics = [Vec<Arc<Toxic>>; 2];

#[derive(Debug)]
pub(super) struct Link {
    pub(super) proxy: String,
    seed: u64,
    dial_timeout: Duration,
    /// Goes up with each change of `toxics`, so that a connection sees for the price of one load
    /// whether there is something to follow.
    generation: AtomicU64,
    toxics: Mutex<Toxics>,
    live: Mutex<Live>,
}

#[derive(Debug, Default)]
struct Live {
    /// How many connections there have been: the next one's ordinal.
    ordinal: u64,
    open: BTreeMap<u64, Arc<Handle>>,
}

/// The way to one connection's task.
#[derive(Debug, Default)]
struct Handle {
    waker: AtomicWaker,
    closed: AtomicBool,
}

/// Where a connection goes and who counts its octets, as when it was accepted.
#[derive(Clone, Debug)]
pub(super) struct Route {
    pub(super) upstream: String,
    pub(super) counters: [Arc<Counters>; 2],
}

impl Link {
    pub(super) fn new(proxy: &str, seed: u64, dial_timeout: Duration) -> Link {
        Link {
            proxy: proxy.to_owned(),
            seed,
            dial_timeout,
            generation: AtomicU64::new(0),
            toxics: Mutex::default(),
            live: Mutex::default(),
        }
    }

    pub(super) fn toxics(&self) -> Toxics {
        lock(&self.toxics).clone()
    }

    /// Changes the toxics; live connections follow at once.
    pub(super) fn change(&self, change: impl FnOnce(&mut Toxics)) {
        change(&mut lock(&self.toxics));
        self.generation.fetch_add(1, Ordering::Release);
        for handle in lock(&self.live).open.values() {
            handle.waker.wake();
        }
    }

    /// Ends every live connection.
    pub(super) fn close_all(&self) {
        for handle in lock(&self.live).open.values() {
            handle.closed.store(true, Ordering::Release);
            handle.waker.wake();
        }
    }

    /// Open now, and ever.
    pub(super) fn connections(&self) -> (u64, u64) {
        let live = lock(&self.live);
        (live.open.len() as u64, live.ordinal)
    }

    /// Carries an accepted connection in a task of its own.
    pub(super) fn carry(self: &Arc<Self>, node: &Node, client: Stream, route: Arc<Route>) {
        let handle = Arc::new(Handle::default());
        let ordinal = {
            let mut live = lock(&self.live);
            let ordinal = live.ordinal;
            live.ordinal += 1;
            live.open.insert(ordinal, handle.clone());
            ordinal
        };
        let place = Place { link: self.clone(), handle, ordinal };
        let dialler = node.clone();
        node.spawn(async move { place.run(&dialler, client, &route).await });
    }
}

/// A connection's entry among the live ones, left when its task ends in whatever way.
struct Place {
    link: Arc<Link>,
    handle: Arc<Handle>,
    ordinal: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.link.live).open.remove(&self.ordinal);
    }
}

impl Place {
    /// Dials, carries both directions until they end, and closes or resets both sides.
    async fn run(&self, node: &Node, mut client: Stream, route: &Route) {
        let Some(mut server) = self.dial(node, &route.upstream).await else { return };
        let [up, down] = &route.counters;
        let mut pipes = [up, down].map(|counters| Pipe::new(node.clone(), counters.clone()));
        let mut seen = None;
        let ending = poll_fn(|cx| {
            if self.is_closed(cx) {
                return Poll::Ready(Ending::Close);
            }
            let generation = self.link.generation.load(Ordering::Acquire);
            if seen != Some(generation) {
                seen = Some(generation);
                self.follow(&mut pipes);
            }
            let [up, down] = &mut pipes;
            let ending = up.poll(cx, &mut client, &mut server);
            match ending.or_else(|| down.poll(cx, &mut server, &mut client)) {
                Some(ending) => Poll::Ready(ending),
                None if up.done && down.done && (up.broken || down.broken) => {
                    Poll::Ready(Ending::Reset)
                }
                None if up.done && down.done => Poll::Ready(Ending::Close),
                None => Poll::Pending,
            }
        })
        .await;
        if ending == Ending::Reset {
            client.reset();
            server.reset();
        }
    }

    /// `None` where the upstream cannot be reached in time, or the proxy was disabled meanwhile.
    async fn dial(&self, node: &Node, upstream: &str) -> Option<Stream> {
        let mut dialling = pin!(time::timeout(self.link.dial_timeout, node.connect(upstream)));
        poll_fn(|cx| {
            if self.is_closed(cx) {
                return Poll::Ready(None);
            }
            dialling.as_mut().poll(cx).map(|dialled| dialled.ok()?.ok())
        })
        .await
    }

    fn is_closed(&self, cx: &mut Context<'_>) -> bool {
        self.handle.waker.register(cx.waker());
        self.handle.closed.load(Ordering::Acquire)
    }

    fn follow(&self, pipes: &mut [Pipe; 2]) {
        let toxics = self.link.toxics();
        let now = Instant::now();
        let key = DrawKey { seed: self.link.seed, proxy: &self.link.proxy, ordinal: self.ordinal };
        for (direction, pipe) in Direction::BOTH.into_iter().zip(pipes) {
            pipe.chain.follow(&toxics[direction as usize], key, now, &mut pipe.out);
        }
    }
}

/// What is behind these locks is whole between any two statements, so a panic leaves it in order.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
