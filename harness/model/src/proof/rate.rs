//! Requests of a kind that have to grow in number: by what the nodes that make them count.

use super::{Seen, bracket};
use crate::fact::Health;
use crate::fault::TelemetryRises;
use crate::plan::PlannedFault;
use crate::units::Micros;
use std::collections::BTreeMap;

const OVER: Micros = TelemetryRises::SEEN_OVER;

/// What the nodes counted together, as it stood at a look.
struct Look {
    at: Micros,
    total: u64,
}

/// Effective from the first look at which the rate since the window began lies nearer to `times` the
/// rate before it than to that rate; healed likewise.
pub(super) fn watch(
    planned: &PlannedFault,
    (nodes, gauge): (&[String], &str),
    times: f64,
    health: &[&Health],
) -> Seen {
    let looks = looks(nodes, gauge, health);
    let (start, end) = (planned.window.start, planned.window.end);
    let mut seen = Seen { effective: None, healed: None, doubts: Vec::new(), how: String::new() };
    let before = looks.iter().rfind(|look| look.at <= start);
    let usual = looks.first().zip(before).and_then(|(first, last)| rate(first, last));
    let Some((before, usual)) = before.zip(usual.filter(|usual| *usual > 0.0)) else {
        seen.doubts.push(format!("nobody counted {gauge} before the fault"));
        return seen;
    };
    let between = usual * (1.0 + times) / 2.0;
    // The rate at a look, over the time since the last look that lies so far back, or since `from`.
    let turned = |from: &Look, high: bool| {
        let mut later = looks.iter().filter(|look| look.at >= from.at + OVER);
        later.find(|look| {
            let since = looks.partition_point(|earlier| earlier.at + OVER <= look.at) - 1;
            rate(&looks[since], look).is_some_and(|rate| (rate > between) == high)
        })
    };
    let most = looks.iter().rfind(|look| look.at <= end);
    let risen = most.and_then(|last| rate(before, last)).unwrap_or(0.0) / usual;
    let Some(first) = turned(before, true).filter(|look| look.at <= end) else {
        seen.doubts
            .push(format!("{gauge} grew to {risen:.1} times the usual rate, not to {times}"));
        return seen;
    };
    seen.effective = Some(bracket(before.at, first.at));
    seen.how = format!("{gauge} grew to {risen:.1} times the usual rate");
    if let Some(last) = looks.iter().rfind(|look| look.at <= end)
        && let Some(healed) = turned(last, false)
    {
        seen.healed = Some(bracket(last.at, healed.at));
    }
    seen
}

/// The sum over the nodes at each look at any of them, once all were looked at. A node that counts
/// from 0 again was started anew: what it had counted is kept.
fn looks(nodes: &[String], gauge: &str, health: &[&Health]) -> Vec<Look> {
    let mut known: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    let mut looks = Vec::new();
    for look in health.iter().filter(|look| nodes.contains(&look.node)) {
        let Some(count) = look.gauges.get(gauge).copied() else { continue };
        let (kept, last) = known.entry(&look.node).or_default();
        if count < *last {
            *kept += *last;
        }
        *last = count;
        if known.len() == nodes.len() {
            let total = known.values().map(|(kept, last)| kept + last).sum();
            looks.push(Look { at: look.at, total });
        }
    }
    looks
}

/// A second; `None` without any time between the two.
fn rate(from: &Look, to: &Look) -> Option<f64> {
    let seconds = to.at.saturating_sub(from.at).as_secs_f64();
    (seconds > 0.0).then(|| to.total.saturating_sub(from.total) as f64 / seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;
    use crate::sample::{self, s};
    use crate::units::Span;

    fn planned() -> PlannedFault {
        let fault = TelemetryRises { nodes: vec!["queue-1".into()], times: 5.0 };
        PlannedFault {
            fault: Fault::from(fault),
            window: Span { start: s(100), end: s(200) },
            ..sample::plan(Vec::new()).faults.remove(0)
        }
    }

    fn look(second: u64, node: &str, total: u64) -> Health {
        Health {
            at: s(second),
            node: node.into(),
            healthy: Some(true),
            backlog: 0,
            oldest: Micros::ZERO,
            gauges: [("n".to_owned(), total)].into(),
        }
    }

    /// `per_second` by second, looked at each second.
    fn seen(per_second: impl Fn(u64) -> u64) -> Seen {
        let mut total = 0;
        let health = (0..300).map(|second| {
            total += per_second(second);
            look(second, "queue-1", total)
        });
        seen_by(&["queue-1"], &health.collect::<Vec<_>>())
    }

    fn seen_by(nodes: &[&str], health: &[Health]) -> Seen {
        let nodes: Vec<String> = nodes.iter().map(|node| (*node).to_owned()).collect();
        watch(&planned(), (&nodes, "n"), 5.0, &health.iter().collect::<Vec<_>>())
    }

    #[test]
    fn who_counts_from_0_again_has_not_fallen_behind_nor_jumped() {
        // It is started anew in the baseline: what it had counted stays counted.
        let total = |second: u64| if second < 50 { 10 * second } else { 10 * (second - 49) };
        let risen = |second: u64| if second > 100 { 40 * (second - 100) } else { 0 };
        let health: Vec<Health> = (0..300)
            .map(|second| look(second, "queue-1", total(second) + risen(second.min(200))))
            .collect();
        let rise = seen_by(&["queue-1"], &health);
        assert!(rise.doubts.is_empty(), "{:?}", rise.doubts);
        assert_eq!(rise.how, "n grew to 5.0 times the usual rate");
    }

    #[test]
    fn a_node_that_is_first_heard_of_in_the_fault_is_no_rise() {
        let mut health: Vec<Health> =
            (0..300).map(|second| look(second, "queue-1", 10 * second)).collect();
        health.extend((110..300).map(|second| look(second, "queue-2", 5_000 + 10 * second)));
        health.sort_by_key(|look| look.at);
        let late = seen_by(&["queue-1", "queue-2"], &health);
        assert!(late.effective.is_none(), "{}", late.how);
    }

    #[test]
    fn a_rise_is_dated_between_the_last_look_before_and_the_first_that_shows_it() {
        let rise = seen(|second| if (101..=200).contains(&second) { 50 } else { 10 });
        assert!(rise.doubts.is_empty(), "{:?}", rise.doubts);
        let effective = rise.effective.expect("effective");
        assert_eq!((effective.after, effective.by), (s(100), s(120)));
        let healed = rise.healed.expect("healed");
        assert_eq!((healed.after, healed.by), (s(200), s(220)));
    }

    #[test]
    fn no_rise_a_small_one_and_one_out_of_nothing_are_doubted() {
        assert!(!seen(|_| 10).doubts.is_empty());
        assert!(!seen(|second| if second > 100 { 25 } else { 10 }).doubts.is_empty());
        assert!(!seen(|second| if second > 100 { 50 } else { 0 }).doubts.is_empty());
        let stays = seen(|second| if second > 100 { 50 } else { 10 });
        assert!(stays.effective.is_some() && stays.healed.is_none());
    }
}
