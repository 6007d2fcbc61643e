//! The plan's acts in the order of their instants. Pure: it pulls nothing.

use squall_model::plan::Plan;
use squall_model::units::Micros;

/// Something to do at an instant of drill time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Act {
    /// Index into `plan.faults`. Heals come before injections of the same instant, so that a fault
    /// that follows another on the same link finds it gone.
    Heal(usize),
    /// Index into `plan.changes`.
    Change(usize),
    EndWarmUp,
    Inject(usize),
}

/// Every act up to the plan's end, in order. A fault that outlasts the drill heals at its end.
pub(crate) fn acts(plan: &Plan) -> Vec<(Micros, Act)> {
    let mut acts = vec![(plan.warm_up.min(plan.end), Act::EndWarmUp)];
    for (index, fault) in plan.faults.iter().enumerate() {
        if fault.window.start < plan.end {
            acts.push((fault.window.start, Act::Inject(index)));
            let end = fault.window.end.min(plan.end).max(fault.window.start);
            // A fault without length (a restart) still injects first.
            let end = if end == fault.window.start { Micros(end.0 + 1) } else { end };
            acts.push((end, Act::Heal(index)));
        }
    }
    for (index, change) in plan.changes.iter().enumerate() {
        if change.at < plan.end {
            acts.push((change.at, Act::Change(index)));
        }
    }
    acts.sort();
    acts
}
