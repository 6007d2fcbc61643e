//! How an objective is checked: the trait, and what a check hands back to the judge.
//!
//! A check looks at its own objective only. What concerns all of them (Holm's correction, load,
//! an interrupted drill, unproven faults) is applied by the judge afterwards.

use crate::case::Case;
use crate::judged::{Finding, Unit};
use crate::plan::PhaseName;
use crate::stats::{ALPHA, Decision, Proportion, smallest_visible, wanted};
use crate::units::Micros;
use crate::verdict::Verdict;
use crate::words::{count, of, percent};

/// A pure check over one case.
pub trait Check {
    fn check(&self, case: &Case<'_>, phase: PhaseName) -> Checked;
}

/// A finding, and what the judge needs to put it beside the others.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    pub finding: Finding,
    /// A share that was judged, for Holm's correction.
    pub test: Option<Test>,
    /// The time limit the objective sets: a generator that lags by more than 1% of it can not prove a breach.
    pub limit: Option<Micros>,
}

/// A share against its limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Test {
    pub seen: Proportion,
    /// Chance of such a breach, were the true share on the limit.
    pub p: f64,
}

impl Checked {
    pub fn limit(mut self, limit: Micros) -> Checked {
        self.limit = Some(limit);
        self
    }

    /// Nothing to observe.
    pub fn nothing(unit: Unit, reason: impl Into<String>) -> Checked {
        Checked::of(Verdict::Inconclusive, unit, None, reason)
    }

    pub fn of(
        verdict: Verdict,
        unit: Unit,
        observed: Option<f64>,
        reason: impl Into<String>,
    ) -> Checked {
        let finding = Finding {
            verdict,
            observed,
            low: observed,
            high: observed,
            at_least: None,
            at_most: None,
            unit,
            reason: reason.into(),
            evidence: Vec::new(),
        };
        Checked { finding, test: None, limit: None }
    }

    pub fn at_most(mut self, most: f64) -> Checked {
        self.finding.at_most = Some(most);
        self
    }

    pub fn at_least(mut self, least: f64) -> Checked {
        self.finding.at_least = Some(least);
        self
    }

    pub fn evidence(mut self, evidence: Vec<u64>) -> Checked {
        self.finding.evidence = evidence;
        self.finding.evidence.truncate(crate::judged::EVIDENCE);
        self
    }

    /// A share that has to lie in `low..=high` (0 and 1 are open). `what` completes "x of n …".
    pub fn share(seen: Proportion, low: f64, high: f64, one: &str, what: &str) -> Checked {
        let Some(share) = seen.share() else {
            let nothing = Checked::nothing(Unit::Ratio, format!("There is no {one} to judge."));
            return nothing.limits(low, high);
        };
        let (lower, upper) = seen.bounds(ALPHA);
        let mut reason = format!(
            "{} of {} {what} ({}; true share between {} and {}, each bound at 95%)",
            count(seen.k),
            of(seen.n, one),
            percent(share),
            percent(lower),
            percent(upper),
        );
        let verdict = match seen.within(low, high) {
            Decision::Inside => Verdict::Pass,
            Decision::Outside => Verdict::Fail,
            Decision::Unknown => {
                reason += &match wanted(seen, low, high) {
                    Some(more) => format!("; about {} would decide", of(more, one)),
                    None => "; no number would decide at this share".to_owned(),
                };
                Verdict::Inconclusive
            }
        };
        reason.push('.');
        let mut checked = Checked::of(verdict, Unit::Ratio, Some(share), reason).limits(low, high);
        (checked.finding.low, checked.finding.high) = (Some(lower), Some(upper));
        checked.test = Some(Test { seen, p: seen.p_outside(low, high) });
        checked
    }

    /// Zero tolerance: one is too many, none of none decides nothing.
    pub fn none_of(bad: u64, exposed: u64, what: &str, exposed_one: &str) -> Checked {
        let (verdict, reason) = match (bad, exposed) {
            (0, 0) => (Verdict::Inconclusive, format!("There was no {exposed_one} to judge by.")),
            (0, n) => (
                Verdict::Pass,
                format!(
                    "None of {} {what}; a rate of {} or more would have shown.",
                    of(n, exposed_one),
                    percent(smallest_visible(n)),
                ),
            ),
            (bad, n) => (
                Verdict::Fail,
                format!("{} of {} {what}; none may.", count(bad), of(n, exposed_one)),
            ),
        };
        let observed = (exposed > 0 || bad > 0).then_some(bad as f64);
        Checked::of(verdict, Unit::Count, observed, reason).at_most(0.0)
    }

    /// A span against its limit, where the start is known only to lie in a bracket: `shortest` counts
    /// from its later end, `longest` from its earlier one.
    pub fn span(shortest: Micros, longest: Micros, within: Micros, what: &str) -> Checked {
        let (verdict, word) = if longest <= within {
            (Verdict::Pass, "within")
        } else if shortest > within {
            (Verdict::Fail, "over")
        } else {
            (Verdict::Inconclusive, "too near to tell from")
        };
        // Bounds that read the same are one figure.
        let reason = if shortest.to_string() == longest.to_string() {
            format!("{what} after {longest}, {word} the limit of {within}.")
        } else {
            format!("{what} after {shortest} to {longest}, {word} the limit of {within}.")
        };
        let mut checked = Checked::of(verdict, Unit::Ms, Some(ms(longest)), reason)
            .at_most(ms(within))
            .limit(within);
        (checked.finding.low, checked.finding.high) = (Some(ms(shortest)), Some(ms(longest)));
        checked
    }

    /// It did not happen in `watched`: a breach when that was longer than the limit.
    pub fn never(watched: Micros, within: Micros, what: &str) -> Checked {
        let verdict = if watched > within { Verdict::Fail } else { Verdict::Inconclusive };
        let reason = format!("{what} in the {watched} that were watched; the limit is {within}.");
        let mut checked = Checked::of(verdict, Unit::Ms, Some(f64::INFINITY), reason)
            .at_most(ms(within))
            .limit(within);
        (checked.finding.low, checked.finding.high) = (Some(ms(watched)), None);
        checked
    }

    fn limits(mut self, low: f64, high: f64) -> Checked {
        self.finding.at_least = (low > 0.0).then_some(low);
        self.finding.at_most = (high < 1.0).then_some(high);
        self
    }
}

pub fn ms(span: Micros) -> f64 {
    if span == Micros::MAX { f64::INFINITY } else { span.0 as f64 / 1e3 }
}
