//! Whether a peer is there, and for how long one waits before it counts as lost.
//!
//! A peer is *up* while it gives signs of life, *lost* when it gave none for `lost_after`, and
//! *wavering* between the two.

use squall_model::node_config::NodeConfig;
use squall_model::units::Micros;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    pub ping: Duration,
    pub lost_after: Duration,
    pub reconnect: Duration,
}

impl Patience {
    /// The stack's timers.
    pub(crate) fn of(config: &NodeConfig) -> Patience {
        Patience {
            ping: config.timer("queue_ping", Micros::from_millis(500)).std(),
            lost_after: config.timer("queue_lost_after", Micros::from_secs(2)).std(),
            reconnect: config.timer("reconnect_interval", Micros::from_millis(500)).std(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Up,
    Wavering,
    Lost,
}

/// What is known of a peer, for those who wait for it.
#[derive(Debug)]
pub(crate) struct Presence {
    seen: Mutex<Seen>,
    /// Wakes in the order of waiting. A watch channel wakes at random, which a simulation cannot have.
    changed: Notify,
}

impl Presence {
    pub(crate) fn new() -> Presence {
        Presence { seen: Mutex::new(Seen::Wavering), changed: Notify::new() }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.seen() == Seen::Up
    }

    pub(crate) fn set(&self, seen: Seen) {
        let before = {
            let mut now = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *now, seen)
        };
        if before != seen {
            self.changed.notify_waiters();
        }
    }

    /// Waits until the peer is up (true) or lost (false).
    pub(crate) async fn settled(&self) -> bool {
        self.wait_for(|seen| seen != Seen::Wavering).await == Seen::Up
    }

    /// Waits until the peer is up.
    pub(crate) async fn up(&self) {
        self.wait_for(|seen| seen == Seen::Up).await;
    }

    fn seen(&self) -> Seen {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first that is `wanted`.
    async fn wait_for(&self, wanted: impl Fn(Seen) -> bool) -> Seen {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            // Waiting begins before the look, so that no change falls between them.
            changed.as_mut().enable();
            let seen = self.seen();
            if wanted(seen) {
                return seen;
            }
            changed.await;
        }
    }
}
