//! `the backlog drains within 30 minutes`.

use crate::backlog::{Drained, drained, totals};
use crate::case::Case;
use crate::check::{Check, Checked, ms};
use crate::judged::Unit;
use crate::plan::PhaseName;
use crate::units::Micros;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BacklogDrains {
    pub within: Micros,
}

impl Check for BacklogDrains {
    fn check(&self, case: &Case<'_>, _phase: PhaseName) -> Checked {
        let nothing = |why: &str| Checked::nothing(Unit::Ms, why).at_most(ms(self.within));
        let Some(healed) = case.healed() else {
            return nothing("No fault was seen to heal, so there was nothing to drain from.");
        };
        match drained(case, &totals(case)) {
            Drained::Unknown => nothing("No node told its backlog before and after the fault."),
            Drained::NeverRose => nothing("The backlog never rose above its steady state."),
            Drained::At(at) => {
                let what = "The backlog was back at its steady state";
                Checked::span(at - healed.by, at - healed.after, self.within, what)
            }
            Drained::Not(until) => {
                Checked::never(until - healed.by, self.within, "The backlog did not drain")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::*;
    use crate::verdict::Verdict::*;

    fn drill(backlog: impl Fn(u64) -> u64) -> crate::judged::Judged {
        use crate::fact::{Fact, Health};
        let told = |facts: &mut Vec<Fact>| {
            facts.extend((0..300).map(|second| {
                let (node, at) = ("queue-1".into(), s(second));
                let healthy = Some(true);
                Fact::Health(Health { at, node, healthy, backlog: backlog(second), oldest: s(0), gauges: Default::default() })
            }));
        };
        changed(BacklogDrains { within: s(60) }, |_, _| Fate::good(), |_| {}, told)
    }

    #[test]
    fn steady_again_and_to_the_end() {
        assert_eq!(drill(|at| if (60..150).contains(&at) { 900 } else { 3 }).verdict, Pass);
        assert_eq!(drill(|at| if (60..250).contains(&at) { 900 } else { 3 }).verdict, Fail);
        assert_eq!(
            drill(|at| if (60..150).contains(&at) || at > 220 { 900 } else { 3 }).verdict,
            Fail
        );
        assert_eq!(drill(|_| 3).verdict, Inconclusive);
    }

    #[test]
    fn a_stall_of_a_moment_is_no_relapse_and_what_is_on_its_way_does_not_wait() {
        let drained = |at| (60..150).contains(&at);
        let relapse = |seconds: u64| {
            drill(move |at| if drained(at) || (220..220 + seconds).contains(&at) { 900 } else { 3 })
        };
        assert_eq!((relapse(2).verdict, relapse(3).verdict), (Pass, Fail));
        // 100 messages a second: 25 of them are a quarter of a second, on top of 3 and half of 3.
        let rest = |left| drill(move |at| if drained(at) { 900 } else if at < 60 { 3 } else { left });
        assert_eq!((rest(29).verdict, rest(30).verdict), (Pass, Fail));
    }
}
