//! What each node says of its own health, and how much waits in it.

use crate::clock::DrillClock;
use crate::recorder::Recorder;
use crate::stage::Control;
use http::Method;
use serde::Deserialize;
use squall_model::fact::{Fact, Health};
use squall_model::plan::Plan;
use squall_model::stack::RunAs;
use squall_model::units::Micros;
use squall_platform::running::Stopping;
use squall_platform::time::{self, MissedTickBehavior};
use std::collections::BTreeMap;
use std::time::Duration;

/// Those with an admin port: built-in nodes, and of a stack that already runs those it is known of.
pub(super) fn nodes(plan: &Plan) -> Vec<String> {
    let external = plan.stack.external.as_ref();
    let built_in = plan.stack.nodes.iter().filter(|node| matches!(node.run, RunAs::BuiltIn(_)));
    let telling = built_in.filter(|node| external.is_none_or(|it| it.tells(&node.name)));
    telling.map(|node| node.name.clone()).collect()
}

pub(super) struct Poller {
    node: String,
    control: Control,
    clock: DrillClock,
    recorder: Recorder,
}

#[derive(Deserialize)]
struct Answer {
    healthy: bool,
    #[serde(default)]
    backlog: u64,
    #[serde(default)]
    oldest_ms: u64,
    #[serde(default)]
    gauges: BTreeMap<String, u64>,
}

impl Poller {
    pub(super) fn new(
        node: &str,
        control: &Control,
        clock: DrillClock,
        recorder: &Recorder,
    ) -> Self {
        let (control, recorder) = (control.clone(), recorder.clone());
        Poller { node: node.to_owned(), control, clock, recorder }
    }

    pub(super) async fn run(self, every: Duration, mut stop: Stopping) {
        let mut tick = time::interval(every);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.asked() => return,
                _ = tick.tick() => {}
            }
            tokio::select! {
                biased;
                () = stop.asked() => return,
                () = self.look() => {}
            }
        }
    }

    async fn look(&self) {
        let answer = self.control.call(&self.node, Method::GET, "/health", None).await;
        // Healthy or not is said in the body; the status says the same to those who read no body.
        let mut said =
            answer.ok().and_then(|(_, body)| serde_json::from_slice::<Answer>(&body).ok());
        let gauges = said.as_mut().map(|said| std::mem::take(&mut said.gauges)).unwrap_or_default();
        self.recorder.write(&Fact::Health(Health {
            at: self.clock.now(),
            node: self.node.clone(),
            healthy: said.as_ref().map(|said| said.healthy),
            backlog: said.as_ref().map_or(0, |said| said.backlog),
            oldest: Micros::from_millis(said.as_ref().map_or(0, |said| said.oldest_ms)),
            gauges,
        }));
    }
}
