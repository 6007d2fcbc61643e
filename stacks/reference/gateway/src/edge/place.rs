//! Where an accepted message goes: its home queue, another region's, a gateway, or the spool.
//!
//! An enqueue without an answer may have happened. Asked again of the same queue it is recognised,
//! so it is held for that queue. If it goes to another queue instead, the first is told to drop it, or
//! its gateway where a broker keeps it; should that be quicker, the message is sent twice.

use super::Edge;
use super::tuning::OnLoss;
use crate::link::CallError;
use crate::message::{Envelope, Reply, What};
use crate::remote::Enqueued;
use futures::future;
use squall_platform::time;
use std::sync::Arc;
use std::time::Duration;

/// How often the spool is worked off.
const TICK: Duration = Duration::from_millis(100);
/// How often a new way out is looked for while the home queue is lost.
const LOOK: Duration = Duration::from_secs(1);

impl Edge {
    /// True: the message is safe. False: nothing was kept of it.
    pub(super) async fn place(&self, message: &Envelope) -> bool {
        let tuning = self.settings.get();
        let home = self.regions.home(&message.to);
        if tuning.oldest_first && !self.spool.is_empty(home) {
            return self.hold(message, home).await;
        }
        match self.enqueue(message, home, tuning.region_failover).await {
            Enqueued::Safe => true,
            // Only its own queue can tell, so it is kept for that.
            Enqueued::Unsure => self.hold(message, home).await,
            Enqueued::Not => match tuning.on_queue_loss {
                OnLoss::Hold => self.hold(message, home).await,
                OnLoss::Spill => self.spill(message, home).await,
                OnLoss::Reject => false,
            },
        }
    }

    /// To the home queue; where `failover` allows it, to others after that.
    async fn enqueue(&self, message: &Envelope, home: usize, failover: bool) -> Enqueued {
        let mut unsure = None;
        let ways = if failover { self.regions.all.len() } else { 1 };
        for region in self.regions.from(home).take(ways) {
            match region.queue.enqueue(&self.node, message, self.enqueue_timeout).await {
                Enqueued::Safe => {
                    if let Some(first) = unsure {
                        self.void(first, message);
                    }
                    self.counts.enqueued.inc();
                    return Enqueued::Safe;
                }
                Enqueued::Unsure => unsure = unsure.or(Some(region.name.as_str())),
                Enqueued::Not => {}
            }
        }
        if unsure.is_some() { Enqueued::Unsure } else { Enqueued::Not }
    }

    fn void(&self, region: &str, message: &Envelope) {
        if let Some(region) = self.regions.all.iter().find(|r| r.name == region) {
            region.void(message.sid);
        }
    }

    async fn hold(&self, message: &Envelope, home: usize) -> bool {
        self.counts.held.inc();
        self.spool.hold(message, home).await
    }

    /// Straight to a gateway, the home region's first. What none takes for certain is held: the
    /// gateway that may have submitted it knows its sid.
    async fn spill(&self, message: &Envelope, home: usize) -> bool {
        for gateway in self.regions.from(home).filter_map(|region| region.gateway.as_ref()) {
            if !gateway.presence().settled().await {
                continue;
            }
            match gateway.call(What::Submit(message.clone()), self.spill_timeout).await {
                Ok(Reply::Done) => {
                    self.counts.spilled.inc();
                    return true;
                }
                Ok(Reply::Refused(_)) | Err(CallError::NotSent(_)) => {}
                Ok(_) | Err(CallError::Indeterminate(_)) => break,
            }
        }
        self.hold(message, home).await
    }
}

/// Works the spool of one home region off, for ever.
pub(super) async fn work_off(edge: Arc<Edge>, home: usize) {
    let mut allowance = 0.0;
    loop {
        edge.spool.filled(home).await;
        let tuning = edge.settings.get();
        let ways = if tuning.region_failover { edge.regions.all.len() } else { 1 };
        if !edge.regions.from(home).take(ways).any(|region| region.queue.presence().is_up()) {
            if let Some(region) = edge.regions.all.get(home) {
                let _ = time::timeout(LOOK, region.queue.presence().up()).await;
            }
            continue;
        }
        allowance = (allowance + tuning.backlog_rate * TICK.as_secs_f64()).min(tuning.backlog_rate);
        let now = allowance.floor();
        let messages = edge.spool.oldest(home, now as usize);
        allowance -= messages.len() as f64;
        let placed = messages.iter().map(|m| edge.enqueue(m, home, tuning.region_failover));
        let placed = future::join_all(placed).await;
        for (message, _) in messages.iter().zip(placed).filter(|(_, p)| *p == Enqueued::Safe) {
            edge.spool.release(message.sid, home);
        }
        time::sleep(TICK).await;
    }
}
