//! At most so many submits a second, counted over every window of a second.

use squall_model::stack::Counted;
use std::collections::VecDeque;

/// Below one a second the window grows instead: 0.5 is one in two seconds.
#[derive(Debug)]
pub(super) struct Capacity {
    places: usize,
    window_us: u64,
    counted: Counted,
    /// When each place was taken, oldest first.
    taken: VecDeque<u64>,
}

impl Capacity {
    /// `None` for a rate that is no positive number: no limit.
    pub(super) fn new(per_second: f64, counted: Counted) -> Option<Capacity> {
        if !(per_second.is_finite() && per_second > 0.0) {
            return None;
        }
        let places = (per_second.floor() as usize).clamp(1, 1_000_000);
        let window_us = (places as f64 / per_second * 1e6).ceil() as u64;
        Some(Capacity { places, window_us, counted, taken: VecDeque::new() })
    }

    /// Whether a submit uses it up that was refused for another reason.
    pub(super) fn counts_refused(&self) -> bool {
        self.counted == Counted::Submitted
    }

    /// Takes a place; false where none is free. Where submits are counted, one that finds none has
    /// taken one all the same.
    pub(super) fn take(&mut self, now_us: u64) -> bool {
        while self.taken.front().is_some_and(|at| at + self.window_us <= now_us) {
            self.taken.pop_front();
        }
        let free = self.taken.len() < self.places;
        if free {
            self.taken.push_back(now_us);
        } else if self.counts_refused() {
            // Whether a window is full only the youngest decide.
            self.taken.pop_front();
            self.taken.push_back(now_us);
        }
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_window_of_a_second_holds_more() {
        let mut capacity = Capacity::new(10.0, Counted::Accepted).expect("a rate");
        let taken: Vec<u64> =
            (0..5_000).map(|ms| ms * 1_000).filter(|t| capacity.take(*t)).collect();
        assert_eq!(taken.len(), 50);
        for from in &taken {
            let within = taken.iter().filter(|t| (*from..from + 1_000_000).contains(*t)).count();
            assert!(within <= 10);
        }
    }

    #[test]
    fn slow_rates_stretch_the_window() {
        let mut capacity = Capacity::new(0.5, Counted::Accepted).expect("a rate");
        let taken = (0..10).filter(|s| capacity.take(s * 1_000_000)).count();
        assert_eq!(taken, 5);
        for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Capacity::new(wrong, Counted::Accepted).is_none());
        }
    }

    #[test]
    fn who_goes_on_asking_stays_refused_where_submits_are_counted() {
        let taken = |counted, per_second: u64| {
            let mut capacity = Capacity::new(10.0, counted).expect("a rate");
            let every_us = 1_000_000 / per_second;
            (0..5 * per_second).filter(|i| capacity.take(i * every_us)).count()
        };
        assert_eq!(taken(Counted::Submitted, 10), 50);
        assert_eq!(taken(Counted::Submitted, 20), 10);
        assert_eq!(taken(Counted::Accepted, 20), 50);
    }
}
