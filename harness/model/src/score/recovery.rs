//! Recovery: how long delivery was out of its steady state.

use super::{Drill, Measured, in_allowed_downtime, of_allowed};
use crate::judged::Moment;

pub(super) const FORMULA: &str = "100 × (1 − time from the fault's effect until delivery was back in \
    its steady state to stay ÷ the downtime that the stack's SLO allows in its period), not below 0; \
    0 where it did not come back.";

pub(super) fn measure(drill: &Drill<'_>) -> Measured {
    let case = drill.case;
    match (drill.timeline.recovered, case.effective()) {
        (Some(at), Some(effective)) => {
            let took = at - effective.after;
            let why = format!("Delivery was steady again after {}.", of_allowed(took, case.plan));
            Measured::exactly(in_allowed_downtime(took, case.plan), why)
        }
        _ => super::absent(drill, Moment::Recovered),
    }
}
