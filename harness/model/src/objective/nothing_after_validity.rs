//! `nothing is delivered after its validity`.

use crate::case::Case;
use crate::check::{Check, Checked};
use crate::judged::{EVIDENCE, Unit};
use crate::plan::PhaseName;
use crate::units::Micros;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NothingAfterValidity {}

impl Check for NothingAfterValidity {
    fn check(&self, case: &Case<'_>, _phase: PhaseName) -> Checked {
        let Some(validity) = case.plan.traffic.validity else {
            return Checked::nothing(Unit::Count, "The drill's messages have no validity.");
        };
        let mut stale = BTreeSet::new();
        let mut exposed = 0;
        for (m, message) in case.messages.attempted() {
            if message.latency() > validity {
                // Only what was still waiting when its validity ran out could have come after it.
                exposed += 1;
                if message.delivered != Micros::MAX {
                    stale.insert(m);
                }
            }
        }
        for extra in case.messages.extras() {
            let message = case.messages.rows().get(extra.m as usize);
            if message.is_some_and(|m| m.attempted() && extra.at - m.due > validity) {
                exposed += u64::from(stale.insert(extra.m));
            }
        }
        let what = "were delivered all the same";
        let one = "message that outlived its validity";
        Checked::none_of(stale.len() as u64, exposed, what, one)
            .evidence(stale.into_iter().take(EVIDENCE).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::*;
    use crate::verdict::Verdict::*;

    #[test]
    fn only_what_outlived_its_validity_could_come_after_it() {
        let judged = |late: Fate| {
            let fate = move |m, _| if m == 9 { late.clone() } else { Fate::good() };
            changed(
                NothingAfterValidity {},
                fate,
                |plan| plan.traffic.validity = Some(s(60)),
                |_| {},
            )
            .verdict
        };
        assert_eq!(judged(Fate::after(s(61))), Fail);
        assert_eq!(judged(Fate::gone()), Pass);
        assert_eq!(judged(Fate::after(s(59))), Inconclusive);
        let again = Fate { deliveries: vec![(s(1), A), (s(70), A)], ..Fate::good() };
        assert_eq!(judged(again), Fail);
    }
}
