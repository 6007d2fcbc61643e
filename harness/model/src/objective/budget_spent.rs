//! `at most 10% of the monthly error budget of 99.9% is spent`.

use crate::case::Case;
use crate::check::{Check, Checked, Test};
use crate::judged::Unit;
use crate::plan::PhaseName;
use crate::stats::{ALPHA, Decision, Proportion};
use crate::verdict::Verdict;
use crate::words::{of, percent};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BudgetSpent {
    /// 0–1 (or more) of the budget.
    pub at_most: f64,
    /// The promised share, 0–1.
    pub target: f64,
}

impl Check for BudgetSpent {
    fn check(&self, case: &Case<'_>, _phase: PhaseName) -> Checked {
        let (bad, all, evidence) = crate::impact::missed(case);
        let allowed = crate::impact::allowance(case, self.target);
        let nothing = |why: &str| Checked::nothing(Unit::Ratio, why).at_most(self.at_most);
        if all == 0 || allowed <= 0.0 {
            return nothing("There is no budget to spend: no messages, or a target of 100%.");
        }
        let scale = all as f64 / allowed;
        if scale <= self.at_most {
            return nothing(
                "Not even losing every message of this drill would have spent so much.",
            );
        }
        let seen = Proportion { k: bad, n: all };
        let limit = self.at_most / scale;
        let (low, high) = seen.bounds(ALPHA);
        let verdict = match seen.within(0.0, limit) {
            Decision::Inside => Verdict::Pass,
            Decision::Outside => Verdict::Fail,
            Decision::Unknown => Verdict::Inconclusive,
        };
        let spent = bad as f64 / allowed;
        let reason = format!(
            "{} missed the deadline, {} of what a period at {} may have; the limit is {}.",
            of(bad, "message"),
            percent(spent),
            percent(self.target),
            percent(self.at_most),
        );
        let mut checked = Checked::of(verdict, Unit::Ratio, Some(spent), reason)
            .at_most(self.at_most)
            .limit(case.deadline())
            .evidence(evidence);
        (checked.finding.low, checked.finding.high) = (Some(low * scale), Some(high * scale));
        checked.test = Some(Test { seen, p: seen.p_outside(0.0, limit) });
        checked
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::sample::*;
    use crate::verdict::Verdict::*;

    #[test]
    fn bad_of_what_a_period_may_have() {
        // 100 a second for 30 days at 99.9%: 259,200 may be bad; 6,000 are 2.3%.
        let hit = |_, at| if (60..120).contains(&at) { Fate::gone() } else { Fate::good() };
        let objective = |at_most| BudgetSpent { at_most, target: 0.999 };
        let seen = judged(objective(0.03), hit);
        assert_eq!(seen.findings[0].verdict, Pass);
        assert!((seen.findings[0].observed.unwrap() - 0.0231).abs() < 0.001);
        assert_eq!(judged(objective(0.02), hit).findings[0].verdict, Fail);
        assert_eq!(judged(objective(0.5), hit).findings[0].verdict, Inconclusive);
    }
}
