//! Verdicts on a share: enough, too little, or not yet known.

use super::ALPHA;
use super::binomial::{at_least, at_most, p_at_least, p_at_most};

/// `k` of `n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proportion {
    pub k: u64,
    pub n: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Inside,
    Outside,
    Unknown,
}

impl Proportion {
    /// `None` where there is nothing to take a share of.
    pub fn share(self) -> Option<f64> {
        (self.n > 0).then(|| self.k as f64 / self.n as f64)
    }

    /// One-sided bounds, each at confidence 1 − alpha.
    pub fn bounds(self, alpha: f64) -> (f64, f64) {
        (at_least(self.k, self.n, alpha), at_most(self.k, self.n, alpha))
    }

    /// Whether the true share lies in `low..=high`. A limit at the end of the scale is open.
    pub fn within(self, low: f64, high: f64) -> Decision {
        let (lower, upper) = self.bounds(ALPHA);
        let low_met = low <= 0.0 || lower > low;
        let high_met = high >= 1.0 || upper < high;
        if upper < low || lower > high {
            Decision::Outside
        } else if low_met && high_met && self.n > 0 {
            Decision::Inside
        } else {
            Decision::Unknown
        }
    }

    /// The chance of a result at least this far outside `low..=high`, were the true share on its edge.
    pub fn p_outside(self, low: f64, high: f64) -> f64 {
        let under = if low > 0.0 { p_at_most(self.k, self.n, low) } else { 1.0 };
        let over = if high < 1.0 { p_at_least(self.k, self.n, high) } else { 1.0 };
        under.min(over)
    }
}

/// How many messages would decide, were the share seen so far the true one. `None`: no number does,
/// or more than ten billion.
pub fn wanted(seen: Proportion, low: f64, high: f64) -> Option<u64> {
    let share = seen.share()?;
    let decides = |n: u64| {
        let k = (share * n as f64).round() as u64;
        Proportion { k: k.min(n), n }.within(low, high) != Decision::Unknown
    };
    let mut above = seen.n.max(1);
    while !decides(above) {
        above = above.checked_mul(2).filter(|n| *n <= 10_000_000_000)?;
    }
    let mut below = 0;
    while above - below > 1 + below / 1_000 {
        let middle = below + (above - below) / 2;
        if decides(middle) { above = middle } else { below = middle }
    }
    Some(above)
}

/// The smallest rate of bad messages that `n` without a bad one rule out: about 3.0 ÷ n at 95%.
pub fn smallest_visible(n: u64) -> f64 {
    at_most(0, n, ALPHA)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decides_only_when_the_bound_does() {
        let all = |n| Proportion { k: n, n };
        assert_eq!(all(2_995).within(0.999, 1.0), Decision::Inside);
        assert_eq!(all(2_994).within(0.999, 1.0), Decision::Unknown);
        assert_eq!(Proportion { k: 990, n: 1000 }.within(0.999, 1.0), Decision::Outside);
        assert_eq!(all(0).within(0.0, 1.0), Decision::Unknown);
        assert_eq!(Proportion { k: 3000, n: 10_000 }.within(0.28, 0.32), Decision::Inside);
        assert_eq!(Proportion { k: 3000, n: 10_000 }.within(0.31, 0.32), Decision::Outside);
    }

    #[test]
    fn says_how_many_would_decide() {
        let n = wanted(Proportion { k: 100, n: 100 }, 0.999, 1.0).unwrap_or_default();
        assert!((2_995..3_000).contains(&n), "{n}");
        assert_eq!(wanted(Proportion { k: 0, n: 0 }, 0.9, 1.0), None);
    }

    #[test]
    fn the_rule_of_three() {
        assert!((smallest_visible(10_000) * 10_000.0 - 3.0).abs() < 0.01);
    }
}
