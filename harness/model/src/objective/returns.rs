//! `traffic returns to "vendor-a" within 5 minutes`.

use crate::case::Case;
use crate::check::{Check, Checked, ms};
use crate::failover::{Moved, back};
use crate::judged::Unit;
use crate::plan::PhaseName;
use crate::units::Micros;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Returns {
    pub to: String,
    pub within: Micros,
}

impl Check for Returns {
    fn check(&self, case: &Case<'_>, _phase: PhaseName) -> Checked {
        let nothing = |why: &str| Checked::nothing(Unit::Ms, why).at_most(ms(self.within));
        let Some(healed) = case.healed() else {
            return nothing("No fault was seen to heal, so there was nothing to return from.");
        };
        match back(case, &self.to) {
            Moved::Unknown(why) | Moved::Nothing(why) => nothing(&why),
            Moved::At(at) => {
                let what = format!("Traffic was back on {}", self.to);
                Checked::span(at - healed.by, at - healed.after, self.within, &what)
            }
            Moved::Not(until) => {
                let what = format!("Traffic did not return to {}", self.to);
                Checked::never(until - healed.by, self.within, &what)
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
    fn back_on_the_route_of_before() {
        let drill = |until| {
            judged(Returns { to: "vendor-a".into(), within: s(30) }, move |_, now| match now {
                62..200 if now < until => Fate::by(B),
                _ => Fate::good(),
            })
        };
        assert_eq!(drill(130).findings[0].verdict, Pass, "{:?}", drill(130).findings[0]);
        assert_eq!(drill(180).findings[0].verdict, Fail);
        assert_eq!(drill(0).findings[0].verdict, Inconclusive);
    }

    #[test]
    fn back_in_the_region_of_before() {
        let drill = |until| {
            judged(Returns { to: "north".into(), within: s(30) }, move |_, now| match now {
                62..200 if now < until => Fate::good().via("queue-2"),
                _ => Fate::good().via("queue-1"),
            })
        };
        assert_eq!(drill(130).findings[0].verdict, Pass, "{:?}", drill(130).findings[0]);
        assert_eq!(drill(180).findings[0].verdict, Fail);
        assert_eq!(drill(0).findings[0].verdict, Inconclusive);
        let untold = judged(Returns { to: "north".into(), within: s(30) }, |_, _| Fate::good());
        assert_eq!(untold.findings[0].verdict, Inconclusive);
    }
}
