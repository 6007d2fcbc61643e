//! The permutation test on ranks: do two samples come from one distribution?
//!
//! Ranks, because a time may be infinite (it never came) and losses come in bursts: how much larger a
//! value is does not count, only that it is. Exact, ties included; no draw is made.

use statrs::distribution::{ContinuousCDF, Normal};

/// Largest pool whose every division is counted; above it the sum of ranks is normal enough.
const EXACT: usize = 60;

/// Two-sided p-value of the sum of `a`'s ranks among both samples (Wilcoxon 1945, midranks). Infinite
/// values are the largest. 1 where a sample is empty or nothing differs.
pub fn ranks(a: &[f64], b: &[f64]) -> f64 {
    if a.is_empty() || b.is_empty() {
        return 1.0;
    }
    let doubled = doubled_midranks(a, b);
    let seen: u64 = doubled[..a.len()].iter().sum();
    // The mean of all divisions, doubled once more so that it is whole.
    let mean = a.len() as u64 * (doubled.len() as u64 + 1);
    let off = seen.abs_diff(mean);
    if off == 0 {
        return 1.0;
    }
    if doubled.len() <= EXACT {
        exact(&doubled, a.len(), mean, off)
    } else {
        normal(&doubled, a.len(), off)
    }
}

/// Twice the midrank of each value, `a`'s first.
fn doubled_midranks(a: &[f64], b: &[f64]) -> Vec<u64> {
    let all: Vec<f64> = a.iter().chain(b).copied().collect();
    let rank = |value: f64| {
        let below = all.iter().filter(|other| other.total_cmp(&value).is_lt()).count() as u64;
        let same = all.iter().filter(|other| other.total_cmp(&value).is_eq()).count() as u64;
        2 * below + same + 1
    };
    all.iter().map(|value| rank(*value)).collect()
}

/// The share of all choices of `n` ranks whose sum lies at least `off` from the mean.
fn exact(doubled: &[u64], n: usize, mean: u64, off: u64) -> f64 {
    let most = doubled.iter().sum::<u64>() as usize;
    // ways[k][s]: choices of k ranks that add up to s.
    let mut ways = vec![vec![0.0f64; most + 1]; n + 1];
    ways[0][0] = 1.0;
    for rank in doubled {
        let rank = *rank as usize;
        for k in (1..=n).rev() {
            for sum in (rank..=most).rev() {
                let before = ways[k - 1][sum - rank];
                ways[k][sum] += before;
            }
        }
    }
    let all: f64 = ways[n].iter().sum();
    let far = ways[n].iter().enumerate().filter(|(sum, _)| (*sum as u64).abs_diff(mean) >= off);
    (far.map(|(_, ways)| ways).sum::<f64>() / all).min(1.0)
}

/// The same with the normal distribution of the permuted sum; its variance takes the ties as they are.
fn normal(doubled: &[u64], n: usize, off: u64) -> f64 {
    let all = doubled.len() as f64;
    let mean = (all + 1.0) / 2.0;
    let spread: f64 = doubled.iter().map(|r| (*r as f64 / 2.0 - mean).powi(2)).sum();
    let variance = n as f64 * (all - n as f64) * spread / (all * (all - 1.0));
    // The sum moves in steps; half of one is given away.
    let z = (off as f64 / 2.0 - 0.25).max(0.0) / variance.sqrt();
    Normal::standard().cdf(-z) * 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_every_division() {
        // Ten against ten without overlap: 2 of 184,756 divisions lie as far apart.
        let (low, high): (Vec<f64>, Vec<f64>) =
            ((0..10).map(f64::from).collect(), (10..20).map(f64::from).collect());
        assert!((ranks(&low, &high) - 2.0 / 184_756.0).abs() < 1e-12);
        // R: wilcox.test(c(1.1,2.2,3.3,4.4), c(2.5,3.5,5.5,6.5,7.5)) gives p = 0.1111.
        let p = ranks(&[1.1, 2.2, 3.3, 4.4], &[2.5, 3.5, 5.5, 6.5, 7.5]);
        assert!((p - 0.111_111).abs() < 1e-5, "{p}");
    }

    #[test]
    fn what_never_came_is_the_largest_and_alike_is_no_difference() {
        let never = [f64::INFINITY; 5];
        assert!((ranks(&[1.0, 2.0, 3.0, 4.0, 5.0], &never) - 2.0 / 252.0).abs() < 1e-12);
        assert_eq!(ranks(&never, &never), 1.0);
        assert_eq!(ranks(&[0.0; 10], &[0.0; 10]), 1.0);
        assert_eq!(ranks(&[], &[1.0]), 1.0);
    }

    #[test]
    fn the_normal_side_goes_on_where_the_exact_one_ends() {
        let a: Vec<f64> = (0..30).map(|i| f64::from(i % 7)).collect();
        let b: Vec<f64> = (0..30).map(|i| f64::from(i % 7 + i % 3)).collect();
        let doubled = doubled_midranks(&a, &b);
        let (seen, mean) = (doubled[..30].iter().sum::<u64>(), 30 * 61);
        let off = seen.abs_diff(mean);
        let (exact, normal) = (exact(&doubled, 30, mean, off), normal(&doubled, 30, off));
        assert!((exact - normal).abs() < 0.005, "{exact} {normal}");
    }
}
