//! What an undecided objective does to the dimension it belongs to: it makes a hole of its size.

use super::{Dimension, Measured, Scored, State, belonging};
use crate::judged::Finding;
use crate::plan::PlannedObjective;
use crate::verdict::Verdict;

/// The dimension as it counts: its points scaled by decided ÷ all of its objectives, never up.
pub(super) fn scored(
    dimension: Dimension,
    measured: Measured,
    objectives: &[PlannedObjective],
    findings: &[Finding],
) -> Scored {
    let own = || belonging(dimension, objectives, findings);
    let all = own().count() as u64;
    let decided = own().filter(|it| it.verdict != Verdict::Inconclusive).count() as u64;
    let part = if all == 0 { 1.0 } else { decided as f64 / all as f64 };
    let failed = own().any(|it| it.verdict == Verdict::Fail);
    let (state, low, high, mut reason) = match measured {
        Measured::Points { low, high, why } => (State::Measured, low, high, why),
        Measured::Hole(why) => (State::Hole, 0.0, 100.0, why),
        // What a record calls for does not depend on what was asked of it.
        Measured::NotApplicable(why) if failed => {
            (State::NotApplicable, 0.0, 0.0, format!("{why} Asked for all the same, and not met."))
        }
        Measured::NotApplicable(why) => (State::NotApplicable, 0.0, 0.0, why),
    };
    if decided < all {
        reason += &format!(" {decided} of {all} objectives decided.");
    }
    let asked = state != State::NotApplicable;
    let (points, most) = (low * part, high * part + 100.0 * (1.0 - part));
    let state = if decided == 0 && all > 0 && asked { State::Hole } else { state };
    Scored {
        name: dimension,
        state,
        points: asked.then_some(points),
        most: asked.then_some(most),
        coverage: if asked { part * (1.0 - (high - low) / 100.0) } else { 0.0 },
        objectives: all,
        decided,
        reason,
        formula: dimension.formula().into(),
    }
}
