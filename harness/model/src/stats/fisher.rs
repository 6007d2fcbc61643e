//! Fisher's exact test of two shares.

use statrs::function::factorial::ln_binomial;

/// Relative slack under which two tables count as equally likely.
const TIE: f64 = 1e-7;

/// Two-sided p-value of `a` of `n` against `b` of `m`: the chance, were both drawn from one share, of a
/// table at most as likely as this one (Fisher 1935). 1 where there is nothing to tell apart.
pub fn fisher((a, n): (u64, u64), (b, m): (u64, u64)) -> f64 {
    let (all, hits) = (n + m, a + b);
    if n == 0 || m == 0 || hits == 0 || hits == all {
        return 1.0;
    }
    let ln_p = |k: u64| ln_binomial(n, k) + ln_binomial(m, hits - k) - ln_binomial(all, hits);
    let seen = ln_p(a);
    let least = hits.saturating_sub(m);
    let sum: f64 = (least..=hits.min(n)).map(ln_p).filter(|p| *p <= seen + TIE).map(f64::exp).sum();
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::fisher;

    #[test]
    fn agrees_with_published_tables() {
        // The lady tasting tea: 3 of 4 against 1 of 4 (R: fisher.test gives 0.4857).
        assert!((fisher((3, 4), (1, 4)) - 0.485_714_285).abs() < 1e-8);
        // R: fisher.test(matrix(c(10, 0, 0, 10), 2)) gives 1.082509e-05.
        assert!((fisher((10, 10), (0, 10)) - 1.082_509e-5).abs() < 1e-10);
        // R: fisher.test(matrix(c(8, 2, 1, 5), 2)) gives 0.03497.
        assert!((fisher((8, 10), (1, 6)) - 0.034_965).abs() < 1e-6);
    }

    #[test]
    fn alike_is_one_and_either_order_is_the_same() {
        assert_eq!(fisher((5, 5), (9, 9)), 1.0);
        assert_eq!(fisher((0, 0), (9, 9)), 1.0);
        assert!((fisher((2, 9), (7, 8)) - fisher((7, 8), (2, 9))).abs() < 1e-12);
    }
}
