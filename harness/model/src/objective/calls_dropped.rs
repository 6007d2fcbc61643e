//! `between 12% and 15% of calls are dropped {phase}`, `at most 15% of calls are dropped {phase}`.
//!
//! Dropped is a call that was answered and ended before its script did; one that was refused, or
//! never answered, was not in progress and is none.

use crate::case::Case;
use crate::check::{Check, Checked};
use crate::judged::{EVIDENCE, Unit};
use crate::plan::PhaseName;
use crate::stats::Proportion;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CallsDropped {
    /// 0–1 of attempted calls; 0 is no lower limit.
    pub low: f64,
    pub high: f64,
}

impl Check for CallsDropped {
    fn check(&self, case: &Case<'_>, phase: PhaseName) -> Checked {
        let calls = match case.calls_ended(phase) {
            Ok(calls) => calls,
            Err(why) => return Checked::nothing(Unit::Ratio, why),
        };
        let answered = calls.iter().filter(|(_, call)| call.was_delivered() || call.dropped());
        let answered = answered.count();
        if !calls.is_empty() && answered == 0 {
            let why = "No call was answered, so none could be dropped.";
            return Checked::nothing(Unit::Ratio, why);
        }
        let most = self.high * calls.len() as f64;
        if self.low == 0.0 && !calls.is_empty() && answered as f64 <= most {
            let why = "Too few calls were answered for so many to be dropped.";
            return Checked::nothing(Unit::Ratio, why);
        }
        let (mut seen, mut evidence) = (Proportion { k: 0, n: 0 }, Vec::new());
        for (m, call) in calls {
            seen.n += 1;
            if call.dropped() {
                seen.k += 1;
                if evidence.len() < EVIDENCE {
                    evidence.push(m);
                }
            }
        }
        Checked::share(seen, self.low, self.high, "call", "were dropped").evidence(evidence)
    }
}
