//! Circular block bootstrap over windows: a second opinion where bad messages come in bursts.
//!
//! Its generator is fixed and in this file, so that one record always gives one answer.

const ROUNDS: usize = 1_000;

/// The `alpha` quantile of the share over resampled blocks of neighbouring windows of (good, all).
/// `None` with fewer than 20 windows, of which no honest answer can be had.
pub fn lower(windows: &[(u64, u64)], alpha: f64) -> Option<f64> {
    if windows.len() < 20 {
        return None;
    }
    let block = (windows.len() as f64).cbrt().ceil() as usize * 2;
    let blocks = windows.len().div_ceil(block);
    let starts = windows.len() as u64;
    // Blocks go round past the end, so that every window is drawn equally often.
    let sums: Vec<(u64, u64)> = (0..windows.len())
        .map(|start| {
            let run = windows.iter().cycle().skip(start).take(block);
            run.fold((0, 0), |sum, w| (sum.0 + w.0, sum.1 + w.1))
        })
        .collect();
    let mut draw = 0x5351_5541_4c4c_u64;
    let mut shares: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let (mut good, mut all) = (0, 0);
            for _ in 0..blocks {
                let picked = sums[(next(&mut draw) % starts) as usize];
                good += picked.0;
                all += picked.1;
            }
            if all == 0 { 1.0 } else { good as f64 / all as f64 }
        })
        .collect();
    shares.sort_by(f64::total_cmp);
    shares.get((alpha * ROUNDS as f64) as usize).copied()
}

/// SplitMix64 (Steele, Lea, Flood 2014).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stats::at_least;

    #[test]
    fn agrees_where_losses_are_scattered_and_doubts_where_they_come_at_once() {
        let scattered: Vec<_> = (0..200).map(|i| (100 - u64::from(i % 2 == 0), 100)).collect();
        let burst: Vec<_> = (0..200).map(|i| (if i == 7 { 0 } else { 100 }, 100)).collect();
        let exact = at_least(19_900, 20_000, 0.05);
        assert!((lower(&scattered, 0.05).unwrap() - exact).abs() < 0.002);
        assert!(lower(&burst, 0.05).unwrap() < exact - 0.003);
        assert_eq!(lower(&burst, 0.05), lower(&burst, 0.05));
        assert_eq!(lower(&burst[..19], 0.05), None);
    }
}
