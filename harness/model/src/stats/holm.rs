//! Holm's step-down correction: with many objectives, one of them fails by chance.

/// For each p-value the level it had to stay under, and whether it did, at `alpha` over the family.
pub fn holm(ps: &[f64], alpha: f64) -> Vec<(f64, bool)> {
    let mut order: Vec<usize> = (0..ps.len()).collect();
    order.sort_by(|a, b| ps[*a].total_cmp(&ps[*b]));
    let mut out = vec![(alpha, false); ps.len()];
    let mut open = true;
    for (rank, index) in order.into_iter().enumerate() {
        let level = alpha / (ps.len() - rank) as f64;
        open &= ps[index] <= level;
        out[index] = (level, open);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::holm;

    #[test]
    fn steps_down_and_stops_at_the_first_that_holds() {
        // 0.016 stands only because the level steps down, 0.04 falls only because 0.03 did.
        let all = holm(&[0.016, 0.04, 0.03, 0.005], 0.05);
        let kept: Vec<bool> = all.iter().map(|h| h.1).collect();
        assert_eq!(kept, [true, false, false, true]);
        let levels: Vec<f64> = all.iter().map(|h| h.0).collect();
        assert_eq!(levels, [0.05 / 3.0, 0.05, 0.025, 0.0125]);
        assert_eq!(holm(&[0.04], 0.05), [(0.05, true)]);
        assert_eq!(holm(&[], 0.05), []);
    }
}
