//! When an operator's alerts would have fired: the SLO as multi-window, multi-burn-rate alerts (the
//! SRE workbook's): page at 14.4× over 1 h and 5 min, or 6× over 6 h and 30 min; ticket at 1× over
//! 3 d and 6 h. Both windows at once.
//!
//! Only what the sender can know counts: an event turns bad by a refusal, a failed receipt, or its
//! deadline passing without a receipt. Time before the drill counts as healthy at the scheduled rate.

use crate::case::Case;
use crate::ledger::{Known, MessageTable};
use crate::plan::Plan;
use crate::units::Micros;

/// The burn rate at which one is paged, and its long window: 2% of a month's budget in an hour.
pub const PAGE: f64 = 14.4;
pub const PAGE_WINDOW: Micros = Micros::from_secs(3_600);
/// (long window, short window, burn rate), in seconds.
const ALERTS: [(f64, f64, f64); 3] =
    [(3_600.0, 300.0, PAGE), (21_600.0, 1_800.0, 6.0), (259_200.0, 21_600.0, 1.0)];
const MOST_BINS: u64 = 1_000_000;

/// When the first alert fired that was not firing before the fault.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Detection {
    pub at: Option<Micros>,
    /// An alert was firing when the fault took effect, so no later one tells anything.
    pub already: bool,
    /// Until here the alerts were watched.
    pub watched: Micros,
}

/// How fast the error budget burns: good and bad events by the second (coarser only for drills of
/// weeks), cumulated. Alerts and curves both read it, so that they cannot disagree.
pub struct Burn {
    /// Microseconds.
    width: u64,
    /// Per bin edge: (bad, all) up to it.
    sums: Vec<(u64, u64)>,
    /// Healthy messages a second before the drill.
    before: f64,
    /// Share of messages that may be bad, 0–1.
    allowed: f64,
}

pub fn detection(case: &Case<'_>) -> Detection {
    let events = Burn::of(case.messages, case.plan);
    let horizon = case.watched();
    let effective = case.effective().map(|bracket| bracket.after);
    let mut seen = Detection { watched: horizon, ..Detection::default() };
    for edge in 1..events.sums.len() {
        let at = Micros(events.width.saturating_mul(edge as u64));
        if at > horizon {
            break;
        }
        if !events.fires(edge) {
            continue;
        }
        match effective {
            Some(effective) if at > effective => {
                seen.at = (!seen.already).then_some(at);
                return seen;
            }
            Some(_) => seen.already = true,
            None => {
                seen.at = Some(at);
                return seen;
            }
        }
    }
    seen
}

fn horizon(plan: &Plan) -> Micros {
    plan.end + plan.drain
}

impl Burn {
    pub fn of(messages: &MessageTable, plan: &Plan) -> Burn {
        let horizon = horizon(plan);
        let width = (horizon.0 / MOST_BINS).max(1_000_000);
        let bins = horizon.0.div_ceil(width).min(MOST_BINS + 1) as usize;
        let mut fine = vec![(0u64, 0u64); bins];
        let slo = &plan.stack.slo;
        for (_, message) in messages.attempted() {
            let (at, bad) = match message.known(slo.deadline) {
                Some(Known::Good(at)) => (at, 0),
                Some(Known::Bad(at)) => (at, 1),
                None => continue,
            };
            if let Some(bin) = fine.get_mut(usize::try_from(at.0 / width).unwrap_or(usize::MAX)) {
                bin.0 += bad;
                bin.1 += 1;
            }
        }
        let mut sums = Vec::with_capacity(bins + 1);
        let mut sum = (0, 0);
        sums.push(sum);
        for (bad, all) in fine {
            sum = (sum.0 + bad, sum.1 + all);
            sums.push(sum);
        }
        let before = plan.traffic.rates.first().map_or(0.0, |rate| rate.per_second);
        Burn { width, sums, before, allowed: 1.0 - slo.target }
    }

    /// Times the budgeted rate over the `window` before `at`; 1 spends a period's budget in a period.
    pub fn rate(&self, at: Micros, window: Micros) -> f64 {
        let edge = usize::try_from(at.0 / self.width).unwrap_or(usize::MAX);
        let edge = edge.min(self.sums.len() - 1);
        self.bad_share(edge, window.as_secs_f64()) / self.allowed.max(1e-12)
    }

    fn fires(&self, edge: usize) -> bool {
        ALERTS.iter().any(|(long, short, burn)| {
            [*long, *short].iter().all(|window| {
                let share = self.bad_share(edge, *window);
                share > 0.0 && share >= burn * self.allowed
            })
        })
    }

    /// Share of bad events in the `window` seconds before a bin edge.
    fn bad_share(&self, edge: usize, window: f64) -> f64 {
        let width = self.width as f64 / 1e6;
        let bins = (window / width).round().max(1.0) as usize;
        let start = self.sums[edge.saturating_sub(bins)];
        let end = self.sums[edge];
        let healthy = bins.saturating_sub(edge) as f64 * width * self.before;
        let all = (end.1 - start.1) as f64 + healthy;
        if all > 0.0 { (end.0 - start.0) as f64 / all } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// 10 messages a second, bad from second `from` on.
    fn events(seconds: u64, from: u64, bad: u64) -> Burn {
        let mut sums = vec![(0, 0)];
        for s in 0..seconds {
            let last = sums[s as usize];
            sums.push((last.0 + if s >= from { bad } else { 0 }, last.1 + 10));
        }
        Burn { width: 1_000_000, sums, before: 10.0, allowed: 0.0 }
    }

    fn first(events: &Burn, target: f64) -> Option<usize> {
        let sums = events.sums.clone();
        let events = Burn { sums, allowed: 1.0 - target, ..*events };
        (1..events.sums.len()).find(|edge| events.fires(*edge))
    }

    #[test]
    fn a_full_outage_pages_when_1_44_percent_of_an_hour_is_bad() {
        // 14.4 × 0.1% of 3,600 s is 51.84 s.
        assert_eq!(first(&events(1_000, 600, 10), 0.999), Some(652));
    }

    #[test]
    fn a_slow_burn_waits_for_its_own_windows() {
        // One bad in ten at 99.9%: 1 h needs 518.4 s of it; 6 h at 6× would need 1,296 s.
        assert_eq!(first(&events(4_000, 0, 1), 0.999), Some(519));
        // Two in ten at 99%: 14.4% of an hour takes 2,592 s, 6% of six hours 6,480 s.
        let seen = first(&events(9_000, 0, 2), 0.99).unwrap();
        assert!((2_592..=2_593).contains(&seen), "{seen}");
    }

    #[test]
    fn the_curve_crosses_the_limit_when_the_alert_fires() {
        let burn = Burn { allowed: 0.001, ..events(1_000, 600, 10) };
        let rate = |s| burn.rate(Micros::from_secs(s), PAGE_WINDOW);
        assert_eq!(rate(600), 0.0);
        assert!(rate(651) < PAGE && rate(652) >= PAGE, "{} {}", rate(651), rate(652));
        assert_eq!(burn.rate(Micros::MAX, PAGE_WINDOW), rate(1_000));
    }

    #[test]
    fn nothing_bad_never_fires() {
        assert_eq!(first(&events(5_000, 0, 0), 0.999), None);
        assert_eq!(first(&events(5_000, 0, 0), 1.0), None);
    }
}
