//! What every drill is compared by, whatever its objectives: one line a measure.

use super::{gap, word};
use crate::failover;
use crate::judged::{Absence, Judged, Moment, Unit};
use crate::objective::Objective;
use crate::plan::Plan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    Lower,
    Higher,
    /// Neither is said to be.
    Unsaid,
}

/// A measure of one play.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Seen {
    /// Infinite where it never came.
    Value(f64),
    /// Nothing to see, and the word for why.
    Absent(&'static str),
}

pub struct Measure {
    pub name: &'static str,
    pub unit: Unit,
    pub better: Better,
    pub of: fn(&Plan, &Judged) -> Seen,
}

/// In the order of a reader's questions.
pub const MEASURES: &[Measure] = &[
    Measure { name: "lost", unit: Unit::Count, better: Better::Lower, of: lost },
    Measure { name: "duplicated", unit: Unit::Count, better: Better::Lower, of: duplicated },
    Measure { name: "in time", unit: Unit::Ratio, better: Better::Higher, of: in_time },
    Measure { name: "failover", unit: Unit::Ms, better: Better::Lower, of: failover },
    Measure { name: "recovery", unit: Unit::Ms, better: Better::Lower, of: recovery },
    Measure { name: "receipts missing", unit: Unit::Count, better: Better::Lower, of: mute },
    Measure { name: "receipts false", unit: Unit::Count, better: Better::Lower, of: false_ones },
];

/// What nobody can account for may be lost, or not.
fn lost(_: &Plan, judged: &Judged) -> Seen {
    match judged.accounting.undecided {
        0 => Seen::Value(judged.accounting.lost as f64),
        _ => Seen::Absent(word(Absence::NotVisible)),
    }
}

fn duplicated(_: &Plan, judged: &Judged) -> Seen {
    Seen::Value(judged.accounting.duplicated as f64)
}

/// Of all that was attempted, what arrived within the stack's deadline.
fn in_time(_: &Plan, judged: &Judged) -> Seen {
    match judged.accounting.attempted {
        0 => Seen::Absent("none sent"),
        all => Seen::Value(judged.accounting.delivered as f64 / all as f64),
    }
}

/// From the first effect until another route had taken over.
fn failover(plan: &Plan, judged: &Judged) -> Seen {
    let hit = failover::hit_by(plan, |_| true).carriers;
    if plan.stack.carriers.iter().all(|carrier| hit.contains(&carrier.name)) {
        return Seen::Absent("no other way");
    }
    let over = judged.timeline.failed_over.iter().map(|(_, at)| *at).min();
    // Where the drill asks for one, its own finding is the figure: the page says one thing.
    let asked =
        plan.objectives.iter().position(|it| matches!(it.objective, Objective::FailsOver(_)));
    if let Some(finding) = asked.and_then(|at| judged.findings.get(at)) {
        return finding.observed.map_or(Seen::Absent("undecided"), Seen::Value);
    }
    match (judged.timeline.effective, over) {
        (Some(effective), Some(over)) => Seen::Value(gap(effective, over)),
        // That nothing moved is no fault of a stack where nothing had to.
        _ => Seen::Absent("not asked for"),
    }
}

/// From the last heal until delivery was back to normal.
fn recovery(_: &Plan, judged: &Judged) -> Seen {
    match (judged.timeline.healed, judged.timeline.recovered) {
        (Some(healed), Some(recovered)) => Seen::Value(gap(healed, recovered)),
        _ => absent(judged, Moment::Recovered),
    }
}

fn absent(judged: &Judged, moment: Moment) -> Seen {
    let absent = judged.timeline.absent.iter().find(|absent| absent.moment == moment);
    match absent.map(|absent| absent.word) {
        Some(Absence::Never) => Seen::Value(f64::INFINITY),
        Some(other) => Seen::Absent(word(other)),
        None => Seen::Absent(word(Absence::NotPlayed)),
    }
}

fn mute(_: &Plan, judged: &Judged) -> Seen {
    Seen::Value(judged.accounting.missing_receipts as f64)
}

fn false_ones(_: &Plan, judged: &Judged) -> Seen {
    Seen::Value(judged.accounting.false_receipts as f64)
}
