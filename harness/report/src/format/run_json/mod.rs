//! `run.json`, schema `squall.run/1`: the judged run for programs.
//!
//! The fields are a promise to users; every one is written, null where there is no value. Drill time
//! is in milliseconds, ratios are 0–1.

mod fault;

pub use fault::{FaultJson, ProbesJson, WaitedJson};

use crate::differs;
use crate::repeated::{Repeated, Spread, repeated};
use crate::run::{DrillReport, RunInfo, RunReport};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use squall_model::about::Repeat;
use squall_model::calls::Calls;
use squall_model::judged::{Absent, Accounting, Finding, InTime, Judged, Spent, Unit};
use squall_model::plan::{Expected, PlannedObjective};
use squall_model::score::Score;
use squall_model::units::Micros;
use squall_model::verdict::Verdict;
use fault::{fault_json, waited_json};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Version of the format.
pub const SCHEMA: &str = "squall.run/1";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "squall.run/1")]
pub struct RunJson {
    pub schema: String,
    /// Version of squall.
    pub squall: String,
    /// RFC 3339, in UTC.
    pub started: String,
    pub engine: String,
    pub seed: u64,
    /// The worst drill, each counted after `met`.
    pub verdict: Verdict,
    pub met: bool,
    pub exit_code: u8,
    pub wall_ms: u64,
    /// The command line that was typed.
    pub command: Vec<String>,
    pub drills: Vec<DrillJson>,
    /// Scenarios that were played several times, added up; absent where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repeats: Vec<RepeatsJson>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DrillJson {
    pub feature: String,
    pub scenario: String,
    pub file: String,
    pub line: usize,
    pub stack: String,
    pub tags: Vec<String>,
    pub verdict: Verdict,
    pub expected: Expected,
    /// The verdict is the expected one.
    pub met: bool,
    /// Why, in one sentence.
    pub reason: String,
    /// The free text under `Feature:` and `Scenario:`, a paragraph each.
    #[serde(default)]
    pub description: Vec<String>,
    /// The command that plays the drill again.
    #[serde(default)]
    pub repeat: String,
    /// Which repeat of its scenario this is; absent where it was played once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repetition: Option<Repeat>,
    /// The drill's own seed.
    #[serde(default)]
    pub seed: u64,
    pub plan_hash: String,
    /// How long traffic was played: as planned, or until it was stopped.
    pub duration_ms: u64,
    /// When the drill was cut short of its planned end; null where it was played to it.
    #[serde(default)]
    pub stopped_ms: Option<u64>,
    pub phases: Vec<PhaseJson>,
    pub faults: Vec<FaultJson>,
    pub timeline: TimelineJson,
    pub accounting: Accounting,
    /// Of a drill of calls: how they and their verbs ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<Calls>,
    pub objectives: Vec<ObjectiveJson>,
    pub segments: Vec<SegmentJson>,
    /// Of messages scheduled while a fault was effective.
    pub during_faults: InTime,
    /// Settings in which the run's drills differ, as they are in this one.
    pub differs: BTreeMap<String, String>,
    /// Where messages waited since the first fault.
    pub waited: Vec<WaitedJson>,
    pub budget: BudgetJson,
    pub troubles: Vec<String>,
    pub score: Score,
}

/// All repeats of one scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RepeatsJson {
    pub scenario: String,
    pub file: String,
    pub line: usize,
    /// How many were asked for, and how many of them were met.
    pub of: u32,
    pub met: u64,
    pub objectives: Vec<SpreadJson>,
}

/// One objective over all repeats.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpreadJson {
    pub text: String,
    pub line: usize,
    pub unit: Unit,
    pub pass: u64,
    pub fail: u64,
    pub inconclusive: u64,
    /// The least and the most that was observed, in `unit`; null where nothing was, or it never came.
    pub least: Option<f64>,
    pub most: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PhaseJson {
    pub name: String,
    pub start_ms: u64,
    pub end_ms: u64,
}

/// The incident's moments; null where one never came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimelineJson {
    pub injected_ms: Option<u64>,
    pub effective_ms: Option<u64>,
    pub first_impact_ms: Option<u64>,
    pub last_impact_ms: Option<u64>,
    pub detected_ms: Option<u64>,
    pub failed_over: Vec<RouteJson>,
    pub healed_ms: Option<u64>,
    pub recovered_ms: Option<u64>,
    pub drained_ms: Option<u64>,
    pub backlog_peak: Option<u64>,
    pub backlog_peak_ms: Option<u64>,
    /// Why a moment above is null.
    #[serde(default)]
    pub absent: Vec<Absent>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RouteJson {
    pub to: String,
    pub at_ms: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectiveJson {
    pub text: String,
    pub line: usize,
    pub verdict: Verdict,
    /// In `unit`; null where nothing was observed or it never came: `reason` says which.
    pub observed: Option<f64>,
    /// The bounds that decided.
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub unit: Unit,
    pub reason: String,
    /// Message ids.
    pub evidence: Vec<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SegmentJson {
    pub name: String,
    pub carrier: String,
    /// Subscribers with a message scheduled while a fault was effective.
    pub reached_out: u64,
    /// Of those, with such a message past the deadline.
    pub affected: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BudgetJson {
    pub target: f64,
    pub bad: u64,
    pub allowed: f64,
    /// bad ÷ allowed.
    pub spent: f64,
    pub out_of_objective_ms: u64,
    /// Whole currency units; null where the drill states no price.
    pub cost: Option<u64>,
    /// At the stack's own target and at 99.9% and 99.95%, in order of the target.
    pub targets: Vec<Spent>,
}

/// The JSON Schema of `run.json`.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(RunJson).to_value()
}

pub fn write(run: &RunReport, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &run_json(run))?;
    out.write_all(b"\n")
}

fn run_json(run: &RunReport) -> RunJson {
    let RunReport { info, verdict, met, exit_code, drills } = run;
    let RunInfo { squall, engine, seed, started, wall_ms, command, undo_verified: _ } = info;
    RunJson {
        schema: SCHEMA.into(),
        squall: squall.clone(),
        started: started.clone(),
        engine: engine.clone(),
        seed: *seed,
        verdict: *verdict,
        met: *met,
        exit_code: *exit_code,
        wall_ms: *wall_ms,
        command: command.clone(),
        drills: drills.iter().map(|drill| drill_json(run, drill)).collect(),
        repeats: repeated(run).iter().map(repeats_json).collect(),
    }
}

fn repeats_json(one: &Repeated<'_>) -> RepeatsJson {
    let plan = one.drills[0].plan();
    let finite = |value: f64| Some(value).filter(|value| value.is_finite());
    let spread = |it: Spread<'_>| SpreadJson {
        text: it.text.to_owned(),
        line: it.line,
        unit: it.unit,
        pass: it.pass,
        fail: it.fail,
        inconclusive: it.inconclusive,
        least: it.range.and_then(|(least, _)| finite(least)),
        most: it.range.and_then(|(_, most)| finite(most)),
    };
    RepeatsJson {
        scenario: plan.scenario.clone(),
        file: plan.file.clone(),
        line: plan.line,
        of: one.of,
        met: one.met(),
        objectives: one.objectives().into_iter().map(spread).collect(),
    }
}

fn drill_json(run: &RunReport, drill: &DrillReport) -> DrillJson {
    let DrillReport { record, judged, whole: _, zoom: _, events: _, facts: _ } = drill;
    let plan = &record.plan;
    let Judged {
        verdict,
        met,
        reason,
        accounting,
        calls,
        faults,
        findings,
        phases,
        stopped,
        timeline: _,
        segments,
        during_faults,
        waited,
        budget,
        score,
        troubles,
    } = judged;
    let phase = |(name, span): &(String, squall_model::units::Span)| PhaseJson {
        name: name.clone(),
        start_ms: span.start.as_millis(),
        end_ms: span.end.as_millis(),
    };
    let segment = |hit: &squall_model::judged::SegmentHit| SegmentJson {
        name: hit.name.clone(),
        carrier: hit.carrier.clone(),
        reached_out: hit.reached_out,
        affected: hit.affected,
    };
    DrillJson {
        feature: plan.feature.clone(),
        scenario: plan.scenario.clone(),
        file: plan.file.clone(),
        line: plan.line,
        stack: plan.stack.label(),
        tags: plan.tags.clone(),
        verdict: *verdict,
        expected: plan.expected,
        met: *met,
        reason: reason.clone(),
        description: plan.about.description.clone(),
        repeat: crate::repeat::command(run, drill),
        repetition: plan.about.repeat,
        seed: plan.seed,
        plan_hash: record.header.plan_hash.clone(),
        duration_ms: drill.end().as_millis(),
        stopped_ms: stopped.map(Micros::as_millis),
        phases: phases.iter().map(phase).collect(),
        faults: faults.iter().map(fault_json).collect(),
        timeline: timeline_json(&judged.timeline),
        accounting: accounting.clone(),
        calls: calls.clone(),
        objectives: plan
            .objectives
            .iter()
            .zip(findings)
            .map(|(planned, finding)| objective_json(planned, finding))
            .collect(),
        segments: segments.iter().map(segment).collect(),
        during_faults: *during_faults,
        differs: differs::settings(run, drill),
        waited: waited.iter().map(waited_json).collect(),
        budget: BudgetJson {
            target: budget.own.target,
            bad: budget.bad,
            allowed: budget.own.allowed,
            spent: budget.own.spent,
            out_of_objective_ms: budget.out_of_objective.as_millis(),
            cost: budget.cost,
            targets: budget.targets(),
        },
        troubles: troubles.clone(),
        score: score.clone(),
    }
}

fn timeline_json(timeline: &squall_model::judged::Timeline) -> TimelineJson {
    let squall_model::judged::Timeline {
        injected,
        effective,
        impact,
        detected,
        failed_over,
        healed,
        recovered,
        drained,
        backlog_peak,
        absent,
    } = timeline;
    let ms = |at: &Option<Micros>| at.map(Micros::as_millis);
    let route =
        |(to, at): &(String, Micros)| RouteJson { to: to.clone(), at_ms: at.as_millis() };
    TimelineJson {
        injected_ms: ms(injected),
        effective_ms: ms(effective),
        first_impact_ms: impact.map(|span| span.start.as_millis()),
        last_impact_ms: impact.map(|span| span.end.as_millis()),
        detected_ms: ms(detected),
        failed_over: failed_over.iter().map(route).collect(),
        healed_ms: ms(healed),
        recovered_ms: ms(recovered),
        drained_ms: ms(drained),
        backlog_peak: backlog_peak.map(|(peak, _)| peak),
        backlog_peak_ms: backlog_peak.map(|(_, at)| at.as_millis()),
        absent: absent.clone(),
    }
}

fn objective_json(planned: &PlannedObjective, finding: &Finding) -> ObjectiveJson {
    let PlannedObjective { objective: _, phase: _, text, line } = planned;
    let Finding {
        verdict,
        observed,
        low,
        high,
        at_least: _,
        at_most: _,
        unit,
        reason,
        evidence,
    } = finding;
    // JSON has no infinity: never is null, and the reason says so.
    let finite = |value: &Option<f64>| value.filter(|value| value.is_finite());
    ObjectiveJson {
        text: text.clone(),
        line: *line,
        verdict: *verdict,
        observed: finite(observed),
        low: finite(low),
        high: finite(high),
        unit: *unit,
        reason: reason.clone(),
        evidence: evidence.clone(),
    }
}
