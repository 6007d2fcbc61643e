//! The backlog over time, by the nodes' own health answers: its peak, and when it was worked off.

use crate::case::Case;
use crate::fact::Fact;
use crate::judged::Waited;
use crate::units::Micros;
use std::collections::{BTreeMap, BTreeSet};

/// All nodes together, one entry an answer. A node that does not answer keeps what it last told.
pub fn totals(case: &Case<'_>) -> Vec<(Micros, u64)> {
    let mut told: BTreeMap<&str, u64> = BTreeMap::new();
    let mut total = 0u64;
    let mut out = Vec::new();
    for event in case.events {
        if let Fact::Health(health) = event
            && health.healthy.is_some()
        {
            let before = told.insert(&health.node, health.backlog).unwrap_or_default();
            total = total.saturating_sub(before).saturating_add(health.backlog);
            out.push((health.at, total));
        }
    }
    out.sort_by_key(|(at, _)| *at);
    out
}

pub fn peak(totals: &[(Micros, u64)]) -> Option<(u64, Micros)> {
    let (at, most) = totals.iter().rev().max_by_key(|(_, total)| *total)?;
    (*most > 0).then_some((*most, *at))
}

/// Where messages waited: each node that was asked since the first fault began (without one, since
/// the end of warm-up).
pub fn waited(case: &Case<'_>) -> Vec<Waited> {
    let faults = case.plan.faults.iter().map(|fault| fault.window.start);
    let since = faults.min().unwrap_or(case.plan.warm_up);
    let mut nodes: BTreeMap<&str, Waited> = BTreeMap::new();
    for event in case.events {
        let Fact::Health(health) = event else { continue };
        if health.at < since {
            continue;
        }
        let blank = || Waited { node: health.node.clone(), ..Waited::default() };
        let seen = nodes.entry(&health.node).or_insert_with(blank);
        seen.asked += 1;
        seen.unanswered += u64::from(health.healthy.is_none());
        seen.oldest = seen.oldest.max(health.oldest);
        if health.backlog > seen.backlog {
            (seen.backlog, seen.at) = (health.backlog, Some(health.at));
        }
    }
    case.plan.stack.nodes.iter().filter_map(|node| nodes.remove(node.name.as_str())).collect()
}

/// What became of the backlog after the last heal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// No fault was seen to heal, or no node told its backlog before and after.
    Unknown,
    /// It never rose above its steady state.
    NeverRose,
    At(Micros),
    /// Still above it when last told.
    Not(Micros),
}

pub fn drained(case: &Case<'_>, totals: &[(Micros, u64)]) -> Drained {
    let (Some(effective), Some(healed)) = (case.effective(), case.healed()) else {
        return Drained::Unknown;
    };
    let warm_up = case.plan.warm_up;
    let before = totals.iter().filter(|(at, _)| *at >= warm_up && *at < effective.after);
    let Some(steady) = before.map(|(_, total)| *total).max() else { return Drained::Unknown };
    let level = usual(steady, case.plan.traffic.rate(effective.after));
    if !totals.iter().any(|(at, total)| *at >= effective.after && *total > level) {
        return Drained::NeverRose;
    }
    let since: Vec<&(Micros, u64)> = totals.iter().filter(|(at, _)| *at >= healed.after).collect();
    let Some((last, _)) = since.last() else { return Drained::Unknown };
    // Steady means to the end: all nodes asked three times, and always above the level, are a backlog
    // again. A machine that stalls for a moment is none.
    let rounds = 3 * nodes(case).max(1);
    let relapse =
        since.windows(rounds).rposition(|run| run.iter().all(|(_, total)| *total > level));
    let from = relapse.map_or(0, |start| start + rounds);
    match since[from.min(since.len())..].iter().find(|(_, total)| *total <= level) {
        Some((at, _)) => Drained::At(*at),
        None => Drained::Not(*last),
    }
}

/// Nodes that told a backlog.
fn nodes(case: &Case<'_>) -> usize {
    let told = case.events.iter().filter_map(|event| match event {
        Fact::Health(health) if health.healthy.is_some() => Some(health.node.as_str()),
        _ => None,
    });
    told.collect::<BTreeSet<&str>>().len()
}

/// Traffic of so long is on its way and does not wait, however slow the machine.
const ON_ITS_WAY_S: f64 = 0.25;

/// What may wait in the steady state: half as much again as was seen before the fault, and what is on
/// its way at `rate` messages a second.
fn usual(steady: u64, rate: f64) -> u64 {
    let on_its_way = (rate * ON_ITS_WAY_S) as u64;
    steady.saturating_add(steady / 2).saturating_add(on_its_way.max(5))
}
