//! Objectives on what an operator notices and what the month can bear.

use super::Phrase;
use crate::drill::Drill;
use crate::openslo;
use crate::params::{Duration, Percent, Quoted};
use crate::words;
use cucumber::gherkin::Step;
use cucumber::then;
use squall_model::objective::{BudgetSpent, Detected};
use squall_model::plan::PhaseName;

pub const PHRASES: &[Phrase] = &[
    Phrase::then(
        "the outage is detected within {duration}",
        "the outage is detected within 5 minutes",
        "a burn-rate alert on the stack's SLO fires, from what the sender can know",
    ),
    Phrase::then(
        "at most {percent} of the monthly error budget of {percent} is spent",
        "at most 10% of the monthly error budget of 99.9% is spent",
        "bad messages against what the period at the scheduled rate may have",
    ),
    Phrase::then(
        "the objectives in \"slo.yaml\" are met",
        "the objectives in \"slo.yaml\" are met",
        "an OpenSLO v1 file in the stack's folder; each target holds over the drill",
    ),
];

#[then(expr = "the outage is detected within {duration}")]
fn detected(drill: &mut Drill, step: &Step, within: Duration) {
    drill.then(step, |draft| {
        let within = draft.duration(&within)?;
        draft.objective(Detected { within }, PhaseName::Whole);
        Some(())
    });
}

#[then(expr = "at most {percent} of the monthly error budget of {percent} is spent")]
fn budget_spent(drill: &mut Drill, step: &Step, at_most: Percent, target: Percent) {
    drill.then(step, |draft| {
        let limit = draft.read(&at_most.0, words::percent(&at_most.0));
        let promised = draft.share(&target)?;
        if promised >= 1.0 {
            draft.wrong(&target.0, "a promise of 100% leaves no budget to spend");
            return None;
        }
        if promised == 0.0 {
            draft.wrong(&target.0, "nothing can break a promise of 0%");
            return None;
        }
        draft.objective(BudgetSpent { at_most: limit?, target: promised }, PhaseName::Whole);
        Some(())
    });
}

#[then(expr = "the objectives in {name} are met")]
fn objectives_in(drill: &mut Drill, step: &Step, file: Quoted) {
    drill.then(step, |draft| {
        let source = draft.beside_the_stack(&file)?;
        match openslo::read(&source) {
            Ok(slos) => {
                for slo in slos {
                    let text = format!("{} of {file}: {}", slo.name, slo.words, file = file.0);
                    draft.objective_called(text, slo.objective, PhaseName::Whole);
                }
            }
            Err(mistakes) => draft.mistakes.extend(mistakes),
        }
        Some(())
    });
}
