//! A link or a node, by the probes sent to it: two instants bracket each change, the last probe that
//! saw the state before and the first that saw the state since.

use super::{Seen, bracket, spares_nodes};
use crate::fact::{Probe, ProbePath, ProbeSaw, ProbeTarget};
use crate::fault::{Loss, Watch};
use crate::judged::Bracket;
use crate::plan::{Plan, PlannedFault};
use crate::stats::{Proportion, median};
use crate::units::Micros;
use crate::words::of;

const ALPHA: f64 = 0.000_5;

pub(super) fn watch(plan: &Plan, index: usize, watch: &Watch, probes: &[&Probe]) -> Seen {
    let planned = &plan.faults[index];
    let Some(target) = watch.target() else {
        return nothing("not a thing that probes see".into());
    };
    let named = target.to_string();
    let own = |path: ProbePath| -> Vec<&Probe> {
        probes.iter().copied().filter(|p| p.target == target && p.path == path).collect()
    };
    let mut doubts = Vec::new();
    let mut sides = Vec::new();
    for path in [ProbePath::New, ProbePath::Existing] {
        let own = own(path);
        // Connections that are cut stay cut, and those that stand show their certificate no more:
        // only new ones can tell.
        let new_only = matches!(watch, Watch::SomeLost { .. } | Watch::Untrusted { .. });
        if own.is_empty() || (new_only && path == ProbePath::Existing) {
            continue;
        }
        match side(plan, index, watch, &own) {
            Ok(side) => sides.push((path, side)),
            Err(why) => doubts.push(format!("{named}: {why}")),
        }
    }
    if sides.is_empty() && doubts.is_empty() {
        doubts.push(format!("{named} was never probed"));
    }
    // A fault that leaves alone what stands has its control there.
    let untouched = match watch {
        Watch::Untrusted { .. } => ProbePath::Existing,
        _ => ProbePath::Control,
    };
    if let Some(why) = beside(planned, (&target, untouched), probes) {
        doubts.push(format!("{named}: {why}"));
    }
    let effective = if doubts.is_empty() {
        super::joined(sides.iter().map(|(_, side)| Some(side.effective)))
    } else {
        None
    };
    // A connection the fault broke does not come back; new ones tell of the end.
    let new = sides.iter().find(|(path, _)| *path == ProbePath::New).or(sides.first());
    let affected: u64 = sides.iter().map(|(_, side)| side.affected).sum();
    let how = format!("{} of {named} affected, the path beside it not", of(affected, "probe"));
    Seen { effective, healed: new.and_then(|(_, side)| side.healed), doubts, how }
}

struct Side {
    effective: Bracket,
    healed: Option<Bracket>,
    affected: u64,
}

/// One path to the target, probes sorted by their sending.
fn side(plan: &Plan, index: usize, watch: &Watch, probes: &[&Probe]) -> Result<Side, String> {
    let window = plan.faults[index].window;
    let usual = usual(probes, window.start);
    let affected = |probe: &Probe| affected(watch, probe, usual);
    let before: Vec<&&Probe> = probes.iter().filter(|p| p.at < window.start).collect();
    match before.last() {
        None => return Err("not probed before the fault".into()),
        Some(probe) if affected(probe) || !answered(probe) => {
            return Err("already affected before the fault".into());
        }
        Some(_) => {}
    }
    // A probe that was under way when the window ended says nothing of either state.
    let under: Vec<&&Probe> =
        probes.iter().filter(|p| p.sent >= window.start && p.at < window.end).collect();
    let Some(first) = under.iter().position(|p| affected(p)) else {
        return Err(format!("none of {} in the fault saw it", of(under.len() as u64, "probe")));
    };
    let by = under[first].sent;
    let after = probes.iter().filter(|p| p.sent < by && !affected(p) && answered(p));
    let after = after.map(|p| p.sent).max().unwrap_or(window.start);
    let hits = under.iter().filter(|p| affected(p)).count() as u64;
    if let Watch::SomeLost { share, .. } = watch {
        let (low, high) = Proportion { k: hits, n: under.len() as u64 }.bounds(ALPHA);
        if *share < low || *share > high {
            return Err(format!("{hits} of {} probes broke, which does not fit", under.len()));
        }
    } else if let Some(spared) = under[first..].iter().find(|p| answered(p) && !affected(p)) {
        return Err(format!("unaffected again at {}, before its end", spared.sent));
    }
    Ok(Side {
        effective: bracket(after, by),
        healed: healed(plan, index, probes, affected),
        affected: hits,
    })
}

fn healed(
    plan: &Plan,
    index: usize,
    probes: &[&Probe],
    affected: impl Fn(&Probe) -> bool,
) -> Option<Bracket> {
    let planned = &plan.faults[index];
    let fine = |probe: &Probe| answered(probe) && !affected(probe);
    let first = probes.iter().find(|p| p.sent >= planned.window.end && fine(p))?;
    let last = probes.iter().filter(|p| p.sent < first.sent && affected(p)).map(|p| p.sent).max();
    Some(bracket(last.unwrap_or(planned.window.end), first.sent))
}

/// Whether something that the fault leaves alone went on answering; if not, why that is a doubt.
fn beside(
    planned: &PlannedFault,
    (target, untouched): (&ProbeTarget, ProbePath),
    probes: &[&Probe],
) -> Option<String> {
    let window = planned.window;
    let inside = |p: &&&Probe| p.sent >= window.start && p.at < window.end;
    if spares_nodes(planned) {
        let control: Vec<&&Probe> = probes
            .iter()
            .filter(inside)
            .filter(|p| p.target == *target && p.path == untouched)
            .collect();
        return match control.iter().filter(|p| !answered(p)).count() {
            _ if control.is_empty() => Some("no untouched path beside it was probed".into()),
            0 => None,
            lost => Some(format!(
                "{lost} of {} on the untouched path beside it went unanswered",
                of(control.len() as u64, "probe")
            )),
        };
    }
    let watched = |p: &Probe| {
        planned.watches.iter().any(|watch| match watch {
            Watch::Lost { target, .. } => *target == p.target,
            _ => false,
        })
    };
    let other = probes
        .iter()
        .filter(inside)
        .any(|p| answered(p) && (!watched(p) || p.path == ProbePath::Control));
    (!other).then(|| "no untouched path beside it answered".to_owned())
}

fn affected(watch: &Watch, probe: &Probe, usual: Micros) -> bool {
    match (watch, &probe.saw) {
        (Watch::Lost { how: Loss::Broken, .. }, saw) => {
            matches!(saw, ProbeSaw::Refused | ProbeSaw::Closed)
        }
        (Watch::Lost { how: Loss::Silent, .. }, saw) => matches!(saw, ProbeSaw::Silence),
        (Watch::Lost { how: Loss::Any, .. }, _) => !answered(probe),
        // Slower than the probe's patience is slower too.
        (Watch::Slower { .. }, ProbeSaw::Silence) => true,
        (Watch::Slower { by, .. }, ProbeSaw::Answer { rtt }) => {
            *rtt >= usual + Micros(by.0.div_ceil(2).max(1))
        }
        (Watch::SomeLost { .. }, _) => !answered(probe),
        (Watch::Unresolved { .. }, saw) => matches!(saw, ProbeSaw::Unresolved),
        (Watch::Untrusted { .. }, saw) => matches!(saw, ProbeSaw::Untrusted),
        _ => false,
    }
}

fn answered(probe: &Probe) -> bool {
    matches!(probe.saw, ProbeSaw::Answer { .. })
}

/// Median round trip before the fault.
fn usual(probes: &[&Probe], start: Micros) -> Micros {
    let rtts: Vec<f64> = probes
        .iter()
        .filter(|p| p.at < start)
        .filter_map(|p| match p.saw {
            ProbeSaw::Answer { rtt } => Some(rtt.0 as f64),
            _ => None,
        })
        .collect();
    Micros(median(&rtts).unwrap_or_default() as u64)
}

fn nothing(why: String) -> Seen {
    Seen { effective: None, healed: None, doubts: vec![why], how: String::new() }
}
