//! `the overload ends within 1 minute of its cause`: retries do not keep it alive.
//!
//! An overload that feeds itself outlives its trigger at unchanged load. Goodput after the heal is
//! held against goodput before the fault, within 5%. What could not have fed itself proves nothing:
//! the drill must have pushed a carrier of limited capacity beyond what it takes, for longer than the
//! client's patience, with a client that tries again.

use crate::case::Case;
use crate::check::{Check, Checked};
use crate::judged::{EVIDENCE, Unit};
use crate::plan::PhaseName;
use crate::stats::Proportion;
use crate::units::{Micros, Span};
use crate::words::percent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Of the goodput before the fault.
const RESTORED: f64 = 0.95;
/// Share of messages that must have been refused, tried again or late under the trigger.
const FELT: f64 = 0.01;
/// The stack's timer that says how long a client waits for an answer.
const CLIENT_TIMEOUT: &str = "submit_timeout";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OverloadEnds {
    /// Of the last heal.
    pub within: Micros,
}

impl Check for OverloadEnds {
    fn check(&self, case: &Case<'_>, _phase: PhaseName) -> Checked {
        match self.exercised(case) {
            Ok((before, after)) => self.compare(case, &before, after),
            Err(why) => Checked::nothing(Unit::Ratio, why),
        }
    }
}

impl OverloadEnds {
    /// The stretches to compare.
    ///
    /// # Errors
    /// Why the drill could not have shown an overload that feeds itself.
    fn exercised(&self, case: &Case<'_>) -> Result<(Vec<Span>, Span), String> {
        let before = case.spans(PhaseName::BeforeTheFault)?;
        let during = case.spans(PhaseName::DuringTheFault)?;
        let healed = case.healed().ok_or("No heal was seen to count from.")?;
        let after = Span { start: healed.after + self.within, end: case.whole().end };
        if after.length() == Micros::ZERO {
            return Err("Not exercised: the drill ends before the overload has to.".into());
        }
        let length = during.iter().fold(Micros::ZERO, |sum, span| sum + span.length());
        let patience = case.plan.stack.timers.get(CLIENT_TIMEOUT).copied().unwrap_or_default();
        if length <= patience {
            return Err(format!(
                "Not exercised: a trigger of {length} ends before clients give up, after {patience}."
            ));
        }
        let deadline = case.deadline();
        let felt = case.scheduled(&during).filter(|(_, m)| m.attempts > 1 || !m.in_time(deadline));
        let (felt, all) = (felt.count(), case.scheduled(&during).count());
        if (felt as f64) < FELT * all as f64 {
            return Err("Not exercised: the carriers had room for everything.".into());
        }
        self.can_feed_itself(case, after)?;
        Ok((before, after))
    }

    /// Load above capacity ÷ attempts: only then do retries use up what would serve first attempts.
    fn can_feed_itself(&self, case: &Case<'_>, after: Span) -> Result<(), String> {
        let rate = |at| case.plan.traffic.rate(at);
        let load = rate(after.start);
        if rate(case.whole().start) != load || rate(Micros(after.end.0 - 1)) != load {
            return Err("Not exercised: the load after the fault is not the load before it.".into());
        }
        let attempts = case.messages.attempted().map(|(_, m)| m.attempts).max().unwrap_or(0);
        if attempts < 2 {
            return Err("Not exercised: nothing was tried a second time.".into());
        }
        let carriers = case.plan.stack.carriers.iter();
        let Some(capacity) = carriers.filter_map(|carrier| carrier.capacity).reduce(f64::min) else {
            return Err("Not exercised: no carrier's capacity is limited.".into());
        };
        if load <= capacity / f64::from(attempts) {
            return Err(format!(
                "Not exercised: {attempts} attempts at each of {load:.0} messages a second stay \
                 below a capacity of {capacity:.0}."
            ));
        }
        Ok(())
    }

    fn compare(&self, case: &Case<'_>, before: &[Span], after: Span) -> Checked {
        let deadline = case.deadline();
        let mut evidence = Vec::new();
        let mut seen = |spans: &[Span], note: bool| {
            let mut seen = Proportion { k: 0, n: 0 };
            for (m, message) in case.scheduled(spans) {
                let good = message.in_time(deadline);
                seen.n += 1;
                seen.k += u64::from(good);
                if note && !good && evidence.len() < EVIDENCE {
                    evidence.push(m);
                }
            }
            seen
        };
        let (was, is) = (seen(before, false), seen(&[after], true));
        let Some(was) = was.share() else {
            return Checked::nothing(Unit::Ratio, "No message was scheduled before the fault.");
        };
        let what = format!(
            "scheduled later than {} after the heal were delivered in time, against {} before the fault",
            self.within,
            percent(was)
        );
        Checked::share(is, RESTORED * was, 1.0, "message", &what).evidence(evidence)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::fact::{CarrierEvent, CarrierSaw, Fact};
    use crate::judged::Judged;
    use crate::plan::Plan;
    use crate::sample::*;
    use crate::verdict::Verdict::*;

    /// 100 messages a second, capacity for 150; under the fault each is refused once, first.
    pub(crate) fn storm(lost_after: impl Fn(u64) -> bool, change: impl FnOnce(&mut Plan)) -> Judged {
        let limited = |plan: &mut Plan| {
            plan.stack.carriers[0].capacity = Some(150.0);
            change(plan);
        };
        let refused = |facts: &mut Vec<Fact>| {
            let hit = facts.iter().filter_map(|fact| match fact {
                Fact::Submit(submit) if (60..120).contains(&(submit.due.0 / 1_000_000)) => {
                    Some(Fact::Carrier(CarrierSaw {
                        at: submit.at,
                        m: Some(submit.m),
                        carrier: A.into(),
                        seq: 0,
                        what: CarrierEvent::Refused("0x58".into()),
                        via: None,
                    }))
                }
                _ => None,
            });
            let hit: Vec<Fact> = hit.collect();
            facts.extend(hit);
        };
        let fate = |m, at| if at >= 140 && lost_after(m) { Fate::gone() } else { Fate::good() };
        changed(OverloadEnds { within: s(20) }, fate, limited, refused)
    }

    #[test]
    fn goodput_has_to_come_back() {
        let seen = storm(|_| false, |_| {});
        assert_eq!(seen.findings[0].verdict, Pass, "{}", seen.findings[0].reason);
        let seen = storm(|m| m % 10 < 6, |_| {});
        assert_eq!(seen.findings[0].verdict, Fail, "{}", seen.findings[0].reason);
        assert_eq!(storm(|m| m.is_multiple_of(20), |_| {}).findings[0].verdict, Inconclusive);
    }

    #[test]
    fn what_could_not_feed_itself_proves_nothing() {
        let why = |change: fn(&mut Plan)| {
            let finding = storm(|_| false, change).findings.remove(0);
            assert_eq!(finding.verdict, Inconclusive, "{}", finding.reason);
            finding.reason
        };
        assert!(why(|plan| plan.stack.carriers[0].capacity = None).contains("capacity"));
        assert!(why(|plan| plan.stack.carriers[0].capacity = Some(201.0)).contains("below"));
        let impatient = |plan: &mut Plan| {
            plan.stack.timers.insert(CLIENT_TIMEOUT.into(), s(60));
        };
        assert!(why(impatient).contains("before clients give up"));
        let calm = changed(
            OverloadEnds { within: s(20) },
            |_, _| Fate::good(),
            |plan| plan.stack.carriers[0].capacity = Some(150.0),
            |_| {},
        );
        assert!(calm.findings[0].reason.contains("room for everything"), "{calm:?}");
    }
}
