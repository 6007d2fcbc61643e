//! `at least 99.9% of messages are delivered within 30 seconds {phase}`.

use crate::case::Case;
use crate::check::{Check, Checked};
use crate::judged::{EVIDENCE, Unit};
use crate::plan::PhaseName;
use crate::stats::{ALPHA, Proportion, bootstrap_lower};
use crate::units::{Micros, Span};
use crate::verdict::Verdict;
use crate::windows::windows;
use crate::words::percent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeliveredWithin {
    /// 0–1 of attempted messages.
    pub at_least: f64,
    pub within: Micros,
}

impl Check for DeliveredWithin {
    fn check(&self, case: &Case<'_>, phase: PhaseName) -> Checked {
        let spans = match case.spans(phase) {
            Ok(spans) => spans,
            Err(why) => return Checked::nothing(Unit::Ratio, why),
        };
        let mut seen = Proportion { k: 0, n: 0 };
        let mut evidence = Vec::new();
        for (m, message) in case.scheduled(&spans) {
            seen.n += 1;
            if message.in_time(self.within) {
                seen.k += 1;
            } else if evidence.len() < EVIDENCE {
                evidence.push(m);
            }
        }
        let what = format!("were delivered within {}", self.within);
        let mut checked = Checked::share(seen, self.at_least, 1.0, "message", &what)
            .evidence(evidence)
            .limit(self.within);
        if checked.finding.verdict == Verdict::Pass
            && let Some(lower) = self.in_bursts(case, &spans)
            && lower < self.at_least
        {
            checked.finding.reason += &format!(
                " Losses came in bursts: resampled by window the share may be as low as {}.",
                percent(lower)
            );
        }
        checked
    }
}

impl DeliveredWithin {
    /// Lower bound by the block bootstrap, over at most about a thousand windows.
    fn in_bursts(&self, case: &Case<'_>, spans: &[Span]) -> Option<f64> {
        let whole = Span { start: spans.first()?.start, end: spans.last()?.end };
        let items = case.scheduled(spans).map(|(_, m)| (m.due, [m.in_time(self.within)]));
        let all = case.scheduled(spans).count() as u64;
        let windows: Vec<(u64, u64)> = windows(items, whole, 50.max(all / 1_000))
            .iter()
            .map(|w| (w.kinds[0], w.all))
            .collect();
        bootstrap_lower(&windows, ALPHA)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::sample::*;
    use crate::verdict::Verdict::*;

    fn objective() -> DeliveredWithin {
        DeliveredWithin { at_least: 0.99, within: s(5) }
    }

    #[test]
    fn refused_and_lost_and_late_ones_count_against() {
        assert_eq!(judged(objective(), |_, _| Fate::good()).findings[0].verdict, Pass);
        for bad in [Fate::refused(), Fate::gone(), Fate::after(s(6))] {
            let seen =
                judged(
                    objective(),
                    |m: u64, _| if m.is_multiple_of(20) { bad.clone() } else { Fate::good() },
                );
            let finding = &seen.findings[0];
            assert_eq!(finding.verdict, Fail, "{finding:?}");
            assert!((finding.observed.unwrap() - 0.95).abs() < 0.001);
            assert_eq!(finding.evidence.len(), EVIDENCE);
            assert!(finding.high.unwrap() < 0.99);
        }
    }

    #[test]
    fn near_the_limit_it_says_how_many_would_decide() {
        let seen =
            judged(
                objective(),
                |m: u64, _| if m.is_multiple_of(100) { Fate::gone() } else { Fate::good() },
            );
        assert_eq!(seen.findings[0].verdict, Inconclusive);
    }

    #[test]
    fn only_the_phase_counts() {
        let bad_then = |_, s| if (70..80).contains(&s) { Fate::gone() } else { Fate::good() };
        let during = |phase| {
            changed(objective(), bad_then, |plan| plan.objectives[0].phase = phase, |_| {}).findings
                [0]
            .verdict
        };
        assert_eq!(during(PhaseName::DuringTheFault), Fail);
        assert_eq!(during(PhaseName::BeforeTheFault), Pass);
        assert_eq!(during(PhaseName::AfterRecovery), Pass);
    }
}
