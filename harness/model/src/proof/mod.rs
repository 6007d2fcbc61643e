//! Whether each fault took effect and went again, by what was seen: never from the request.
//!
//! What a run must write for a fault to be provable:
//! - every lever call of the plan as a `LeverResult` with `fault`, `read_back` and no error, undo too;
//! - for links and nodes: probes of the very target from before the window until after it, on paths
//!   `new` and `existing`, and beside them an untouched path: for a fault that spares the nodes,
//!   `control` probes of the same target; else any other target that goes on answering;
//! - for certificates: probes over the link; `existing` ones are the untouched path;
//! - for carriers: `Draws` of the behaviour, cumulative, at least once in the window;
//! - for buffers: the node's own health, with its backlog or the gauge of the buffer's name, at least
//!   once while it is full; for requests of a kind the same, with their gauge;
//! - for limits of a node: the engine's count of how often it was held back, from before the window
//!   until after it.

mod answers;
mod carrier;
mod health;
mod held_back;
mod levers;
mod probes;
mod rate;

use crate::fact::{Draws, Fact, Health, HeldBack, LeverResult, Probe};
use crate::fault::Watch;
use crate::judged::{Bracket, FaultSeen};
use crate::lever::LeverCall;
use crate::plan::{Plan, PlannedFault};
use crate::units::{Micros, Span};

/// What one watch saw.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    effective: Option<Bracket>,
    healed: Option<Bracket>,
    /// Why the effect is not proven; empty where it is.
    doubts: Vec<String>,
    /// How it was seen.
    how: String,
}

/// The facts that can prove a fault, sorted out once.
#[derive(Default)]
struct Evidence<'a> {
    probes: Vec<&'a Probe>,
    draws: Vec<&'a Draws>,
    health: Vec<&'a Health>,
    held_back: Vec<&'a HeldBack>,
    levers: Vec<&'a LeverResult>,
}

/// In the order of `plan.faults`. A drill that was stopped is one that was planned no longer: its
/// faults were healed there.
pub fn prove(plan: &Plan, events: &[Fact], stopped: Option<Micros>) -> Vec<FaultSeen> {
    let mut evidence = Evidence::default();
    for event in events {
        match event {
            Fact::Probe(probe) => evidence.probes.push(probe),
            Fact::Draws(draws) => evidence.draws.push(draws),
            Fact::Health(health) => evidence.health.push(health),
            Fact::HeldBack(held) => evidence.held_back.push(held),
            Fact::Lever(lever) => evidence.levers.push(lever),
            _ => {}
        }
    }
    evidence.probes.sort_by_key(|probe| probe.sent);
    evidence.draws.sort_by_key(|draws| draws.at);
    evidence.health.sort_by_key(|health| health.at);
    evidence.held_back.sort_by_key(|held| held.at);
    let played = stopped.map(|at| cut_short(plan, at));
    let played = played.as_ref().unwrap_or(plan);
    let prove = |(index, planned): (usize, &PlannedFault)| FaultSeen {
        requested: planned.window,
        ..prove_one(played, index, &evidence)
    };
    plan.faults.iter().enumerate().map(prove).collect()
}

fn cut_short(plan: &Plan, at: Micros) -> Plan {
    let mut plan = plan.clone();
    plan.end = plan.end.min(at);
    for Span { start, end } in plan.faults.iter_mut().map(|fault| &mut fault.window) {
        *end = (*end).min(at).max(*start);
    }
    plan
}

fn prove_one(plan: &Plan, index: usize, evidence: &Evidence<'_>) -> FaultSeen {
    let planned = &plan.faults[index];
    let levers: Vec<&LeverResult> =
        evidence.levers.iter().copied().filter(|lever| lever.fault == Some(index)).collect();
    let mut doubts = levers::doubts(planned, &levers);
    let mut seen: Vec<Seen> = planned
        .watches
        .iter()
        .map(|watch| match watch {
            Watch::Lost { .. }
            | Watch::Slower { .. }
            | Watch::SomeLost { .. }
            | Watch::Unresolved { .. }
            | Watch::Untrusted { .. } => probes::watch(plan, index, watch, &evidence.probes),
            Watch::Draws { carrier, name, share } => {
                carrier::watch(planned, carrier, name, Some(*share), &evidence.draws, &levers)
            }
            Watch::Hits { carrier, name } => {
                carrier::watch(planned, carrier, name, None, &evidence.draws, &levers)
            }
            Watch::Full { nodes, buffer, events } => {
                health::watch(planned, (nodes, buffer), *events, &evidence.health, &levers)
            }
            Watch::Faster { nodes, gauge, times } => {
                rate::watch(planned, (nodes, gauge), *times, &evidence.health)
            }
            Watch::HeldBack { node, resource } => {
                held_back::watch(planned, node, *resource, &evidence.held_back)
            }
        })
        .collect();
    if planned.watches.is_empty() {
        seen.push(levers::restarted(planned, &levers));
    }
    let effective = joined(seen.iter().map(|s| s.effective));
    let healed = joined(seen.iter().map(|s| s.healed));
    doubts.extend(seen.iter().flat_map(|s| s.doubts.iter().cloned()));
    if levers.is_empty() && planned.window.start >= plan.end {
        doubts = vec!["the drill was stopped before it".into()];
    }
    if effective.is_some() && healed.is_none() && planned.window.end < plan.end {
        doubts.push("its end was not seen".into());
    }
    let proven = effective.is_some() && doubts.is_empty();
    FaultSeen {
        kind: planned.fault.kind().to_owned(),
        target: planned.fault.target(),
        label: planned.fault.label(),
        requested: planned.window,
        // What is doubtful is no ground for a time.
        effective: if proven { effective } else { None },
        healed: if proven { healed } else { None },
        proven,
        reason: reason(proven, &doubts, &seen),
        answers: answers::answers(planned, &evidence.probes),
    }
}

/// All watches together: from the earliest observation of the state before to the latest first
/// observation of the state since. `None` where one of them saw nothing.
fn joined(brackets: impl Iterator<Item = Option<Bracket>>) -> Option<Bracket> {
    let all: Option<Vec<Bracket>> = brackets.collect();
    let all = all?;
    let after = all.iter().map(|b| b.after).min()?;
    let by = all.iter().map(|b| b.by).max()?;
    Some(Bracket { after, by })
}

fn reason(proven: bool, doubts: &[String], seen: &[Seen]) -> String {
    let parts: Vec<&str> = if proven {
        seen.iter().map(|s| s.how.as_str()).collect()
    } else {
        doubts.iter().map(String::as_str).collect()
    };
    let mut kept: Vec<&str> = Vec::new();
    for part in parts {
        if !kept.contains(&part) {
            kept.push(part);
        }
    }
    let more = kept.len().saturating_sub(3);
    kept.truncate(3);
    let mut text = if proven { "Seen: " } else { "Not proven: " }.to_owned();
    text += &kept.join("; ");
    if more > 0 {
        text += &format!("; and {more} more");
    }
    text.push('.');
    text
}

/// Whether the fault acts beside the nodes alone, so that each stays reachable in itself.
fn spares_nodes(planned: &PlannedFault) -> bool {
    planned.inject.iter().all(|call| {
        matches!(
            call,
            LeverCall::AddToxic { .. }
                | LeverCall::DisableLink { .. }
                | LeverCall::BreakName { .. }
                | LeverCall::ExpireCertificate { .. }
        )
    })
}

/// A bracket whose ends are in order, whatever the facts say.
fn bracket(after: Micros, by: Micros) -> Bracket {
    Bracket { after: after.min(by), by }
}

#[cfg(test)]
mod tests;
