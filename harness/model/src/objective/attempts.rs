//! `each message is attempted at most 1.1 times on average {phase}`.

use crate::case::Case;
use crate::check::{Check, Checked};
use crate::judged::Unit;
use crate::plan::PhaseName;
use crate::verdict::Verdict;
use crate::words::of;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Attempts {
    pub at_most: f64,
}

impl Check for Attempts {
    fn check(&self, case: &Case<'_>, phase: PhaseName) -> Checked {
        let spans = match case.spans(phase) {
            Ok(spans) => spans,
            Err(why) => return Checked::nothing(Unit::Times, why),
        };
        let (mut n, mut sum, mut squares, mut evidence) = (0u64, 0u64, 0.0, Vec::new());
        // Messages that never got as far as a carrier would only dilute the average.
        for (m, message) in case.scheduled(&spans).filter(|(_, m)| m.attempts > 0) {
            let tries = u64::from(message.attempts);
            n += 1;
            sum += tries;
            squares += (tries * tries) as f64;
            if tries > 1 && evidence.len() < crate::judged::EVIDENCE {
                evidence.push(m);
            }
        }
        if n == 0 {
            let why = "No message reached a carrier.";
            return Checked::nothing(Unit::Times, why).at_most(self.at_most);
        }
        let mean = sum as f64 / n as f64;
        let spread = (squares / n as f64 - mean * mean).max(0.0);
        let margin = NORMAL_95 * (spread / n as f64).sqrt();
        let verdict = match () {
            () if mean + margin <= self.at_most => Verdict::Pass,
            () if mean - margin > self.at_most => Verdict::Fail,
            () => Verdict::Inconclusive,
        };
        let reason = format!(
            "{} for {} that reached a carrier: {mean:.3} each; the limit is {}.",
            of(sum, "attempt"),
            of(n, "message"),
            self.at_most
        );
        let mut checked = Checked::of(verdict, Unit::Times, Some(mean), reason)
            .at_most(self.at_most)
            .evidence(evidence);
        (checked.finding.low, checked.finding.high) = (Some(mean - margin), Some(mean + margin));
        checked
    }
}

/// One-sided 95% quantile of the normal distribution.
const NORMAL_95: f64 = 1.644_854;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::*;
    use crate::verdict::Verdict::*;

    #[test]
    fn messages_that_never_reached_a_carrier_do_not_dilute() {
        let objective = Attempts { at_most: 1.1 };
        let twice = |m, _| match m % 10 {
            0..5 => Fate::gone(),
            5 => Fate { deliveries: vec![(s(1), A), (s(2), A)], ..Fate::good() },
            _ => Fate::good(),
        };
        let seen = judged(objective.clone(), twice);
        assert_eq!(seen.findings[0].verdict, Fail, "{:?}", seen.findings[0]);
        assert_eq!(judged(objective.clone(), |_, _| Fate::good()).findings[0].verdict, Pass);
        assert_eq!(judged(objective, |_, _| Fate::gone()).findings[0].verdict, Inconclusive);
    }
}
