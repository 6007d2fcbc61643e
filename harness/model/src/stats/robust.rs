//! Medians, and exact order statistics.

/// The middle value; the mean of the two middle ones for an even count. `None` of nothing.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 { Some(upper) } else { Some((sorted[middle - 1] + upper) / 2.0) }
}

/// Median absolute deviation from the median, unscaled.
pub fn mad(values: &[f64]) -> Option<f64> {
    let centre = median(values)?;
    median(&values.iter().map(|v| (v - centre).abs()).collect::<Vec<_>>())
}

/// The `rank`-th smallest, from 1; reorders `values`. `None` past the end.
pub fn nth<T: Ord + Copy>(values: &mut [T], rank: u64) -> Option<T> {
    let index = usize::try_from(rank.checked_sub(1)?).ok()?;
    (index < values.len()).then(|| *values.select_nth_unstable(index).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn middle_values() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[]), None);
        assert_eq!(mad(&[1.0, 1.0, 2.0, 2.0, 4.0, 6.0, 9.0]), Some(1.0));
        assert_eq!(nth(&mut [5, 1, 3], 2), Some(3));
        assert_eq!(nth(&mut [5, 1, 3], 0), None);
        assert_eq!(nth(&mut [5, 1, 3], 4), None);
    }
}
