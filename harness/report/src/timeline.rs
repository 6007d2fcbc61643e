//! The incident as one would put it in a reason-for-outage: each moment with its place and source.
//!
//! A moment that never came has a word instead of an instant: `never` where it was called for,
//! `not needed` where nothing called for it, `not played` where the drill has no fault.

use crate::evidence::Evidence;
use crate::run::DrillReport;
use crate::words;
use squall_model::units::Micros;

/// One moment of the incident.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// Short name, for the rail above the chart.
    pub name: String,
    pub when: When,
    /// A sentence for the table.
    pub text: String,
    pub evidence: Evidence,
    /// An edge of a fault window.
    pub edge: bool,
    pub bad: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    At(Micros),
    Never,
    NotNeeded,
    NotPlayed,
}

impl When {
    pub fn at(self) -> Option<Micros> {
        match self {
            When::At(at) => Some(at),
            When::Never | When::NotNeeded | When::NotPlayed => None,
        }
    }

    /// The word for an instant that is missing.
    pub fn absent(self) -> &'static str {
        match self {
            When::At(_) => "",
            When::Never => "never",
            When::NotNeeded => "not needed",
            When::NotPlayed => "not played",
        }
    }
}

/// An instant, or the word for its absence: nothing calls for it without a fault or an impact.
fn or_absent(drill: &DrillReport, at: Option<Micros>) -> When {
    match at {
        Some(at) => When::At(at),
        None if drill.record.plan.faults.is_empty() => When::NotPlayed,
        None if drill.judged.timeline.impact.is_none() => When::NotNeeded,
        None => When::Never,
    }
}

pub fn failed_over(drill: &DrillReport) -> When {
    or_absent(drill, drill.judged.timeline.failed_over.first().map(|(_, at)| *at))
}

pub fn recovered(drill: &DrillReport) -> When {
    or_absent(drill, drill.judged.timeline.recovered)
}

/// Where `since` counts from: the first fault was effective, or at least injected.
pub fn zero(drill: &DrillReport) -> Option<Micros> {
    drill.judged.timeline.effective.or(drill.judged.timeline.injected)
}

/// The moments for the rail: what came of the fault, in the order of a reason-for-outage.
pub fn consequences(drill: &DrillReport) -> Vec<Moment> {
    let line = &drill.judged.timeline;
    let deadline = drill.record.plan.stack.slo.deadline;
    let mut moments = vec![
        moment(
            "first impact",
            or_absent_impact(drill),
            format!("First impact: the first message that missed its deadline of {deadline} was due."),
            Evidence::Deliveries,
        ),
        moment(
            "detected",
            or_absent(drill, line.detected),
            "Detected: a burn-rate alert on the stack's objective fired, by what the sender could tell.".into(),
            Evidence::Sender,
        ),
    ];
    for (route, at) in &line.failed_over {
        moments.push(moment(
            &format!("failed over to {route}"),
            When::At(*at),
            format!("Failed over to {route}: at least 95 % of what was scheduled for the affected route arrived in time by it, and went on to."),
            Evidence::Deliveries,
        ));
    }
    if line.failed_over.is_empty() {
        let text = "Failed over: no other route took the messages over.".into();
        moments.push(moment("failed over", failed_over(drill), text, Evidence::Deliveries));
    }
    moments.push(moment(
        "recovered",
        recovered(drill),
        "Recovered: the first of the windows in a row inside the band of the steady state.".into(),
        Evidence::Deliveries,
    ));
    moments.push(moment(
        "drained",
        or_absent(drill, line.drained),
        "Drained: the last message that had waited was done with.".into(),
        Evidence::Ledger,
    ));
    moments
}

fn or_absent_impact(drill: &DrillReport) -> When {
    match (drill.judged.timeline.impact, drill.record.plan.faults.is_empty()) {
        (Some(impact), _) => When::At(impact.start),
        (None, true) => When::NotPlayed,
        (None, false) => When::Never,
    }
}

fn moment(name: &str, when: When, text: String, evidence: Evidence) -> Moment {
    let text = match when {
        When::At(_) => text,
        absent => {
            let topic = text.split(':').next().unwrap_or(name).to_owned();
            format!("{topic}: {}.", absent.absent())
        }
    };
    Moment { name: name.to_owned(), when, text, evidence, edge: false, bad: false }
}

/// Every moment of the table, in order of time; those that never came stand last.
pub fn moments(drill: &DrillReport) -> Vec<Moment> {
    let mut all = edges(drill);
    all.extend(consequences(drill));
    let line = &drill.judged.timeline;
    if let Some((peak, at)) = line.backlog_peak.filter(|(peak, _)| *peak > 0) {
        let text =
            format!("Largest backlog: {}.", words::plural(peak, "message waits", "messages wait"));
        all.push(moment("largest backlog", When::At(at), text, Evidence::Health));
    }
    if let Some(impact) = line.impact {
        let text = "Last impact: the last message that missed its deadline was due.".into();
        all.push(moment("last impact", When::At(impact.end), text, Evidence::Deliveries));
    }
    for change in &drill.record.plan.changes {
        let text = format!("Changed: {}.", change.text);
        all.push(moment("change", When::At(change.at), text, Evidence::Plan));
    }
    for event in &drill.events {
        let mut it = moment("event", When::At(event.at), event.text.clone(), Evidence::Faults);
        it.bad = event.bad;
        all.push(it);
    }
    // A stable sort: moments of one instant keep the order of a reason-for-outage.
    all.sort_by_key(|moment| moment.when.at().unwrap_or(Micros::MAX));
    all
}

fn edges(drill: &DrillReport) -> Vec<Moment> {
    let mut edges = Vec::new();
    for (planned, seen) in drill.record.plan.faults.iter().zip(&drill.judged.faults) {
        let mut edge = |name: &str, when, text| {
            let mut it = moment(name, when, text, Evidence::Faults);
            it.edge = true;
            edges.push(it);
        };
        edge(
            "injected",
            When::At(seen.requested.start),
            format!("Fault injected: {}.", planned.text),
        );
        let effective = seen.effective.map_or(When::Never, |bracket| When::At(bracket.by));
        let proof = if seen.proven { "proven" } else { "not proven" };
        let how = seen.reason.trim_end_matches('.');
        edge("effective", effective, format!("Fault effective ({proof}): {how}."));
        let healed = seen.healed.map_or(When::Never, |bracket| When::At(bracket.by));
        edge("healed", healed, format!("Healed: {} is back.", seen.target));
    }
    edges
}
