//! How a fault looked to who knocks: what became of the probes sent while it was asked for.
//!
//! It proves nothing; it tells a dead node, which refuses, from a frozen one, which says nothing.

use crate::fact::{Probe, ProbePath, ProbeSaw, ProbeTarget};
use crate::fault::Watch;
use crate::judged::Answers;
use crate::plan::PlannedFault;
use crate::units::Micros;

/// One line for each path to each thing the fault is watched by, in the order of the watches.
pub(super) fn answers(planned: &PlannedFault, probes: &[&Probe]) -> Vec<Answers> {
    let mut targets: Vec<ProbeTarget> = Vec::new();
    for target in planned.watches.iter().filter_map(Watch::target) {
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    let paths = [ProbePath::New, ProbePath::Existing, ProbePath::Control];
    let lines = targets.iter().flat_map(|target| paths.map(|path| (target, path)));
    lines
        .map(|(target, path)| {
            let own = |p: &&&Probe| {
                // What was under way when the window ended says nothing of either state.
                let under = p.sent >= planned.window.start && p.at < planned.window.end;
                under && p.path == path && p.target == *target
            };
            of(target, path, probes.iter().filter(own).copied())
        })
        .filter(|line| line.asked() > 0)
        .collect()
}

fn of<'a>(
    target: &ProbeTarget,
    path: ProbePath,
    probes: impl Iterator<Item = &'a Probe>,
) -> Answers {
    let mut line = Answers {
        target: target.clone(),
        path,
        answered: 0,
        refused: 0,
        closed: 0,
        silent: 0,
        unresolved: 0,
        untrusted: 0,
        since: None,
        told_after: None,
        waited: Micros::ZERO,
    };
    for probe in probes {
        let took = probe.at - probe.sent;
        match probe.saw {
            ProbeSaw::Answer { .. } => {
                line.answered += 1;
                continue;
            }
            ProbeSaw::Refused => line.refused += 1,
            ProbeSaw::Closed => line.closed += 1,
            ProbeSaw::Silence => line.silent += 1,
            ProbeSaw::Unresolved => line.unresolved += 1,
            ProbeSaw::Untrusted => line.untrusted += 1,
        }
        line.since = Some(line.since.map_or(probe.sent, |since| since.min(probe.sent)));
        if probe.saw == ProbeSaw::Silence {
            line.waited = line.waited.max(took);
        } else {
            line.told_after = Some(line.told_after.map_or(took, |most| most.max(took)));
        }
    }
    line
}
