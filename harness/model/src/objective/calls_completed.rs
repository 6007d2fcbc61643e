//! `at least 99.9% of calls are completed {phase}`.

use crate::case::Case;
use crate::check::{Check, Checked};
use crate::judged::{EVIDENCE, Unit};
use crate::plan::PhaseName;
use crate::stats::Proportion;
use crate::units::Micros;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CallsCompleted {
    /// 0–1 of attempted calls.
    pub at_least: f64,
}

impl Check for CallsCompleted {
    fn check(&self, case: &Case<'_>, phase: PhaseName) -> Checked {
        let calls = match case.calls_ended(phase) {
            Ok(calls) => calls,
            Err(why) => return Checked::nothing(Unit::Ratio, why),
        };
        let (mut seen, mut evidence) = (Proportion { k: 0, n: 0 }, Vec::new());
        for (m, call) in calls {
            seen.n += 1;
            // However long it took; a refused call was never one.
            if call.in_time(Micros::MAX) {
                seen.k += 1;
            } else if evidence.len() < EVIDENCE {
                evidence.push(m);
            }
        }
        Checked::share(seen, self.at_least, 1.0, "call", "were completed").evidence(evidence)
    }
}
