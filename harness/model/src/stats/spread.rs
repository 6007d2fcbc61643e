//! How far a value spreads over repeats: its median, and an interval for it.

use super::binomial::p_at_most;
use super::robust::median;

/// Two-sided confidence of [`Spread::low`] and [`Spread::high`], where they are an interval.
pub const CONFIDENCE: f64 = 0.95;

/// Of several values; infinite ones are the largest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub n: usize,
    pub median: f64,
    pub low: f64,
    pub high: f64,
    /// Whether the two are an interval for the median, at [`CONFIDENCE`]; with fewer than six values
    /// there is none, and they are the least and the most that was seen.
    pub interval: bool,
}

/// `None` of nothing. The interval needs no distribution: between the k-th least and the k-th most lies
/// the median unless k − 1 or fewer fell on one side of it.
pub fn spread(values: &[f64]) -> Option<Spread> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (n, middle) = (sorted.len(), median(&sorted)?);
    // Of two infinite middles the mean is no number.
    let middle = if middle.is_nan() { f64::INFINITY } else { middle };
    let misses = |k: usize| 2.0 * p_at_most(k as u64, n as u64, 0.5);
    let inner = (0..n / 2).take_while(|k| misses(*k) <= 1.0 - CONFIDENCE).last();
    let k = inner.unwrap_or(0);
    Some(Spread {
        n,
        median: middle,
        low: sorted[k],
        high: sorted[n - 1 - k],
        interval: inner.is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_values_leave_one_out_on_each_side() {
        // 1 or fewer of 10 on one side: 11/1024 each, so the second least and most hold 97.9%.
        let values: Vec<f64> = (1..=10).rev().map(f64::from).collect();
        let of = spread(&values).expect("ten");
        assert_eq!((of.median, of.low, of.high, of.interval), (5.5, 2.0, 9.0, true));
    }

    #[test]
    fn five_are_a_range_and_six_are_an_interval() {
        let five = spread(&[3.0, 1.0, 2.0, 5.0, 4.0]).expect("five");
        assert_eq!((five.low, five.high, five.interval), (1.0, 5.0, false));
        let six = spread(&[3.0, 1.0, 2.0, 5.0, 4.0, f64::INFINITY]).expect("six");
        assert_eq!((six.low, six.high, six.interval), (1.0, f64::INFINITY, true));
        assert_eq!(spread(&[f64::INFINITY; 2]).map(|of| of.median), Some(f64::INFINITY));
        assert_eq!(spread(&[]), None);
    }
}
