//! `at least 99% of verbs succeed {phase}`: of those that handsets were told of.

use super::verbs_fail::tally;
use crate::case::Case;
use crate::check::{Check, Checked};
use crate::plan::PhaseName;
use crate::stats::Proportion;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VerbsSucceed {
    /// 0–1 of verbs run.
    pub at_least: f64,
}

impl Check for VerbsSucceed {
    fn check(&self, case: &Case<'_>, phase: PhaseName) -> Checked {
        let (failed, evidence) = match tally(case, phase, |_| true, |code| code.is_some()) {
            Ok(tally) => tally,
            Err(nothing) => return *nothing,
        };
        let seen = Proportion { k: failed.n - failed.k, n: failed.n };
        Checked::share(seen, self.at_least, 1.0, "verb", "succeeded").evidence(evidence)
    }
}
