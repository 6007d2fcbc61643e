//! `the 99th percentile of accept latency is under 200 ms {phase}`.

use crate::case::Case;
use crate::check::{Check, Checked, Test, ms};
use crate::judged::Unit;
use crate::ledger::Message;
use crate::plan::PhaseName;
use crate::stats::{ALPHA, Decision, Proportion, nth, p_at_least, p_at_most};
use crate::units::Micros;
use crate::verdict::Verdict;
use crate::words::of;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LatencyPercentile {
    pub of: Latency,
    /// 0–100, exclusive.
    pub percentile: f64,
    pub under: Micros,
}

/// Which latency; all are measured from the scheduled instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Latency {
    Accept,
    Delivery,
    Receipt,
}

impl Check for LatencyPercentile {
    fn check(&self, case: &Case<'_>, phase: PhaseName) -> Checked {
        let spans = match case.spans(phase) {
            Ok(spans) => spans,
            Err(why) => return Checked::nothing(Unit::Ms, why),
        };
        let latency = |m: &Message| match self.of {
            Latency::Accept => m.accept_latency(),
            Latency::Delivery => m.latency(),
            Latency::Receipt => m.receipt_latency(),
        };
        let mut all: Vec<Micros> = case.scheduled(&spans).map(|(_, m)| latency(m)).collect();
        let n = all.len() as u64;
        let p = self.percentile / 100.0;
        let under = all.iter().filter(|l| **l < self.under).count() as u64;
        let seen = Proportion { k: under, n };
        let rank = ((p * n as f64).ceil() as u64).clamp(1, n.max(1));
        let Some(observed) = nth(&mut all, rank) else {
            return Checked::nothing(Unit::Ms, "There is no message to judge.")
                .at_most(ms(self.under));
        };
        let low = rank_below(n, p).and_then(|rank| nth(&mut all, rank)).unwrap_or(Micros::ZERO);
        let high = rank_above(n, p).and_then(|rank| nth(&mut all, rank)).unwrap_or(Micros::MAX);
        let verdict = match seen.within(p, 1.0) {
            Decision::Inside => Verdict::Pass,
            Decision::Outside => Verdict::Fail,
            Decision::Unknown => Verdict::Inconclusive,
        };
        let reason = format!(
            "Percentile {} of {} over {} is {}, between {} and {} at 95%; the limit is {}.",
            self.percentile,
            self.of.word(),
            of(n, "message"),
            text(observed),
            text(low),
            text(high),
            self.under,
        );
        let evidence = case.scheduled(&spans).filter(|(_, m)| latency(m) >= self.under);
        let evidence = evidence.map(|(m, _)| m).take(crate::judged::EVIDENCE).collect();
        let mut checked = Checked::of(verdict, Unit::Ms, Some(ms(observed)), reason)
            .at_most(ms(self.under))
            .limit(self.under)
            .evidence(evidence);
        (checked.finding.low, checked.finding.high) = (Some(ms(low)), Some(ms(high)));
        checked.test = Some(Test { seen, p: seen.p_outside(p, 1.0) });
        checked
    }
}

impl Latency {
    fn word(self) -> &'static str {
        match self {
            Latency::Accept => "accept latency",
            Latency::Delivery => "delivery latency",
            Latency::Receipt => "receipt latency",
        }
    }
}

fn text(latency: Micros) -> String {
    if latency == Micros::MAX { "never".to_owned() } else { latency.to_string() }
}

/// The highest rank that lies at or below the percentile with 95% confidence.
fn rank_below(n: u64, p: f64) -> Option<u64> {
    let rank = first(n, |rank| p_at_most(rank - 1, n, p) > ALPHA);
    rank.unwrap_or(n + 1).checked_sub(1).filter(|rank| *rank > 0)
}

/// The lowest rank that lies above the percentile with 95% confidence.
fn rank_above(n: u64, p: f64) -> Option<u64> {
    first(n, |rank| p_at_least(rank, n, p) < ALPHA)
}

/// The lowest rank of 1..=n from which `holds` is true on.
fn first(n: u64, holds: impl Fn(u64) -> bool) -> Option<u64> {
    let (mut low, mut high) = (1, n + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { high = middle } else { low = middle + 1 }
    }
    (low <= n).then_some(low)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::sample::*;
    use crate::verdict::Verdict::*;

    fn objective(under: u64) -> LatencyPercentile {
        LatencyPercentile {
            of: Latency::Delivery,
            percentile: 99.0,
            under: Micros::from_millis(under),
        }
    }

    #[test]
    fn what_never_arrives_is_infinitely_late() {
        let gone = |m: u64, _| if m.is_multiple_of(50) { Fate::gone() } else { Fate::good() };
        let seen = judged(objective(800), gone);
        assert_eq!(seen.findings[0].verdict, Fail);
        assert_eq!(seen.findings[0].observed, Some(f64::INFINITY));
        let seen = judged(objective(800), |_, _| Fate::good());
        assert_eq!((seen.findings[0].verdict, seen.findings[0].observed), (Pass, Some(500.0)));
        assert_eq!(judged(objective(500), |_, _| Fate::good()).findings[0].verdict, Fail);
    }

    #[test]
    fn the_bounds_are_order_statistics_of_the_exact_binomial() {
        // Of 100 values the 90th percentile lies between the 85th and the 95th (R: qbinom(.95, 100, .9) = 95).
        assert_eq!(rank_above(100, 0.9), Some(96));
        assert!((84..=86).contains(&rank_below(100, 0.9).unwrap()));
        assert_eq!(rank_above(10, 0.99), None);
    }
}
