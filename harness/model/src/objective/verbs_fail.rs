//! `between 23% and 27% of "play" and "say" verbs fail with "11200" {phase}`.
//!
//! A verb counts when it ended; what a dropped call had still before it was never run and is not
//! counted.

use crate::case::Case;
use crate::check::{Check, Checked};
use crate::judged::{EVIDENCE, Unit};
use crate::plan::PhaseName;
use crate::stats::Proportion;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VerbsFail {
    /// 0–1 of verbs run; 0 is no lower limit.
    pub low: f64,
    pub high: f64,
    /// As the platform reports it.
    pub code: String,
    /// In lower case; empty: all of them.
    pub verbs: Vec<String>,
}

impl Check for VerbsFail {
    fn check(&self, case: &Case<'_>, phase: PhaseName) -> Checked {
        let counts = |verb: &str| self.verbs.is_empty() || self.verbs.iter().any(|v| v == verb);
        let (seen, evidence) =
            match tally(case, phase, counts, |code| code == Some(self.code.as_str())) {
                Ok(tally) => tally,
                Err(nothing) => return *nothing,
            };
        let what = format!("failed with {}", self.code);
        Checked::share(seen, self.low, self.high, "verb", &what).evidence(evidence)
    }
}

/// Of the verbs that count, those whose code is `bad`; and the calls of some of them.
pub(super) fn tally(
    case: &Case<'_>,
    phase: PhaseName,
    counts: impl Fn(&str) -> bool,
    bad: impl Fn(Option<&str>) -> bool,
) -> Result<(Proportion, Vec<u64>), Box<Checked>> {
    let ended = case.verbs_ended(phase);
    let ended = ended.map_err(|why| Box::new(Checked::nothing(Unit::Ratio, why)))?;
    let verbs = case.messages.verbs();
    let (mut seen, mut evidence) = (Proportion { k: 0, n: 0 }, Vec::new());
    for verb in ended.into_iter().filter(|verb| counts(verbs.name(verb))) {
        seen.n += 1;
        if bad(verbs.code(verb)) {
            seen.k += 1;
            if evidence.len() < EVIDENCE {
                evidence.push(verb.m);
            }
        }
    }
    // Logs arrive carrier by carrier.
    evidence.sort_unstable();
    evidence.dedup();
    Ok((seen, evidence))
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::fact::{CarrierEvent, CarrierSaw, Fact};
    use crate::judged::Judged;
    use crate::objective::Objective;
    use crate::plan::Plan;
    use crate::sample::*;
    use crate::traffic::Item;
    use crate::units::Micros;
    use crate::verdict::Verdict::*;

    /// The small drill with calls in place of messages: each runs `play`, which fails with `code` where
    /// it is told to, and is dropped then.
    pub(crate) fn calls(
        objective: impl Into<Objective>,
        code: &'static str,
        fails: impl Fn(u64) -> bool + Copy,
    ) -> Judged {
        played(objective, (code, PhaseName::Whole), fails, |at| at)
    }

    /// The same over a phase, with the end of the verb that fails, and of its call, at another instant
    /// than the call's answer.
    fn played(
        objective: impl Into<Objective>,
        (code, phase): (&'static str, PhaseName),
        fails: impl Fn(u64) -> bool + Copy,
        ends: impl Fn(Micros) -> Micros,
    ) -> Judged {
        let fate = move |m: u64, _| if fails(m) { Fate::gone() } else { Fate::good() };
        let as_calls = |plan: &mut Plan| {
            plan.traffic.item = Item::Call;
            plan.objectives[0].phase = phase;
        };
        changed(objective, fate, as_calls, |facts| {
            let logged =
                |fact: &&Fact| matches!(fact, Fact::Carrier(saw) if saw.carrier == A);
            let mut seq = facts.iter().filter(logged).count() as u64;
            let placed = facts.iter().filter_map(|fact| match fact {
                Fact::Submit(submit) => Some((submit.m, submit.at)),
                _ => None,
            });
            for (m, at) in placed.collect::<Vec<(u64, Micros)>>() {
                let failed = fails(m);
                let heard = failed.then(|| code.to_owned());
                let verb = CarrierEvent::Verb { verb: "play".into(), code: heard };
                let dropped = failed.then(|| CarrierEvent::Dropped(code.to_owned()));
                for what in std::iter::once(verb).chain(dropped) {
                    let at = if failed { ends(at) } else { at };
                    let (carrier, via) = (A.into(), None);
                    facts.push(Fact::Carrier(CarrierSaw { at, m: Some(m), carrier, seq, what, via }));
                    seq += 1;
                }
            }
        })
    }

    fn objective(low: f64, high: f64, code: &str, verbs: &[&str]) -> VerbsFail {
        let verbs = verbs.iter().map(|verb| (*verb).to_owned()).collect();
        VerbsFail { low, high, code: code.into(), verbs }
    }

    #[test]
    fn the_share_is_of_the_verbs_named_and_of_the_code_named() {
        let quarter = |m: u64| m.is_multiple_of(4);
        let of = |objective: VerbsFail| calls(objective, "11200", quarter).findings.remove(0);
        let seen = of(objective(0.23, 0.27, "11200", &["play", "say"]));
        assert_eq!(seen.verdict, Pass, "{}", seen.reason);
        assert!((seen.observed.unwrap() - 0.25).abs() < 0.001);
        assert!(!seen.evidence.is_empty() && seen.evidence.iter().all(|m| m.is_multiple_of(4)));
        assert_eq!(of(objective(0.23, 0.27, "11200", &[])).verdict, Pass);
        assert_eq!(of(objective(0.23, 0.27, "11205", &["play"])).verdict, Fail);
        assert_eq!(of(objective(0.23, 0.27, "11200", &["say"])).verdict, Inconclusive);
        assert_eq!(of(objective(0.0, 0.2, "11200", &["play"])).verdict, Fail);
    }

    /// Calls that a fault cuts short were placed before it.
    #[test]
    fn what_ends_in_the_fault_counts_in_the_fault() {
        // Due in the second before the queue is killed, and over two seconds later.
        let cut = |m: u64| (5_900..6_000).contains(&m);
        let in_phase = |objective: Objective, phase| {
            played(objective, ("11200", phase), cut, |at| at + s(2)).findings.remove(0).verdict
        };
        let dropped = || Objective::from(crate::objective::CallsDropped { low: 0.0, high: 0.01 });
        let failing = || Objective::from(objective(0.0, 0.01, "11200", &[]));
        let completed = || Objective::from(crate::objective::CallsCompleted { at_least: 0.99 });
        for (objective, during, before) in [
            (dropped(), Fail, Pass),
            (failing(), Fail, Pass),
            (completed(), Fail, Pass),
        ] {
            let kind = objective.kind();
            let seen = |phase| in_phase(objective.clone(), phase);
            assert_eq!(seen(PhaseName::DuringTheFault), during, "{kind}");
            assert_eq!(seen(PhaseName::BeforeTheFault), before, "{kind}");
        }
    }

    #[test]
    fn where_no_call_was_answered_none_could_be_dropped() {
        let objective = crate::objective::CallsDropped { low: 0.0, high: 0.5 };
        let as_calls = |plan: &mut Plan| plan.traffic.item = Item::Call;
        let seen = changed(objective, |_, _| Fate::refused(), as_calls, |_| {});
        assert_eq!(seen.findings[0].verdict, Inconclusive, "{}", seen.findings[0].reason);
    }

    #[test]
    fn a_dropped_call_is_accounted_for_and_not_lost() {
        let seen = calls(objective(0.0, 0.9, "11200", &[]), "11200", |m| m.is_multiple_of(4));
        let books = &seen.accounting;
        assert!(books.balances());
        assert_eq!((books.lost, books.failed), (0, books.attempted.div_ceil(4)));
        assert_eq!(books.attempts, books.attempted);
    }
}
