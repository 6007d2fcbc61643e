//! Objectives on how long the damage lasts.

use super::Phrase;
use crate::drill::Drill;
use crate::params::Duration;
use cucumber::gherkin::Step;
use cucumber::then;
use squall_model::objective::recovers::RecoversFrom;
use squall_model::objective::{BacklogDrains, ImpactLasts, OverloadEnds, Recovers};
use squall_model::plan::PhaseName;

pub const PHRASES: &[Phrase] = &[
    Phrase::then(
        "delivery recovers within {duration}",
        "delivery recovers within 30 minutes",
        "of the last heal: back in the band of the baseline, and stays there",
    ),
    Phrase::then(
        "delivery recovers within {duration} of the start of the fault",
        "delivery recovers within 2 hours of the start of the fault",
        "the same, counted from the first fault",
    ),
    Phrase::then(
        "the backlog drains within {duration}",
        "the backlog drains within 30 minutes",
        "of the last heal",
    ),
    Phrase::then(
        "the impact lasts between {duration} and {duration}",
        "the impact lasts between 405 minutes and 435 minutes",
        "from the first to the last message that missed the SLO deadline",
    ),
    Phrase::then(
        "the overload ends within {duration} of its cause",
        "the overload ends within 1 minute of its cause",
        "at unchanged load as many messages arrive in time as before, to 5%: no retries feed it",
    ),
];

#[then(expr = "delivery recovers within {duration}")]
fn recovers(drill: &mut Drill, step: &Step, within: Duration) {
    drill.then(step, |draft| {
        let within = draft.duration(&within)?;
        draft.objective(Recovers { within, from: RecoversFrom::LastHeal }, PhaseName::Whole);
        Some(())
    });
}

#[then(expr = "delivery recovers within {duration} of the start of the fault")]
fn recovers_from_start(drill: &mut Drill, step: &Step, within: Duration) {
    drill.then(step, |draft| {
        let within = draft.duration(&within)?;
        draft.objective(Recovers { within, from: RecoversFrom::FaultStart }, PhaseName::Whole);
        Some(())
    });
}

#[then(expr = "the backlog drains within {duration}")]
fn backlog_drains(drill: &mut Drill, step: &Step, within: Duration) {
    drill.then(step, |draft| {
        let within = draft.duration(&within)?;
        draft.objective(BacklogDrains { within }, PhaseName::Whole);
        Some(())
    });
}

#[then(expr = "the impact lasts between {duration} and {duration}")]
fn impact_lasts(drill: &mut Drill, step: &Step, low: Duration, high: Duration) {
    drill.then(step, |draft| {
        let (least, most) = (draft.duration(&low), draft.duration(&high));
        let (least, most) = (least?, most?);
        if least >= most {
            draft.wrong(&high.0, format!("no length lies between {} and {}", low.0, high.0));
            return None;
        }
        draft.objective(ImpactLasts { low: least, high: most }, PhaseName::Whole);
        Some(())
    });
}

#[then(expr = "the overload ends within {duration} of its cause")]
fn overload_ends(drill: &mut Drill, step: &Step, within: Duration) {
    drill.then(step, |draft| {
        let within = draft.duration(&within)?;
        draft.objective(OverloadEnds { within }, PhaseName::Whole);
        Some(())
    });
}
