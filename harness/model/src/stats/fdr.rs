//! The false discovery rate: of many tests that are made at once, how many claims may be chance.

/// Which of the p-values may be claimed so that at most `rate` of the claims is expected to be false
/// (Benjamini, Hochberg 1995).
pub fn discoveries(ps: &[f64], rate: f64) -> Vec<bool> {
    let mut sorted: Vec<f64> = ps.to_vec();
    sorted.sort_by(f64::total_cmp);
    let level = |rank: usize| rate * (rank + 1) as f64 / ps.len() as f64;
    let last = (0..sorted.len()).rev().find(|rank| sorted[*rank] <= level(*rank));
    ps.iter().map(|p| last.is_some_and(|last| *p <= sorted[last])).collect()
}

#[cfg(test)]
mod tests {
    use super::discoveries;

    #[test]
    fn steps_up_from_the_last_that_holds() {
        // The fifteen p-values of the paper's own example: four are claimed at 5%.
        let ps = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
            0.5719, 0.6528, 0.7590, 1.0,
        ];
        assert_eq!(discoveries(&ps, 0.05).iter().filter(|claimed| **claimed).count(), 4);
        // 0.03 and 0.04 stand because 0.04 is below 5% of all.
        assert_eq!(discoveries(&[0.04, 0.03], 0.05), [true, true]);
        assert_eq!(discoveries(&[0.06], 0.05), [false]);
        assert_eq!(discoveries(&[], 0.05), Vec::<bool>::new());
    }
}
