//! Objectives that one message can breach: nothing lost, doubled, false, out of order or out of date.

use super::Phrase;
use crate::drill::Drill;
use cucumber::gherkin::Step;
use cucumber::then;
use squall_model::objective::{
    EveryOutcomeHasReceipt, HealthIsHonest, InOrder, NoDuplicates, NoFalseReceipts, NoLoss,
    NothingAfterValidity, Objective,
};
use squall_model::plan::PhaseName;

pub const PHRASES: &[Phrase] = &[
    Phrase::then(
        "no accepted message is lost",
        "no accepted message is lost",
        "each is delivered, reported as failed or expired, or still named by a queue",
    ),
    Phrase::then(
        "no message is delivered more than once",
        "no message is delivered more than once",
        "by the carriers' own logs",
    ),
    Phrase::then(
        "no receipt is false",
        "no receipt is false",
        "none claims a delivery that no carrier saw",
    ),
    Phrase::then(
        "every final outcome has a receipt",
        "every final outcome has a receipt",
        "the sender was told of each delivery and each failure",
    ),
    Phrase::then(
        "messages to one subscriber arrive in order",
        "messages to one subscriber arrive in order",
        "as scheduled",
    ),
    Phrase::then(
        "nothing is delivered after its validity",
        "nothing is delivered after its validity",
        "needs `messages are valid for …`",
    ),
    Phrase::then(
        "no node reports healthy while its backlog is stuck",
        "no node reports healthy while its backlog is stuck",
        "health endpoints tell the truth. Stuck: over three answers in a row nothing left the backlog, and its oldest message, waiting longer than the stack's SLO deadline, aged as fast as the clock",
    ),
];

fn plain(drill: &mut Drill, step: &Step, objective: impl Into<Objective>) {
    drill.then(step, |draft| {
        draft.objective(objective, PhaseName::Whole);
        Some(())
    });
}

#[then("no accepted message is lost")]
fn no_loss(drill: &mut Drill, step: &Step) {
    plain(drill, step, NoLoss {});
}

#[then("no message is delivered more than once")]
fn no_duplicates(drill: &mut Drill, step: &Step) {
    plain(drill, step, NoDuplicates {});
}

#[then("no receipt is false")]
fn no_false_receipts(drill: &mut Drill, step: &Step) {
    plain(drill, step, NoFalseReceipts {});
}

#[then("every final outcome has a receipt")]
fn every_outcome_has_receipt(drill: &mut Drill, step: &Step) {
    plain(drill, step, EveryOutcomeHasReceipt {});
}

#[then("messages to one subscriber arrive in order")]
fn in_order(drill: &mut Drill, step: &Step) {
    plain(drill, step, InOrder {});
}

#[then("nothing is delivered after its validity")]
fn nothing_after_validity(drill: &mut Drill, step: &Step) {
    plain(drill, step, NothingAfterValidity {});
}

#[then("no node reports healthy while its backlog is stuck")]
fn health_is_honest(drill: &mut Drill, step: &Step) {
    plain(drill, step, HealthIsHonest {});
}
