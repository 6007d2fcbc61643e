//! The incident as one would put it in a reason-for-outage: each moment with its place and source.
//!
//! A moment without an instant has the judge's word for it: `never`, `not needed`, `not visible`,
//! `not played`.

use crate::evidence::Evidence;
use crate::run::DrillReport;
use crate::words;
use squall_model::judged::{Absence, Absent, Moment as Of};
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
    Absent(Absence),
}

impl When {
    pub fn at(self) -> Option<Micros> {
        match self {
            When::At(at) => Some(at),
            When::Absent(_) => None,
        }
    }

    /// The word for an instant that is missing.
    pub fn absent(self) -> &'static str {
        match self {
            When::At(_) => "",
            When::Absent(Absence::Never) => "never",
            When::Absent(Absence::NotNeeded) => "not needed",
            When::Absent(Absence::NotVisible) => "not visible",
            When::Absent(Absence::NotPlayed) => "not played",
        }
    }
}

fn absence(drill: &DrillReport, moment: Of) -> Option<&Absent> {
    drill.judged.timeline.absent.iter().find(|absent| absent.moment == moment)
}

/// An instant, or the judge's word for its absence.
fn or_absent(drill: &DrillReport, at: Option<Micros>, moment: Of) -> When {
    let word = || absence(drill, moment).map_or(Absence::Never, |absent| absent.word);
    at.map_or_else(|| When::Absent(word()), When::At)
}

pub fn detected(drill: &DrillReport) -> When {
    or_absent(drill, drill.judged.timeline.detected, Of::Detected)
}

pub fn failed_over(drill: &DrillReport) -> When {
    let first = drill.judged.timeline.failed_over.first().map(|(_, at)| *at);
    or_absent(drill, first, Of::FailedOver)
}

pub fn recovered(drill: &DrillReport) -> When {
    or_absent(drill, drill.judged.timeline.recovered, Of::Recovered)
}

/// Time since the first fault was effective, or the word for what never came.
pub fn after(drill: &DrillReport, when: When) -> String {
    match (when.at(), zero(drill)) {
        (Some(at), Some(zero)) if at <= zero => "at once".into(),
        (Some(at), Some(zero)) => (at - zero).to_string(),
        (Some(at), None) => at.to_string(),
        (None, _) => when.absent().into(),
    }
}

/// Where `since` counts from: the first fault was effective, or at least injected.
pub fn zero(drill: &DrillReport) -> Option<Micros> {
    drill.judged.timeline.effective.or(drill.judged.timeline.injected)
}

/// The moments for the rail: what came of the fault, in the order of a reason-for-outage.
pub fn consequences(drill: &DrillReport) -> Vec<Moment> {
    let line = &drill.judged.timeline;
    let deadline = drill.record.plan.stack.slo.deadline;
    let first = format!("the first message that missed its deadline of {deadline} was due.");
    let mut moments = vec![
        moment("first impact", first_impact(drill), &first, Evidence::Deliveries),
        expected(
            drill,
            (Of::Detected, "detected"),
            line.detected,
            "a burn-rate alert on the stack's objective fired, by what the sender could tell.",
            Evidence::Sender,
        ),
    ];
    for (route, at) in &line.failed_over {
        let text = "at least 95 % of what was scheduled for the affected route arrived in time by it, and went on to.";
        let name = format!("failed over to {route}");
        moments.push(moment(&name, When::At(*at), text, Evidence::Deliveries));
    }
    if line.failed_over.is_empty() {
        let name = (Of::FailedOver, "failed over");
        moments.push(expected(drill, name, None, "", Evidence::Deliveries));
    }
    moments.push(expected(
        drill,
        (Of::Recovered, "recovered"),
        line.recovered,
        "the first of the windows in a row inside the band of the steady state.",
        Evidence::Deliveries,
    ));
    moments.push(expected(
        drill,
        (Of::Drained, "drained"),
        line.drained,
        "the last message that had waited was done with.",
        Evidence::Ledger,
    ));
    moments
}

fn first_impact(drill: &DrillReport) -> When {
    match (drill.judged.timeline.impact, drill.record.plan.faults.is_empty()) {
        (Some(impact), _) => When::At(impact.start),
        (None, true) => When::Absent(Absence::NotPlayed),
        (None, false) => When::Absent(Absence::Never),
    }
}

/// A moment that the judge watched for, with its reason where it has no instant.
fn expected(
    drill: &DrillReport,
    (of, name): (Of, &str),
    at: Option<Micros>,
    text: &str,
    evidence: Evidence,
) -> Moment {
    let mut it = moment(name, or_absent(drill, at, of), text, evidence);
    if let (None, Some(absent)) = (at, absence(drill, of)) {
        it.text = format!("{} {}", it.text, absent.why);
    }
    it
}

/// `First impact: …`, or `First impact: never.`
fn moment(name: &str, when: When, text: &str, evidence: Evidence) -> Moment {
    let said = match when {
        When::At(_) => text.to_owned(),
        absent => format!("{}.", absent.absent()),
    };
    let text = format!("{}: {said}", capital(name));
    Moment { name: name.to_owned(), when, text, evidence, edge: false, bad: false }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Every moment of the table, in order of time; those that never came stand last.
pub fn moments(drill: &DrillReport) -> Vec<Moment> {
    let mut all = edges(drill);
    all.extend(consequences(drill));
    let line = &drill.judged.timeline;
    if let Some((peak, at)) = line.backlog_peak.filter(|(peak, _)| *peak > 0) {
        let text = words::plural(peak, "message waits.", "messages wait.");
        all.push(moment("largest backlog", When::At(at), &text, Evidence::Health));
    }
    if let Some(impact) = line.impact {
        let text = "the last message that missed its deadline was due.";
        all.push(moment("last impact", When::At(impact.end), text, Evidence::Deliveries));
    }
    for change in &drill.record.plan.changes {
        let text = format!("{}.", change.text);
        all.push(moment("changed", When::At(change.at), &text, Evidence::Plan));
    }
    for event in &drill.events {
        let mut it = moment("event", When::At(event.at), "", Evidence::Faults);
        (it.text, it.bad) = (event.text.clone(), event.bad);
        all.push(it);
    }
    let item = drill.record.plan.traffic.item;
    all.iter_mut().for_each(|moment| moment.text = item.says(&moment.text));
    // A stable sort: moments of one instant keep the order of a reason-for-outage.
    all.sort_by_key(|moment| moment.when.at().unwrap_or(Micros::MAX));
    all
}

fn edges(drill: &DrillReport) -> Vec<Moment> {
    let mut edges = Vec::new();
    for (planned, seen) in drill.record.plan.faults.iter().zip(&drill.judged.faults) {
        let mut edge = |name: &str, at: Option<Micros>, text: &str| {
            let when = at.map_or(When::Absent(Absence::Never), When::At);
            let mut it = moment(name, when, text, Evidence::Faults);
            it.edge = true;
            edges.push(it);
        };
        let proof = if seen.proven { "proven" } else { "not proven" };
        let how = seen.reason.trim_start_matches("Seen: ").trim_end_matches('.');
        edge("fault injected", Some(seen.requested.start), &format!("{}.", planned.text));
        let effective = seen.effective.map(|bracket| bracket.by);
        edge(&format!("fault effective ({proof})"), effective, &format!("{how}."));
        edge("healed", seen.healed.map(|bracket| bracket.by), &format!("{} is back.", seen.target));
    }
    edges
}
