//! `the outage is detected within 5 minutes`.

use crate::case::Case;
use crate::check::{Check, Checked, ms};
use crate::judged::Unit;
use crate::plan::PhaseName;
use crate::units::Micros;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Detected {
    pub within: Micros,
}

impl Check for Detected {
    fn check(&self, case: &Case<'_>, _phase: PhaseName) -> Checked {
        let nothing = |why: &str| Checked::nothing(Unit::Ms, why).at_most(ms(self.within));
        let Some(effective) = case.effective() else {
            return nothing("No fault was seen to take effect, so there was no outage to detect.");
        };
        if case.impact.is_none() {
            return nothing("No message missed its deadline, so there was no outage to detect.");
        }
        if case.detection.already {
            return nothing("An alert was firing before the fault took effect.");
        }
        match case.detection.at {
            Some(at) => {
                let (shortest, longest) = (at - effective.by, at - effective.after);
                Checked::span(shortest, longest, self.within, "A burn-rate alert fired")
            }
            None if !crate::impact::burns(case) => {
                nothing("The fault burnt no more of the error budget than the target allows.")
            }
            None => {
                let watched = case.detection.watched - effective.by;
                Checked::never(watched, self.within, "No burn-rate alert fired")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::*;
    use crate::verdict::Verdict::*;

    #[test]
    fn an_outage_is_known_when_its_deadlines_pass() {
        let dead = |_, at| if at >= 60 { Fate::gone() } else { Fate::good() };
        // 51.84 s of badness, each known 5 s after it was due.
        let seen = judged(Detected { within: s(60) }, dead);
        assert_eq!(seen.findings[0].verdict, Pass, "{:?}", seen.findings[0]);
        assert_eq!(judged(Detected { within: s(50) }, dead).findings[0].verdict, Fail);
        assert_eq!(judged(Detected { within: s(60) }, |_, _| Fate::good()).verdict, Inconclusive);
    }

    #[test]
    fn no_alert_in_an_outage_is_a_breach() {
        let hit = |_, at| if (60..80).contains(&at) { Fate::gone() } else { Fate::good() };
        assert_eq!(judged(Detected { within: s(60) }, hit).findings[0].verdict, Fail);
    }
}
