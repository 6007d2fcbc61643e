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
    use crate::fact::Fact;
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

    /// Only the messages at home in `north` leave it and come back; the south's never came by it.
    #[test]
    fn a_regions_return_is_that_of_its_own_messages() {
        let drill = |until: u64| {
            let by_home = |facts: &mut Vec<Fact>| {
                let submits = facts.iter().filter_map(|fact| match fact {
                    Fact::Submit(submit) => Some((submit.m, (submit.sub, submit.due))),
                    _ => None,
                });
                let sent: std::collections::BTreeMap<_, _> = submits.collect();
                for fact in facts {
                    let Fact::Carrier(saw) = fact else { continue };
                    let Some((sub, due)) = saw.m.and_then(|m| sent.get(&m)) else { continue };
                    let away = (s(62)..s(until.max(62))).contains(due);
                    // The first 3,000 subscribers are at home in north.
                    let home = *sub < 3_000 && !away;
                    saw.via = Some(if home { "queue-1" } else { "queue-2" }.into());
                }
            };
            let objective = Returns { to: "north".into(), within: s(30) };
            let seen = changed(objective, |_, _| Fate::good(), |_| {}, by_home);
            (seen.findings[0].verdict, seen.findings[0].reason.clone())
        };
        assert_eq!(drill(130).0, Pass, "{}", drill(130).1);
        assert_eq!(drill(180).0, Fail, "{}", drill(180).1);
        assert_eq!(drill(0).0, Inconclusive, "{}", drill(0).1);
    }
}
