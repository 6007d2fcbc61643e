//! Failover: how soon another route carried what the one that was hit could not.

use super::{Drill, Measured, in_allowed_downtime, of_allowed};
use crate::judged::Moment;

pub(super) const FORMULA: &str = "100 × (1 − time from the fault's effect until another route carried \
    at least 95% of the affected share in time ÷ the downtime that the stack's SLO allows in its \
    period), not below 0; 0 where none took over.";

pub(super) fn measure(drill: &Drill<'_>) -> Measured {
    let case = drill.case;
    let first = drill.timeline.failed_over.iter().min_by_key(|(_, at)| *at);
    match (first, case.effective()) {
        (Some((to, at)), Some(effective)) => {
            let took = *at - effective.after;
            let why = format!("{to} took over after {}.", of_allowed(took, case.plan));
            Measured::exactly(in_allowed_downtime(took, case.plan), why)
        }
        _ => super::absent(drill, Moment::FailedOver),
    }
}
