//! `traffic fails over to "vendor-b" within 10 seconds`.

use crate::case::Case;
use crate::check::{Check, Checked, ms};
use crate::failover::{Moved, over};
use crate::judged::Unit;
use crate::plan::PhaseName;
use crate::units::Micros;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FailsOver {
    /// A vendor, carrier route or region.
    pub to: String,
    pub within: Micros,
}

impl Check for FailsOver {
    fn check(&self, case: &Case<'_>, _phase: PhaseName) -> Checked {
        let nothing = |why: &str| Checked::nothing(Unit::Ms, why).at_most(ms(self.within));
        let Some(effective) = case.effective() else {
            return nothing(
                "No fault was seen to take effect, so there was nothing to fail over from.",
            );
        };
        match over(case, &self.to) {
            Moved::Unknown(why) | Moved::Nothing(why) => nothing(&why),
            Moved::At(at) => {
                let (shortest, longest) = (at - effective.by, at - effective.after);
                let what = format!("Traffic arrived in time by {}", self.to);
                Checked::span(shortest, longest, self.within, &what)
            }
            Moved::Not(until) => {
                let what = format!("Traffic did not fail over to {}", self.to);
                Checked::never(until - effective.by, self.within, &what)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::*;
    use crate::verdict::Verdict::*;

    /// North is m's subscriber's region in about 30%; here all of it goes by carrier b from `at` on.
    fn drill(to: &str, at: u64) -> crate::judged::Judged {
        let objective = FailsOver { to: to.into(), within: s(10) };
        judged(objective, move |_, now| match now {
            60..120 if now < at => Fate::gone(),
            60..120 => Fate::by(B),
            _ => Fate::good(),
        })
    }

    #[test]
    fn counts_from_the_earlier_end_of_the_effect() {
        assert_eq!(drill("vendor-b", 66).findings[0].verdict, Pass);
        assert_eq!(drill("vendor-b", 80).findings[0].verdict, Fail);
        let never = drill("vendor-b", 120);
        assert_eq!(
            (never.findings[0].verdict, never.findings[0].observed),
            (Fail, Some(f64::INFINITY))
        );
    }

    /// All goes by the gateway of `north` but for what `fate` says of the fault's minute.
    fn regions(
        fate: impl Fn(u64) -> Fate,
        change: impl FnOnce(&mut crate::plan::Plan),
    ) -> crate::judged::Judged {
        let objective = FailsOver { to: "south".into(), within: s(10) };
        let fate = move |_, now| match now {
            60..120 => fate(now),
            _ => Fate::good().via("queue-1"),
        };
        changed(objective, fate, change, |_| {})
    }

    #[test]
    fn a_region_takes_over_by_its_own_nodes() {
        let drill = |at| {
            let fate = move |now| if now < at { Fate::gone() } else { Fate::good().via("queue-2") };
            regions(fate, |_| {})
        };
        let seen = drill(66);
        assert_eq!(seen.findings[0].verdict, Pass, "{}", seen.findings[0].reason);
        let [(to, at)] = &seen.timeline.failed_over[..] else { panic!("{:?}", seen.timeline) };
        assert!(to == "south" && *at >= s(66) && *at < s(68), "{to} {at}");
        assert_eq!(drill(80).findings[0].verdict, Fail);
        // At once: never before the fault.
        let at = drill(60).timeline.failed_over[0].1;
        assert!(at >= s(60) && at < s(62), "{at}");
    }

    #[test]
    fn what_waits_for_the_heal_in_its_last_moments_tells_nothing() {
        let waiting_from = |since: u64| {
            let objective = FailsOver { to: "vendor-b".into(), within: s(10) };
            let seen = judged(objective, move |_, now| match now {
                60..120 if now < since => Fate::by(B),
                60..120 => Fate::after(s(4)),
                _ => Fate::good(),
            });
            seen.findings[0].verdict
        };
        assert_eq!(waiting_from(116), Pass);
        // Before that nothing could wait for the heal and still come in time: it went back.
        assert_eq!(waiting_from(110), Fail);
    }

    #[test]
    fn what_waits_for_its_own_region_did_not_fail_over() {
        // Frozen for 15 s in a deadline of 60: all of it comes after the thaw, and in time.
        let fate = |now| match now {
            60..75 => Fate::after(s(76 - now)).via("queue-1"),
            _ => Fate::good().via("queue-1"),
        };
        let seen = regions(fate, |plan| plan.stack.slo.deadline = s(60));
        assert_eq!(
            (seen.findings[0].verdict, seen.findings[0].observed),
            (Fail, Some(f64::INFINITY)),
            "{}",
            seen.findings[0].reason
        );
        assert_eq!(seen.timeline.failed_over, []);
    }

    #[test]
    fn a_spill_through_the_same_region_is_no_failover() {
        let spill = |plan: &mut crate::plan::Plan| {
            let mut gateway = plan.stack.nodes[0].clone();
            gateway.name = "gateway-1".into();
            plan.stack.nodes.push(gateway);
        };
        let seen = regions(|_| Fate::good().via("gateway-1"), spill);
        assert_eq!(seen.findings[0].verdict, Fail, "{}", seen.findings[0].reason);
        assert_eq!(seen.timeline.failed_over, []);
    }

    #[test]
    fn without_the_way_nothing_is_claimed() {
        let objective = || FailsOver { to: "south".into(), within: s(10) };
        let told = |via: Option<&'static str>| {
            judged(objective(), move |_, _| Fate { via, ..Fate::good() })
        };
        for via in [None, Some("somebody else")] {
            let seen = told(via);
            assert_eq!(seen.findings[0].verdict, Inconclusive);
            assert!(seen.findings[0].reason.contains("do not tell"), "{}", seen.findings[0].reason);
            assert_eq!(seen.timeline.failed_over, []);
        }
        // Told before the fault only: what came since may have come either way.
        let seen = regions(|_| Fate::good(), |_| {});
        assert_eq!(seen.findings[0].verdict, Inconclusive, "{}", seen.findings[0].reason);
        assert_eq!(seen.timeline.failed_over, []);
    }

    #[test]
    fn who_was_there_before_took_nothing_over() {
        let seen = judged(FailsOver { to: "south".into(), within: s(10) }, |_, _| {
            Fate::good().via("queue-2")
        });
        assert_eq!(seen.findings[0].verdict, Inconclusive, "{}", seen.findings[0].reason);
        // The home of all messages: nothing to take over from.
        let seen = judged(FailsOver { to: "north".into(), within: s(10) }, |_, _| {
            Fate::good().via("queue-1")
        });
        assert_eq!(seen.findings[0].verdict, Inconclusive, "{}", seen.findings[0].reason);
        assert_eq!(seen.timeline.failed_over, []);
    }

    #[test]
    fn traffic_that_never_suffered_shows_no_failover() {
        let objective = FailsOver { to: "vendor-b".into(), within: s(10) };
        assert_eq!(judged(objective, |_, _| Fate::good()).findings[0].verdict, Inconclusive);
    }

    #[test]
    fn the_first_message_over_the_other_route_is_not_failover() {
        let objective = FailsOver { to: "vendor-b".into(), within: s(10) };
        let seen = judged(objective, |m, now| match now {
            60..120 if m.is_multiple_of(2) => Fate::gone(),
            60..120 => Fate::by(B),
            _ => Fate::good(),
        });
        assert_eq!(seen.findings[0].verdict, Fail);
    }
}
