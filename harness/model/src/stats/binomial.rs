//! Exact binomial tails and the one-sided Clopper–Pearson bounds they give.

use super::beta::regularized;

/// P(X ≥ k) for X ~ Binomial(n, p).
pub fn p_at_least(k: u64, n: u64, p: f64) -> f64 {
    match k {
        0 => 1.0,
        k if k > n => 0.0,
        k => regularized(k as f64, (n - k) as f64 + 1.0, p),
    }
}

/// P(X ≤ k) for X ~ Binomial(n, p).
pub fn p_at_most(k: u64, n: u64, p: f64) -> f64 {
    if k >= n { 1.0 } else { regularized((n - k) as f64, k as f64 + 1.0, 1.0 - p) }
}

/// Lower bound of the share with `k` of `n`, at confidence 1 − alpha (Clopper, Pearson 1934).
pub fn at_least(k: u64, n: u64, alpha: f64) -> f64 {
    if k == 0 || n == 0 {
        return 0.0;
    }
    bisect(|p| p_at_least(k.min(n), n, p) < alpha)
}

/// Upper bound of the share with `k` of `n`, at confidence 1 − alpha.
pub fn at_most(k: u64, n: u64, alpha: f64) -> f64 {
    if k >= n {
        return 1.0;
    }
    1.0 - at_least(n - k, n, alpha)
}

/// The point in 0–1 below which `below` holds.
fn bisect(below: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..64 {
        let middle = (low + high) / 2.0;
        if below(middle) { low = middle } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tail by its definition: a slow second opinion.
    fn tail(k: u64, n: u64, p: f64) -> f64 {
        let mut mass = (1.0 - p).powi(n as i32);
        let mut sum = if k == 0 { mass } else { 0.0 };
        for i in 1..=n {
            mass *= (n - i + 1) as f64 / i as f64 * p / (1.0 - p);
            sum += if i >= k { mass } else { 0.0 };
        }
        sum
    }

    #[test]
    fn bounds_meet_their_definition() {
        for (k, n) in [(8, 10), (1, 20), (19, 20), (97, 100), (300, 1000)] {
            let low = at_least(k, n, 0.05);
            assert!((tail(k, n, low) - 0.05).abs() < 1e-9, "{k}/{n}");
            let high = at_most(k, n, 0.05);
            assert!((1.0 - tail(k + 1, n, high) - 0.05).abs() < 1e-9, "{k}/{n}");
        }
        // R: binom.test(8, 10, alternative = "greater")
        assert!((at_least(8, 10, 0.05) - 0.493_098_7).abs() < 1e-6);
    }

    #[test]
    fn three_nines_take_2995_messages_without_a_loss() {
        assert!(at_least(2_995, 2_995, 0.05) > 0.999);
        assert!(at_least(2_994, 2_994, 0.05) <= 0.999);
    }

    #[test]
    fn nothing_known_is_the_whole_scale() {
        assert_eq!((at_least(0, 0, 0.05), at_most(0, 0, 0.05)), (0.0, 1.0));
        assert_eq!(at_least(0, 50, 0.05), 0.0);
        assert_eq!(at_most(50, 50, 0.05), 1.0);
    }

    #[test]
    fn ten_million_messages_are_no_harder() {
        let low = at_least(9_990_000, 10_000_000, 0.05);
        // Normal approximation, fair at this size.
        let normal = 0.999 - 1.645 * (0.999 * 0.001 / 1e7f64).sqrt();
        assert!((low - normal).abs() < 1e-6, "{low} {normal}");
    }
}
