//! Containment: how many people the fault reached.

use super::{Drill, Measured};
use crate::stats::{ALPHA, at_most};
use crate::words::{count, of, percent};

pub(super) const FORMULA: &str = "100 × (1 − subscribers with a message that missed the stack's \
    deadline ÷ subscribers with a message scheduled, both while a fault was effective); upper 95% \
    bound of the share.";

pub(super) fn measure(drill: &Drill<'_>) -> Measured {
    let case = drill.case;
    if case.plan.faults.is_empty() {
        return Measured::NotApplicable("The drill has no fault.".into());
    }
    // Edges known only to lie between two probes: each count takes the side that flatters less.
    let reached: u64 = crate::impact::hits(case, &case.during()).iter().map(|h| h.reached_out).sum();
    let affected: u64 =
        crate::impact::hits(case, &case.during_at_most()).iter().map(|h| h.affected).sum();
    if reached == 0 {
        let why = "Nobody had a message scheduled while a fault was seen to be effective.";
        return Measured::Hole(why.into());
    }
    let affected = affected.min(reached);
    let bound = at_most(affected, reached, ALPHA);
    let why = format!(
        "{} of {} affected ({}; at most {} at 95%).",
        count(affected),
        of(reached, "subscriber"),
        percent(affected as f64 / reached as f64),
        percent(bound),
    );
    Measured::exactly(100.0 * (1.0 - bound), why)
}
