//! The replicas behind the balancer, and which of them its health checks hold good.
//!
//! A check goes over the link and to the port that fetches take, so it sees what stands between, and
//! it does not see that a replica's workers are all taken: those who check are answered at once.

use super::counts::Counts;
use http::StatusCode;
use squall_platform::running::{Done, Stopping};
use squall_platform::time::{self, Instant};
use squall_platform::{Node, running};
use squall_wire::http::{Client, Request};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

#[derive(Debug)]
pub(super) struct Replica {
    pub address: String,
    /// Bad checks in a row; from `down_after` on it is down. It begins there.
    bad: AtomicU32,
}

#[derive(Debug)]
pub(super) struct Replicas {
    all: Vec<Arc<Replica>>,
    turn: AtomicUsize,
    down_after: u32,
    counts: Arc<Counts>,
}

/// When a replica is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checks {
    pub every: Duration,
    pub patience: Duration,
}

impl Replicas {
    pub(super) fn new(addresses: Vec<String>, down_after: u32, counts: Arc<Counts>) -> Replicas {
        let replica = |address| Arc::new(Replica { address, bad: AtomicU32::new(down_after) });
        let all = addresses.into_iter().map(replica).collect();
        Replicas { all, turn: AtomicUsize::new(0), down_after, counts }
    }

    /// Those that are up, the one whose turn it is first.
    pub(super) fn in_turn(&self) -> Vec<Arc<Replica>> {
        let mut up: Vec<Arc<Replica>> =
            self.all.iter().filter(|replica| self.is_up(replica)).cloned().collect();
        if !up.is_empty() {
            let turn = self.turn.fetch_add(1, Relaxed) % up.len();
            up.rotate_left(turn);
        }
        up
    }

    /// How many are up, and how many there are.
    pub(super) fn standing(&self) -> (usize, usize) {
        (self.all.iter().filter(|replica| self.is_up(replica)).count(), self.all.len())
    }

    fn is_up(&self, replica: &Replica) -> bool {
        replica.bad.load(Relaxed) < self.down_after
    }

    /// Checks each of them in a task of its own until `stopping` is asked.
    pub(super) fn watch(
        self: &Arc<Self>,
        node: &Node,
        client: &Client,
        checks: Checks,
        (stopping, done): (&Stopping, &Done),
    ) {
        for replica in &self.all {
            let (replicas, replica, client) = (self.clone(), replica.clone(), client.clone());
            let (stopping, done) = (stopping.clone(), done.clone());
            node.spawn(async move {
                replicas.look(&replica, &client, checks, stopping).await;
                drop(done);
            });
        }
    }

    async fn look(
        &self,
        replica: &Replica,
        client: &Client,
        checks: Checks,
        mut stopping: running::Stopping,
    ) {
        let mut next = Instant::now();
        loop {
            let good = is_good(client, &replica.address, checks.patience).await;
            let bad = match good {
                true => 0,
                false => replica.bad.load(Relaxed).saturating_add(1).min(self.down_after),
            };
            replica.bad.store(bad, Relaxed);
            self.counts.up.set(self.standing().0.try_into().unwrap_or(i64::MAX));
            next = Instant::now().max(next + checks.every);
            tokio::select! {
                biased;
                () = stopping.asked() => return,
                () = time::sleep_until(next) => {}
            }
        }
    }
}

async fn is_good(client: &Client, address: &str, patience: Duration) -> bool {
    let mut request = Request::default();
    *request.uri_mut() = http::Uri::from_static("/health");
    let answer = client.send(address, request, patience).await;
    answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
}
