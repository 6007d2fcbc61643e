//! How often the engine held a node back at a limit, for the faults that set one.

use crate::clock::DrillClock;
use crate::engine::Meter;
use crate::recorder::Recorder;
use squall_model::fact::{Fact, HeldBack};
use squall_model::fault::Watch;
use squall_model::lever::Resource;
use squall_model::plan::Plan;
use squall_platform::running::Stopping;
use squall_platform::time::{self, MissedTickBehavior};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// What a drill's faults limit.
pub(super) fn limited(plan: &Plan) -> BTreeSet<(String, Resource)> {
    let watches = plan.faults.iter().flat_map(|fault| &fault.watches);
    let limited = watches.filter_map(|watch| match watch {
        Watch::HeldBack { node, resource } => Some((node.clone(), *resource)),
        _ => None,
    });
    limited.collect()
}

pub(super) struct Counter {
    pub(super) node: String,
    pub(super) resource: Resource,
    pub(super) meter: Arc<dyn Meter>,
    pub(super) clock: DrillClock,
    pub(super) recorder: Recorder,
}

impl Counter {
    /// A look that nobody answers is no fact: what cannot be seen stays unproven.
    pub(super) async fn run(self, mut stop: Stopping) {
        let mut tick = time::interval(Duration::from_secs(1));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.asked() => return,
                _ = tick.tick() => {}
            }
            let times = tokio::select! {
                biased;
                () = stop.asked() => return,
                times = self.meter.held_back(&self.node, self.resource) => times,
            };
            if let Ok(times) = times {
                let (at, node, resource) = (self.clock.now(), self.node.clone(), self.resource);
                self.recorder.write(&Fact::HeldBack(HeldBack { at, node, resource, times }));
            }
        }
    }
}
