//! How often the engine held a node back at a limit, for the faults that set one.

use super::again_and_again;
use crate::clock::DrillClock;
use crate::engine::Meter;
use crate::recorder::Recorder;
use squall_model::fact::{Fact, HeldBack};
use squall_model::fault::Watch;
use squall_model::lever::Resource;
use squall_model::plan::Plan;
use squall_platform::running::Stopping;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(1);

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
    pub(super) async fn run(self, stop: Stopping) {
        again_and_again(EVERY, stop, || self.look()).await;
    }

    /// A look that nobody answers is no fact: what cannot be seen stays unproven.
    async fn look(&self) {
        if let Ok(times) = self.meter.held_back(&self.node, self.resource).await {
            let (at, node, resource) = (self.clock.now(), self.node.clone(), self.resource);
            self.recorder.write(&Fact::HeldBack(HeldBack { at, node, resource, times }));
        }
    }
}
