//! Detection: how soon an operator could know.

use super::{Drill, Measured, in_allowed_downtime, of_allowed};
use crate::judged::Moment;

pub(super) const FORMULA: &str = "100 × (1 − time from the fault's effect to the first burn-rate alert \
    ÷ the downtime that the stack's SLO allows in its period), not below 0; 0 where none fired.";

pub(super) fn measure(drill: &Drill<'_>) -> Measured {
    let case = drill.case;
    let missing = case.ledger.accounting.missing_receipts;
    if missing > 0 && !case.plan.faults.is_empty() {
        // A receipt that is missing looks like a message that is: the alert may be about nothing.
        return Measured::Hole(
            "Outcomes have no receipt, so the record does not tell what the sender knew.".into(),
        );
    }
    match (drill.timeline.detected, case.effective()) {
        (Some(at), Some(effective)) => {
            let took = at - effective.after;
            let why = format!("An alert fired after {}.", of_allowed(took, case.plan));
            Measured::exactly(in_allowed_downtime(took, case.plan), why)
        }
        _ => super::absent(drill, Moment::Detected),
    }
}
