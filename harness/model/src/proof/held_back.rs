//! A limit that has to bite: by the engine's own count of how often it held the node back.

use super::{Seen, bracket};
use crate::fact::HeldBack;
use crate::lever::Resource;
use crate::plan::PlannedFault;
use crate::words;

/// Effective from the first look at which the count had grown, where it rested before the window; healed
/// from the first that finds it unchanged since a look after the window.
pub(super) fn watch(
    planned: &PlannedFault,
    node: &str,
    resource: Resource,
    looks: &[&HeldBack],
) -> Seen {
    let (start, end) = (planned.window.start, planned.window.end);
    let of_node = looks.iter().filter(|look| look.node == node && look.resource == resource);
    let looks: Vec<&HeldBack> = of_node.copied().collect();
    let mut seen = Seen { effective: None, healed: None, doubts: Vec::new(), how: String::new() };
    let before = looks.partition_point(|look| look.at <= start);
    let within = looks.partition_point(|look| look.at <= end);
    let Some(last) = before.checked_sub(1) else {
        seen.doubts.push(format!("nobody counted how often {node} was held back before it"));
        return seen;
    };
    // What an earlier limit did is counted too: it only has to be over.
    if grown(&looks[last.saturating_sub(1)..before]) > 0 {
        seen.doubts.push(format!("{node} was held back at a limit of {resource} before it"));
        return seen;
    }
    let during = &looks[last..within];
    seen.how = match grown(during) {
        0 => format!("{node} never reached its limit of {resource}"),
        times => {
            format!("{node} was held back {} times by its limit of {resource}", words::count(times))
        }
    };
    match during.windows(2).find(|pair| grown(pair) > 0) {
        Some(pair) => seen.effective = Some(bracket(pair[0].at, pair[1].at)),
        None => seen.doubts.push(seen.how.clone()),
    }
    let rests = looks[within..].windows(2).find(|pair| grown(pair) == 0);
    seen.healed = rests.map(|pair| bracket(end, pair[1].at));
    seen
}

/// How much was counted from the first look to the last. A new life counts from 0 again.
fn grown(looks: &[&HeldBack]) -> u64 {
    let step = |pair: &[&HeldBack]| match pair[1].times.checked_sub(pair[0].times) {
        Some(more) => more,
        None => pair[1].times,
    };
    looks.windows(2).map(step).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{Fault, NodeLimited};
    use crate::sample::{self, s};
    use crate::units::Span;

    fn planned() -> PlannedFault {
        let fault = NodeLimited { nodes: vec!["a".into()], resource: Resource::Cpu, to: 50 };
        PlannedFault {
            fault: Fault::from(fault),
            window: Span { start: s(100), end: s(200) },
            ..sample::plan(Vec::new()).faults.remove(0)
        }
    }

    /// The count by second, looked at every second half a second late.
    fn seen(count: impl Fn(u64) -> u64) -> Seen {
        let look = |second: u64| HeldBack {
            at: s(second) + crate::units::Micros::from_millis(500),
            node: "a".into(),
            resource: Resource::Cpu,
            times: count(second),
        };
        let looks: Vec<HeldBack> = (0..300).map(look).collect();
        watch(&planned(), "a", Resource::Cpu, &looks.iter().collect::<Vec<_>>())
    }

    #[test]
    fn a_limit_that_bites_is_dated_by_the_looks_around_it() {
        let it = seen(|second| 3 * (second.clamp(110, 201) - 110));
        assert!(it.doubts.is_empty(), "{:?}", it.doubts);
        assert_eq!(it.how, "a was held back 267 times by its limit of CPU");
        let half = crate::units::Micros::from_millis(500);
        assert_eq!(it.effective.map(|b| (b.after, b.by)), Some((s(110) + half, s(111) + half)));
        // It grew once more between the looks at 200.5 and 201.5.
        assert_eq!(it.healed.map(|b| (b.after, b.by)), Some((s(200), s(202) + half)));
    }

    #[test]
    fn a_limit_nobody_reaches_one_that_stays_and_one_from_before_are_doubted() {
        assert_eq!(seen(|_| 0).doubts, ["a never reached its limit of CPU"]);
        assert!(seen(|second| second).doubts[0].contains("before it"));
        let stays = seen(|second| second.saturating_sub(110));
        assert!(stays.effective.is_some() && stays.healed.is_none());
        assert!(watch(&planned(), "a", Resource::Cpu, &[]).doubts[0].starts_with("nobody counted"));
    }

    #[test]
    fn a_limit_that_was_lifted_long_before_is_no_doubt() {
        let it = seen(|second| second.min(50) + second.max(120) - 120);
        assert!(it.doubts.is_empty(), "{:?}", it.doubts);
        assert_eq!(
            it.effective.map(|b| b.by),
            Some(s(121) + crate::units::Micros::from_millis(500))
        );
    }

    #[test]
    fn a_new_life_counts_anew() {
        let it = seen(|second| if second < 150 { second.max(110) - 110 } else { 0 });
        assert_eq!(it.how, "a was held back 39 times by its limit of CPU");
    }
}
