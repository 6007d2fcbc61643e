//! Pauses between tries.

use std::time::Duration;

/// The pause after so many tries: it doubles with each, up to `longest`, and lies between half and all
/// of that as `draw` (0–99) says, so that what failed together does not come back together.
pub fn pause(tries: u32, first: Duration, longest: Duration, draw: u32) -> Duration {
    let full = first.saturating_mul(1 << tries.saturating_sub(1).min(16)).min(longest);
    full / 2 + full.mul_f64(f64::from(draw) / 200.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_are_drawn_from_their_upper_half() {
        let ms = |tries, draw| {
            let (first, longest) = (Duration::from_millis(500), Duration::from_secs(8));
            pause(tries, first, longest, draw).as_millis()
        };
        assert_eq!([ms(1, 0), ms(2, 0), ms(3, 0), ms(5, 0)], [250, 500, 1_000, 4_000]);
        assert_eq!([ms(6, 0), ms(u32::MAX, 0)], [4_000, 4_000]);
        assert_eq!((ms(1, 50), ms(5, 99)), (375, 7_960));
    }
}
