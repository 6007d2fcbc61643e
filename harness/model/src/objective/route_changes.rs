//! `traffic changes route at most 2 times`.

use crate::case::Case;
use crate::check::{Check, Checked};
use crate::judged::Unit;
use crate::plan::PhaseName;
use crate::verdict::Verdict;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RouteChanges {
    pub at_most: u32,
}

impl Check for RouteChanges {
    fn check(&self, case: &Case<'_>, _phase: PhaseName) -> Checked {
        let most = f64::from(self.at_most);
        let nothing = |why: &str| Checked::nothing(Unit::Count, why).at_most(most);
        if case.plan.stack.carriers.len() < 2 {
            return nothing("The stack has one route only.");
        }
        if case.effective().is_none() {
            return nothing("No fault was seen to take effect, so nothing pressed for a change.");
        }
        let Some(changes) = crate::failover::changes(case) else {
            return nothing("No one route ever carried most of the traffic.");
        };
        let verdict = if changes <= self.at_most { Verdict::Pass } else { Verdict::Fail };
        let reason = format!(
            "The route of most messages changed {changes} times; the limit is {}.",
            self.at_most
        );
        Checked::of(verdict, Unit::Count, Some(f64::from(changes)), reason).at_most(most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::*;
    use crate::verdict::Verdict::*;

    #[test]
    fn there_and_back_is_two() {
        let drill = |flap: bool| {
            judged(RouteChanges { at_most: 2 }, move |_, now| match now {
                60..120 if !flap || !(80..=100).contains(&now) => Fate::by(B),
                _ => Fate::good(),
            })
        };
        assert_eq!(drill(false).findings[0].verdict, Pass);
        assert_eq!(drill(false).findings[0].observed, Some(2.0));
        assert_eq!(
            (drill(true).findings[0].verdict, drill(true).findings[0].observed),
            (Fail, Some(4.0))
        );
    }
}
