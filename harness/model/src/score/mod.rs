//! The resilience score: six dimensions, each measured from the record by a formula that the report
//! prints, or a hole that says why.
//!
//! What is not known counts as nothing: the score shown is the lower end of an interval in which every
//! hole is 0, its upper end has them at 100. So missing data never raises it. It is no verdict, and no
//! verdict looks at it. A new dimension is one file here and its line in the table below.

mod holes;
#[cfg(test)]
mod tests;

use crate::case::Case;
use crate::judged::{Absence, Finding, Moment, Timeline};
use crate::plan::{Plan, PlannedObjective};
use crate::units::Micros;
use crate::verdict::Verdict;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! dimensions {
    ($($module:ident :: $kind:ident),* $(,)?) => {
        $(mod $module;)*

        /// What a resilient stack is good at.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
        )]
        #[serde(rename_all = "snake_case")]
        pub enum Dimension { $($kind),* }

        impl Dimension {
            pub const ALL: &'static [Dimension] = &[$(Dimension::$kind),*];

            pub fn word(self) -> &'static str {
                match self { $(Dimension::$kind => stringify!($module)),* }
            }

            /// How its points are made, in one sentence.
            pub fn formula(self) -> &'static str {
                match self { $(Dimension::$kind => $module::FORMULA),* }
            }

            fn measure(self, drill: &Drill<'_>) -> Measured {
                match self { $(Dimension::$kind => $module::measure(drill)),* }
            }
        }
    };
}

dimensions! {
    delivery::Delivery,
    correctness::Correctness,
    detection::Detection,
    failover::Failover,
    recovery::Recovery,
    containment::Containment,
}

/// How the dimensions become one figure, in words.
pub const FORMULA: &str = "Mean over the dimensions that the drill called for, with every hole as 0 \
    points; the upper end of the range has the holes at 100. Coverage is the part of it that the \
    record decides. An objective that is inconclusive is a hole of its dimension, where the drill called \
    for that: it takes away as \
    large a part of its points as it is of the dimension's objectives, and never adds any.";

/// The score of one drill. Points are 0–100, coverage is 0–1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Score {
    /// Objectives that pass, fail, and are not decided.
    pub passed: u64,
    pub failed: u64,
    pub undecided: u64,
    /// The score: `low`; null where the drill called for no dimension.
    pub value: Option<f64>,
    /// Every hole at 0 points, and every hole at 100.
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// How much of what the drill called for was measured.
    pub coverage: f64,
    /// Dimensions that the drill called for.
    pub applicable: u64,
    pub formula: String,
    /// One of each, in the order of the table.
    pub dimensions: Vec<Scored>,
}

/// One dimension of one drill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scored {
    pub name: Dimension,
    pub state: State,
    /// What counts towards the score; null where nothing was called for.
    pub points: Option<f64>,
    /// The most it could be, were everything that is not known at its best.
    pub most: Option<f64>,
    /// Part of it that the record decides, 0–1; 0 where nothing was called for.
    pub coverage: f64,
    /// Objectives of the drill that belong to it, and how many of them were decided.
    pub objectives: u64,
    pub decided: u64,
    /// What was measured, or why it was not.
    pub reason: String,
    pub formula: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Measured,
    /// Called for, and not known: it counts as 0 points.
    Hole,
    /// Nothing called for it: it counts for nobody.
    NotApplicable,
}

/// What a dimension may look at.
struct Drill<'a> {
    case: &'a Case<'a>,
    timeline: &'a Timeline,
}

/// What a dimension comes to, before its objectives are asked.
enum Measured {
    /// From `low` to `high`: they differ by what the record does not decide.
    Points {
        low: f64,
        high: f64,
        why: String,
    },
    Hole(String),
    NotApplicable(String),
}

impl Measured {
    fn exactly(points: f64, why: String) -> Measured {
        Measured::Points { low: points, high: points, why }
    }
}

/// The score of a case. `doubt` is what puts the whole drill in question, as a sentence.
pub(crate) fn score(
    case: &Case<'_>,
    timeline: &Timeline,
    findings: &[Finding],
    doubt: Option<String>,
) -> Score {
    let drill = Drill { case, timeline };
    let own = |dimension: Dimension| {
        let measured = match &doubt {
            Some(doubt) => Measured::Hole(doubt.clone()),
            None => dimension.measure(&drill),
        };
        holes::scored(dimension, measured, &case.plan.objectives, findings)
    };
    added_up(Dimension::ALL.iter().copied().map(own).collect(), findings)
}

fn added_up(dimensions: Vec<Scored>, findings: &[Finding]) -> Score {
    let asked: Vec<&Scored> =
        dimensions.iter().filter(|it| it.state != State::NotApplicable).collect();
    let mean = |of: &dyn Fn(&Scored) -> f64| {
        (!asked.is_empty()).then(|| asked.iter().map(|it| of(it)).sum::<f64>() / asked.len() as f64)
    };
    let verdicts = |wanted| findings.iter().filter(|it| it.verdict == wanted).count() as u64;
    let low = mean(&|it| it.points.unwrap_or(0.0));
    Score {
        passed: verdicts(Verdict::Pass),
        failed: verdicts(Verdict::Fail),
        undecided: verdicts(Verdict::Inconclusive),
        value: low,
        low,
        high: mean(&|it| it.most.unwrap_or(0.0)),
        coverage: mean(&|it| it.coverage).unwrap_or(0.0),
        applicable: asked.len() as u64,
        formula: FORMULA.into(),
        dimensions,
    }
}

/// Points for a time: all of them at once, none once it has used up the downtime that the stack's SLO
/// allows in its period.
fn in_allowed_downtime(took: Micros, plan: &Plan) -> f64 {
    let allowed = allowed_downtime(plan);
    if allowed <= 0.0 { 0.0 } else { (100.0 * (1.0 - took.as_secs_f64() / allowed)).max(0.0) }
}

/// Seconds: (1 − target) × period.
fn allowed_downtime(plan: &Plan) -> f64 {
    (1.0 - plan.stack.slo.target) * plan.stack.slo.period.as_secs_f64()
}

/// `12.3 s of the 43 min 12 s that the stack's SLO allows`, for the reason of a time.
fn of_allowed(took: Micros, plan: &Plan) -> String {
    let allowed = Micros::from_secs_f64(allowed_downtime(plan));
    format!("{took} of the {allowed} of downtime that the stack's SLO allows")
}

/// A moment of the incident that has no instant, in the words of the timeline.
fn absent(drill: &Drill<'_>, moment: Moment) -> Measured {
    let absent = drill.timeline.absent.iter().find(|absent| absent.moment == moment);
    let Some(absent) = absent else { return Measured::Hole("Its instant was not seen.".into()) };
    let why = absent.why.clone();
    match absent.word {
        Absence::Never => Measured::exactly(0.0, why),
        Absence::NotNeeded | Absence::NotPlayed => Measured::NotApplicable(why),
        Absence::NotVisible => Measured::Hole(why),
    }
}

/// Objectives of one dimension with their findings.
fn belonging<'a>(
    dimension: Dimension,
    objectives: &'a [PlannedObjective],
    findings: &'a [Finding],
) -> impl Iterator<Item = &'a Finding> {
    let pairs = objectives.iter().zip(findings);
    pairs.filter(move |(planned, _)| planned.objective.dimension() == dimension).map(|(_, it)| it)
}
