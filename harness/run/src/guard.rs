//! The plan's guards: stops a drill whose messages do not get through any more.
//!
//! Looks at receipts, as an operator could; the judge looks at the carriers' logs instead.

use squall_model::plan::Guard;
use squall_model::units::Micros;
use std::collections::VecDeque;

/// Seconds looked back.
const WINDOW: usize = 60;
/// Fewer messages than this in the window decide nothing.
const FEWEST: u64 = 20;

pub(crate) struct Watchman {
    guards: Vec<Guard>,
    /// Running totals (scheduled, delivered), one pair a second.
    totals: VecDeque<(u64, u64)>,
}

impl Watchman {
    pub(crate) fn new(guards: &[Guard]) -> Self {
        Watchman { guards: guards.to_vec(), totals: VecDeque::new() }
    }

    /// Told the totals once a second; the text of the guard that stops the drill, if one does.
    pub(crate) fn look(&mut self, at: Micros, scheduled: u64, delivered: u64) -> Option<String> {
        if self.guards.is_empty() || at == Micros::ZERO {
            return None;
        }
        self.totals.push_back((scheduled, delivered));
        if self.totals.len() <= WINDOW {
            return None;
        }
        let (scheduled_before, delivered_before) = self.totals.pop_front()?;
        let due = scheduled - scheduled_before;
        if due < FEWEST {
            return None;
        }
        let share = (delivered - delivered_before) as f64 / due as f64;
        let stopped = self.guards.iter().find(|guard| share < guard.delivered_share)?;
        Some(format!("{} ({:.1}% over the last minute)", stopped.text, share * 100.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guard_stops_after_a_minute_below_it_and_not_before() {
        let guard = Guard { delivered_share: 0.5, text: "stops below 50%".into(), line: 1 };
        let mut watchman = Watchman::new(&[guard]);
        for second in 1..=120u64 {
            let at = Micros::from_secs(second);
            assert_eq!(watchman.look(at, second * 10, second * 10), None, "second {second}");
        }
        let stopped = (121..=240u64)
            .find(|second| watchman.look(Micros::from_secs(*second), second * 10, 1200).is_some());
        assert!((150..=153).contains(&stopped.unwrap()), "{stopped:?}");
    }
}
