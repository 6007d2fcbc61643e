//! Workers and the one queue in front of them, first in, first out.
//!
//! A job holds its worker for its service time, which is slept and not computed: what saturates is
//! the pool, never the host's processor. A caller that gives up while it waits leaves the queue and
//! costs nothing; a job that nobody waits for ([`Pool::post`]) never leaves it. What a job is, the
//! pool does not know.

use prometheus_client::metrics::counter::Counter;
use squall_platform::Node;
use squall_platform::time::{self, Instant};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};

/// Lateness of a timer that a worker makes good with its next job. Timers round up to whole
/// milliseconds, so without it no pool would reach its capacity; a worker that was frozen does not
/// catch up with all that it missed.
const SLACK: Duration = Duration::from_millis(20);

/// Jobs waiting that nobody waits for, at most. Beyond it they are lost: a queue of them that grows
/// for as long as an overload lasts must end somewhere.
const POSTED: usize = 100_000;

/// Cheap to clone; its workers live as long as their node.
#[derive(Clone, Debug)]
pub(crate) struct Pool(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    /// Callers that may wait at once.
    most: usize,
    told: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    next: u64,
    jobs: BTreeMap<u64, Job>,
    callers: usize,
    /// Workers that have nothing to do, or have not seen yet what there is.
    idle: usize,
}

#[derive(Debug)]
struct Job {
    since: Instant,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Called(oneshot::Sender<Worker>),
    Posted { cost: Duration, done: Counter },
}

/// A place in the queue. Dropping it gives the place up.
#[derive(Debug)]
pub(crate) struct Turn {
    shared: Arc<Shared>,
    number: u64,
    worker: oneshot::Receiver<Worker>,
}

/// A worker that is one job's until it is dropped, and then for the time already spent.
#[derive(Debug)]
pub(crate) struct Worker {
    /// To the microsecond, where the timer that waits for it is coarser.
    until: Instant,
    back: Option<oneshot::Sender<Instant>>,
}

/// What waits in a pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Backlog {
    pub jobs: usize,
    pub oldest: Duration,
}

impl Pool {
    /// Starts `workers` tasks of `node`; at most `most` callers wait for them at once.
    pub(crate) fn new(node: &Node, workers: usize, most: usize) -> Pool {
        let shared = Arc::new(Shared { queue: Mutex::default(), most, told: Notify::new() });
        for _ in 0..workers {
            node.spawn(work(shared.clone()));
        }
        Pool(shared)
    }

    /// The last place in the queue; `None` where too many wait already.
    pub(crate) fn turn(&self) -> Option<Turn> {
        let (sender, worker) = oneshot::channel();
        let number = {
            let mut queue = self.0.queue();
            if queue.callers >= self.0.most + queue.idle {
                return None;
            }
            queue.callers += 1;
            queue.push(Kind::Called(sender))
        };
        self.0.told.notify_one();
        Some(Turn { shared: self.0.clone(), number, worker })
    }

    /// Queues work of a known cost that nobody waits for; `done` counts it when it is. `false` where
    /// the queue has no room for it, and it is lost.
    pub(crate) fn post(&self, cost: Duration, done: Counter) -> bool {
        {
            let mut queue = self.0.queue();
            if queue.jobs.len() - queue.callers >= POSTED {
                return false;
            }
            queue.push(Kind::Posted { cost, done });
        }
        self.0.told.notify_one();
        true
    }

    pub(crate) fn backlog(&self) -> Backlog {
        let queue = self.0.queue();
        let oldest = queue.jobs.values().next().map(|job| job.since.elapsed());
        Backlog { jobs: queue.jobs.len(), oldest: oldest.unwrap_or_default() }
    }
}

impl Shared {
    /// A panic elsewhere leaves it in order: every change is one insertion or removal.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn push(&mut self, kind: Kind) -> u64 {
        let number = self.next;
        self.next += 1;
        self.jobs.insert(number, Job { since: Instant::now(), kind });
        number
    }

    /// The first job, for a worker that has none; it rests where there is none.
    fn pop_or_rest(&mut self) -> Option<Job> {
        let Some((_, job)) = self.jobs.pop_first() else {
            self.idle += 1;
            return None;
        };
        self.callers -= usize::from(matches!(job.kind, Kind::Called(_)));
        Some(job)
    }
}

impl Turn {
    /// Resolves when all that came before has been begun and a worker is free. `None` only where
    /// the node has died.
    pub(crate) async fn come(mut self) -> Option<Worker> {
        (&mut self.worker).await.ok()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut queue = self.shared.queue();
        let left = queue.jobs.remove(&self.number);
        queue.callers -= usize::from(left.is_some());
    }
}

impl Worker {
    /// Holds the worker for `cost`.
    pub(crate) async fn spend(&mut self, cost: Duration) {
        self.until += cost;
        time::sleep_until(self.until).await;
    }

    /// Holds the worker until `what` is there.
    pub(crate) async fn wait<T>(&mut self, what: impl Future<Output = T>) -> T {
        let outcome = what.await;
        self.until = self.until.max(Instant::now());
        outcome
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(back) = self.back.take() {
            let _ = back.send(self.until);
        }
    }
}

/// The life of one worker.
async fn work(shared: Arc<Shared>) {
    let mut free = Instant::now();
    loop {
        // Made before the look: whoever queues a job in between finds this one waiting.
        let mut told = std::pin::pin!(shared.told.notified());
        told.as_mut().enable();
        let popped = shared.queue().pop_or_rest();
        let Some(job) = popped else {
            told.await;
            shared.queue().idle -= 1;
            continue;
        };
        let now = Instant::now();
        let began = free.max(job.since).max(now.checked_sub(SLACK).unwrap_or(now));
        free = match job.kind {
            Kind::Posted { cost, done } => {
                time::sleep_until(began + cost).await;
                done.inc();
                began + cost
            }
            Kind::Called(caller) => {
                let (back, returned) = oneshot::channel();
                if caller.send(Worker { until: began, back: Some(back) }).is_err() {
                    continue;
                }
                let until = returned.await.unwrap_or(began);
                time::sleep_until(until).await;
                until
            }
        };
    }
}

#[cfg(test)]
mod tests;
