//! `delivery recovers within 30 minutes` (of the last heal), `… of the start of the fault`.

use crate::case::Case;
use crate::check::{Check, Checked, ms};
use crate::judged::Unit;
use crate::plan::PhaseName;
use crate::recovery::Recovery;
use crate::units::Micros;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Recovers {
    pub within: Micros,
    pub from: RecoversFrom,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecoversFrom {
    LastHeal,
    FaultStart,
}

impl Check for Recovers {
    fn check(&self, case: &Case<'_>, _phase: PhaseName) -> Checked {
        let nothing = |why: &str| Checked::nothing(Unit::Ms, why).at_most(ms(self.within));
        let start = match self.from {
            RecoversFrom::FaultStart => case.effective(),
            RecoversFrom::LastHeal => case.healed(),
        };
        let Some(start) = start else {
            return nothing("The instant to count from was not seen.");
        };
        let from = match self.from {
            RecoversFrom::FaultStart => "the fault took effect",
            RecoversFrom::LastHeal => "the last heal",
        };
        match &case.recovery {
            Recovery::NoFault => nothing("No fault was seen to take effect."),
            Recovery::Unknown(why) => nothing(why),
            Recovery::NeverLeft => nothing("Delivery never left its steady state."),
            Recovery::Recovered { at, .. } => {
                // Back before the heal is back at the heal.
                let what = format!("Delivery was steady again, counted from {from},");
                Checked::span(*at - start.by, *at - start.after, self.within, &what)
            }
            Recovery::Not { until, settling, .. } => {
                let what = match settling {
                    true => format!(
                        "The drill ends too soon after delivery came back to tell that it stays; \
                         counted from {from}, it was not back"
                    ),
                    false => format!("Delivery did not recover, counted from {from},"),
                };
                Checked::never(*until - start.by, self.within, &what)
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
    fn counted_from_the_earlier_end_of_the_heal() {
        let objective = |within| Recovers { within: s(within), from: RecoversFrom::LastHeal };
        let hit = |_, at| if (61..140).contains(&at) { Fate::after(s(20)) } else { Fate::good() };
        assert_eq!(judged(objective(30), hit).verdict, Pass);
        assert_eq!(judged(objective(15), hit).verdict, Fail);
        assert_eq!(judged(objective(30), |_, _| Fate::good()).verdict, Inconclusive);
        let start = Recovers { within: s(70), from: RecoversFrom::FaultStart };
        assert_eq!(judged(start, hit).verdict, Fail);
    }

    #[test]
    fn a_drill_that_ends_too_soon_after_the_return_fails_only_what_surely_came_later() {
        let hit = |_, at| if (61..140).contains(&at) { Fate::after(s(20)) } else { Fate::good() };
        let seen = |within| {
            let objective = Recovers { within: s(within), from: RecoversFrom::LastHeal };
            changed(objective, hit, |plan| plan.end = s(150), |_| {})
        };
        assert_eq!(seen(15).verdict, Fail, "{}", seen(15).reason);
        let near = seen(25);
        assert_eq!(near.verdict, Inconclusive, "{}", near.reason);
        assert!(near.reason.contains("ends too soon"), "{}", near.reason);
        assert_eq!(near.timeline.recovered, None);
    }

    #[test]
    fn never_is_over_any_limit_that_was_watched() {
        let stuck =
            |m: u64, at| if at > 61 && m.is_multiple_of(33) { Fate::gone() } else { Fate::good() };
        let objective = |within| Recovers { within: s(within), from: RecoversFrom::LastHeal };
        let seen = judged(objective(60), stuck);
        assert_eq!((seen.verdict, seen.findings[0].observed), (Fail, Some(f64::INFINITY)));
        assert_eq!(judged(objective(6_000), stuck).verdict, Inconclusive);
    }
}
