//! What each node says of its own health, and how much waits in it.

use super::{again_and_again, gateway};
use crate::clock::DrillClock;
use crate::recorder::Recorder;
use crate::stage::Control;
use http::Method;
use serde::Deserialize;
use squall_model::fact::{Fact, Health};
use squall_model::plan::Plan;
use squall_model::stack::{Gateway, RunAs};
use squall_model::units::Micros;
use squall_platform::running::Stopping;
use std::collections::BTreeMap;
use std::time::Duration;

/// A node that tells of itself, and by whose interface if it is not one of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Teller {
    pub(super) node: String,
    pub(super) gateway: Option<Gateway>,
}

/// Those with an admin port: built-in nodes, gateways that are known, and of a stack that already runs
/// those it is known of.
pub(super) fn tellers(plan: &Plan) -> Vec<Teller> {
    let external = plan.stack.external.as_ref();
    let nodes = plan.stack.nodes.iter().filter_map(|node| {
        let gateway = match &node.run {
            RunAs::BuiltIn(_) => None,
            RunAs::Image(image) => Some(image.gateway?),
        };
        Some(Teller { node: node.name.clone(), gateway })
    });
    nodes.filter(|teller| external.is_none_or(|it| it.tells(&teller.node))).collect()
}

pub(super) struct Poller {
    teller: Teller,
    control: Control,
    clock: DrillClock,
    recorder: Recorder,
}

#[derive(Deserialize)]
pub(super) struct Answer {
    pub(super) healthy: bool,
    #[serde(default)]
    pub(super) backlog: u64,
    #[serde(default)]
    pub(super) oldest_ms: u64,
    #[serde(default)]
    pub(super) gauges: BTreeMap<String, u64>,
}

impl Poller {
    pub(super) fn new(
        teller: Teller,
        control: &Control,
        clock: DrillClock,
        recorder: &Recorder,
    ) -> Self {
        Poller { teller, control: control.clone(), clock, recorder: recorder.clone() }
    }

    pub(super) async fn run(self, every: Duration, stop: Stopping) {
        again_and_again(every, stop, || self.look()).await;
    }

    async fn look(&self) {
        let mut said = self.ask().await;
        let gauges = said.as_mut().map(|said| std::mem::take(&mut said.gauges)).unwrap_or_default();
        self.recorder.write(&Fact::Health(Health {
            at: self.clock.now(),
            node: self.teller.node.clone(),
            healthy: said.as_ref().map(|said| said.healthy),
            backlog: said.as_ref().map_or(0, |said| said.backlog),
            oldest: Micros::from_millis(said.as_ref().map_or(0, |said| said.oldest_ms)),
            gauges,
        }));
    }

    async fn ask(&self) -> Option<Answer> {
        let Teller { node, gateway } = &self.teller;
        if let Some(gateway) = gateway {
            return gateway::ask(*gateway, node, &self.control).await.ok();
        }
        let (_, body) = self.control.call(node, Method::GET, "/health", None).await.ok()?;
        // Healthy or not is said in the body; the status says the same to those who read no body.
        serde_json::from_slice(&body).ok()
    }
}
