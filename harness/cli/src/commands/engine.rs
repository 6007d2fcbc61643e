//! Which engine plays the drills, what it cannot play, and how many at once.

use super::containers;
use crate::args::Engine;
use squall_model::lever::LeverCall;
use squall_model::plan::Plan;
use squall_model::units::Micros;
use squall_run::EngineKind;
use std::num::NonZeroUsize;

/// A real-time engine plays nothing longer unless it is told to.
const LONG: Micros = Micros::from_secs(15 * 60);

/// What was asked for; by default the simulation, and docker where it can play none of the drills.
pub fn engine(asked: Engine, plans: &[Plan]) -> EngineKind {
    match asked {
        Engine::Sim => EngineKind::Sim,
        Engine::Local => EngineKind::Local,
        Engine::Docker => EngineKind::Docker,
        Engine::Auto if plans.iter().all(|plan| unable(plan, EngineKind::Sim).is_some()) => {
            EngineKind::Docker
        }
        Engine::Auto => EngineKind::Sim,
    }
}

/// Why the engine does not play the plan, where it does not.
pub fn refusal(plan: &Plan, engine: EngineKind, allow_long: bool) -> Option<String> {
    let long = engine != EngineKind::Sim && plan.end + plan.drain > LONG && !allow_long;
    let lasts = || {
        format!(
            "lasts {} of real time on the {} engine, more than {LONG}; play it on sim or add --allow-long",
            plan.end + plan.drain,
            engine.name()
        )
    };
    unable(plan, engine).or_else(|| long.then(lasts))
}

/// Why the engine cannot play the plan however long it took.
fn unable(plan: &Plan, engine: EngineKind) -> Option<String> {
    let engines = ["sim", "local", "docker"];
    let only: Vec<&str> = plan
        .tags
        .iter()
        .map(|tag| tag.trim_start_matches('@'))
        .filter(|t| engines.contains(t))
        .collect();
    if !only.is_empty() && !only.contains(&engine.name()) {
        return Some(format!("can only be played on {}", only.join(" or ")));
    }
    if engine == EngineKind::Docker {
        return None;
    }
    let limits = plan.faults.iter().flat_map(|fault| &fault.inject).any(LeverCall::needs_machines);
    let why = match (containers::needs(plan), limits) {
        (true, _) => "runs images",
        (false, true) => "limits what a node gets of its machine",
        (false, false) => return None,
    };
    Some(format!("{why}, which only the docker engine can: --engine docker"))
}

/// One a core on sim; elsewhere one at a time, for drills in real time would disturb each other's load.
pub fn at_once(engine: EngineKind, asked: Option<u16>) -> NonZeroUsize {
    let one = NonZeroUsize::MIN;
    match asked.and_then(|n| NonZeroUsize::new(usize::from(n))) {
        Some(n) => n,
        None if engine != EngineKind::Sim => one,
        None => std::thread::available_parallelism().unwrap_or(one),
    }
}
