//! `the impact lasts between 405 minutes and 435 minutes`.

use crate::case::Case;
use crate::check::{Check, Checked, ms};
use crate::judged::Unit;
use crate::plan::PhaseName;
use crate::units::Micros;
use crate::verdict::Verdict;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ImpactLasts {
    pub low: Micros,
    pub high: Micros,
}

impl Check for ImpactLasts {
    fn check(&self, case: &Case<'_>, _phase: PhaseName) -> Checked {
        let limits = |checked: Checked| {
            let checked = checked.at_most(ms(self.high)).limit(case.deadline());
            if self.low > Micros::ZERO { checked.at_least(ms(self.low)) } else { checked }
        };
        if case.effective().is_none() {
            let why = "No fault was seen to take effect, so there was no impact to time.";
            return limits(Checked::nothing(Unit::Ms, why));
        }
        let length = case.impact.map_or(Micros::ZERO, |span| span.length());
        let inside = self.low <= length && length <= self.high;
        let reason = match case.impact {
            Some(span) => format!(
                "The first message that missed {} was due {} into the drill, the last at {}: {length}.",
                case.deadline(),
                span.start,
                span.end
            ),
            None => format!("No message missed the deadline of {}.", case.deadline()),
        };
        let verdict = if inside { Verdict::Pass } else { Verdict::Fail };
        limits(Checked::of(verdict, Unit::Ms, Some(ms(length)), reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::*;
    use crate::verdict::Verdict::*;

    #[test]
    fn from_the_first_missed_to_the_last() {
        let objective = |low, high| ImpactLasts { low: s(low), high: s(high) };
        let hit = |_, at| if (65..115).contains(&at) { Fate::after(s(20)) } else { Fate::good() };
        assert_eq!(judged(objective(45, 51), hit).verdict, Pass);
        assert_eq!(judged(objective(51, 60), hit).verdict, Fail);
        assert_eq!(judged(objective(10, 45), hit).verdict, Fail);
        assert_eq!(judged(objective(10, 45), |_, _| Fate::good()).verdict, Fail);
    }
}
