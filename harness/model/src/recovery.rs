//! When delivery was back in its steady state, and stayed there.
//!
//! The state is the share of messages that arrive within the stack's SLO deadline, window by window
//! of scheduled instants. A window is back when it is not below the band of the baseline; recovery is
//! dated to the first of as many windows in a row that a system stuck at 97% would pass for recovered
//! in fewer than one drill of 1,000. As many again are the hold, in which one relapse starts it anew;
//! after that two windows in a row below the band do.

use crate::case::Case;
use crate::stats::{mad, median, p_at_least};
use crate::units::{Micros, Span};
use crate::windows::{Window, windows};

/// Fewest messages in a window.
pub const WINDOW: u64 = 50;
/// A system stuck here is not recovered.
const STUCK: f64 = 0.97;
const MISTAKEN: f64 = 0.001;
/// Fewest windows that make a baseline.
const BASELINE: usize = 5;

/// What was seen of recovery.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Recovery {
    /// No fault took effect.
    #[default]
    NoFault,
    /// The record can not tell, and why.
    Unknown(String),
    /// Delivery never left its steady state.
    NeverLeft,
    Recovered {
        /// Start of the first window in which delivery had left the band.
        left: Micros,
        at: Micros,
        windows: usize,
        band: f64,
    },
    /// Until here it was surely not back. `settling`: it was in the band since then, and the drill ends
    /// too soon to tell whether it stays.
    Not { left: Micros, until: Micros, settling: bool, windows: usize, band: f64 },
}

impl Recovery {
    pub fn at(&self) -> Option<Micros> {
        match self {
            Recovery::Recovered { at, .. } => Some(*at),
            _ => None,
        }
    }
}

pub fn recovery(case: &Case<'_>) -> Recovery {
    let Some(effective) = case.effective() else { return Recovery::NoFault };
    let deadline = case.deadline();
    let whole = case.whole();
    let good = |span: Span| {
        let items = case.messages.attempted().map(|(_, m)| (m.due, [m.in_time(deadline)]));
        windows(items, span, WINDOW)
    };
    let baseline = good(Span { start: whole.start, end: effective.after });
    let Some(band) = band(&baseline) else {
        return Recovery::Unknown(format!(
            "The baseline holds {} windows of {WINDOW} messages; {BASELINE} are needed.",
            baseline.len()
        ));
    };
    let since = good(Span { start: effective.after, end: whole.end });
    let Some(run) = run_length(&since, band) else {
        return Recovery::Unknown(format!(
            "With a baseline down to {:.1}% in time, windows of {WINDOW} messages can not tell \
             recovery from a system stuck at 97%.",
            band * 100.0
        ));
    };
    find(&since, band, run)
}

/// Lower edge of the steady state: median − max(3 × 1.4826 × MAD, 1%).
fn band(baseline: &[Window<1>]) -> Option<f64> {
    if baseline.len() < BASELINE {
        return None;
    }
    let shares: Vec<f64> = baseline.iter().map(|w| w.share(0)).collect();
    Some(median(&shares)? - (3.0 * 1.4826 * mad(&shares)?).max(0.01))
}

/// How many windows in a row show recovery: a run of so many may start at any window, and all
/// starts together stay under one mistake in 1,000 drills. `None`: no length up to all of them does.
fn run_length(since: &[Window<1>], band: f64) -> Option<usize> {
    let smallest = since.iter().map(|w| w.all).min()?;
    let starts = since.len() as f64;
    let once = p_at_least((band * smallest as f64).ceil() as u64, smallest, STUCK);
    let mut chance = once;
    for run in 1..=since.len() {
        if run >= 3 && chance * starts < MISTAKEN {
            return Some(run);
        }
        chance *= once;
    }
    // Too few windows for any run: ask for one longer than there are, and so never claim recovery,
    // unless even ten times as many would not tell.
    (once < 0.9).then_some(since.len() + 1)
}

/// How much traffic after the last heal a drill needs before recovery can be seen at all, at `rate`
/// messages a second in a drill of `length`: the run and the hold, for a steady state of all in time.
pub fn tail(rate: f64, length: Micros) -> Option<Micros> {
    if rate <= 0.0 {
        return None;
    }
    // A window is whole seconds long and ends when it is full.
    let window_s = (WINDOW as f64 / rate).ceil().max(1.0);
    let starts = (length.as_secs_f64() / window_s).max(1.0);
    let smallest = WINDOW.max((rate * window_s) as u64);
    let once = p_at_least((0.99 * smallest as f64).ceil() as u64, smallest, STUCK);
    let run = ((MISTAKEN / starts).ln() / once.ln()).ceil().max(3.0);
    // One window more on either side, because windows do not begin at the heal; half as much again
    // because arrivals are random.
    Some(Micros::from_secs_f64((2.0 * run + 2.0) * window_s * 1.5))
}

fn find(since: &[Window<1>], band: f64, run: usize) -> Recovery {
    let inside = |w: &Window<1>| w.share(0) >= band;
    let Some(out) = since.iter().position(|w| !inside(w)) else { return Recovery::NeverLeft };
    let left = since[out].span.start;
    let mut from = out;
    loop {
        let steady = (from..since.len())
            .find(|i| since.get(*i..i + 2 * run).is_some_and(|held| held.iter().all(inside)));
        let Some(start) = steady else {
            let outside = since.iter().rposition(|w| !inside(w)).unwrap_or(out);
            let (until, settling) = (since[outside].span.end, outside + 1 < since.len());
            return Recovery::Not { left, until, settling, windows: run, band };
        };
        let after = start + 2 * run;
        match since[after..].windows(2).position(|pair| !pair.iter().any(inside)) {
            Some(relapse) => from = after + relapse,
            None => {
                let at = since[start].span.start;
                return Recovery::Recovered { left, at, windows: run, band };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn state(good: &[u64]) -> Vec<Window<1>> {
        let second = |i: usize| Micros::from_secs(i as u64);
        good.iter()
            .enumerate()
            .map(|(i, good)| Window {
                span: Span { start: second(i), end: second(i + 1) },
                all: 100,
                kinds: [*good],
            })
            .collect()
    }

    fn shape(parts: &[(usize, u64)]) -> Vec<Window<1>> {
        let all: Vec<u64> = parts.iter().flat_map(|(n, good)| vec![*good; *n]).collect();
        state(&all)
    }

    #[test]
    fn the_band_has_a_floor_of_one_percent_and_follows_noise() {
        assert_eq!(band(&shape(&[(10, 100)])), Some(0.99));
        let noisy = band(&state(&[100, 98, 96, 99, 97, 95, 98])).unwrap();
        assert!((noisy - (0.98 - 3.0 * 1.4826 * 0.01)).abs() < 1e-9, "{noisy}");
        assert_eq!(band(&shape(&[(4, 100)])), None);
    }

    #[test]
    fn recovery_is_dated_to_the_first_window_of_the_run() {
        let since = shape(&[(5, 100), (10, 20), (60, 100)]);
        let seen = find(&since, 0.99, 5);
        assert_eq!(seen.at(), Some(Micros::from_secs(15)));
        assert_eq!(find(&shape(&[(60, 100)]), 0.99, 5), Recovery::NeverLeft);
    }

    #[test]
    fn a_relapse_resets_it_in_the_hold_and_two_in_a_row_ever_after() {
        let in_hold = shape(&[(10, 20), (8, 100), (1, 90), (60, 100)]);
        assert_eq!(find(&in_hold, 0.99, 5).at(), Some(Micros::from_secs(19)));
        let one_later = shape(&[(10, 20), (20, 100), (1, 90), (20, 100)]);
        assert_eq!(find(&one_later, 0.99, 5).at(), Some(Micros::from_secs(10)));
        let two_later = shape(&[(10, 20), (20, 100), (2, 90), (20, 100)]);
        assert_eq!(find(&two_later, 0.99, 5).at(), Some(Micros::from_secs(32)));
    }

    #[test]
    fn a_tail_too_short_for_run_and_hold_is_no_recovery() {
        let seen = find(&shape(&[(10, 20), (9, 100)]), 0.99, 5);
        let (until, ends) = (Micros::from_secs(10), Micros::from_secs(20));
        assert!(matches!(seen, Recovery::Not { until: u, settling: true, .. } if u == until));
        let seen = find(&shape(&[(10, 20), (9, 100), (1, 90)]), 0.99, 5);
        assert!(matches!(seen, Recovery::Not { until: u, settling: false, .. } if u == ends));
    }

    #[test]
    fn a_system_stuck_at_97_percent_is_rarely_called_recovered() {
        let mut called = 0;
        let mut draw = 1u64;
        let mut unit = || {
            draw = draw.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (draw >> 11) as f64 / (1u64 << 53) as f64
        };
        for _ in 0..1_000 {
            let mut good = vec![20; 5];
            good.extend((0..300).map(|_| (0..100).filter(|_| unit() < STUCK).count() as u64));
            let since = state(&good);
            let run = run_length(&since, 0.99).unwrap();
            called += u32::from(find(&since, 0.99, run).at().is_some());
        }
        assert!(called <= 3, "{called} of 1,000");
    }

    #[test]
    fn a_baseline_as_bad_as_the_stuck_system_can_not_tell() {
        assert_eq!(run_length(&shape(&[(50, 100)]), 0.90), None);
    }

    #[test]
    fn the_tail_holds_run_and_hold() {
        let tail = tail(50.0, Micros::from_secs(120)).unwrap();
        assert!(tail > Micros::from_secs(15) && tail < Micros::from_secs(60), "{tail}");
    }
}
