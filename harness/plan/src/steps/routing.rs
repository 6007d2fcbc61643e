//! Objectives on the way traffic takes: over to another route, back, and not to and fro.

use super::Phrase;
use crate::drill::Drill;
use crate::params::{Duration, Number, Quoted};
use cucumber::gherkin::Step;
use cucumber::then;
use squall_model::objective::{FailsOver, Returns, RouteChanges};
use squall_model::plan::PhaseName;

pub const PHRASES: &[Phrase] = &[
    Phrase::then(
        "traffic fails over to \"vendor-b\" within {duration}",
        "traffic fails over to \"vendor-b\" within 10 seconds",
        "a vendor, carrier or region; until 95% of the affected messages arrive in time and stay so",
    ),
    Phrase::then(
        "traffic returns to \"vendor-a\" within {duration}",
        "traffic returns to \"vendor-a\" within 5 minutes",
        "of the last heal",
    ),
    Phrase::then(
        "traffic changes route at most {number} times",
        "traffic changes route at most 2 times",
        "it does not flap",
    ),
];

#[then(expr = "traffic fails over to {name} within {duration}")]
fn fails_over(drill: &mut Drill, step: &Step, to: Quoted, within: Duration) {
    drill.then(step, |draft| {
        let (to, within) = (draft.route(&to), draft.duration(&within));
        draft.objective(FailsOver { to: to?, within: within? }, PhaseName::Whole);
        Some(())
    });
}

#[then(expr = "traffic returns to {name} within {duration}")]
fn returns(drill: &mut Drill, step: &Step, to: Quoted, within: Duration) {
    drill.then(step, |draft| {
        let (to, within) = (draft.route(&to), draft.duration(&within));
        draft.objective(Returns { to: to?, within: within? }, PhaseName::Whole);
        Some(())
    });
}

#[then(expr = "traffic changes route at most {number} times")]
fn route_changes(drill: &mut Drill, step: &Step, times: Number) {
    drill.then(step, |draft| {
        let Ok(at_most) = u32::try_from(draft.whole(&times)?) else {
            draft.wrong(&times.0, "that is no limit at all");
            return None;
        };
        draft.objective(RouteChanges { at_most }, PhaseName::Whole);
        Some(())
    });
}
