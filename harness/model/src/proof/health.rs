//! A buffer that has to fill: by what its node says of its own backlog.

use super::{Seen, bracket, levers};
use crate::fact::{Health, LeverResult};
use crate::plan::PlannedFault;
use crate::words::count;

/// Effective from the first look at which the buffer was full; healed by the limit's read-back.
pub(super) fn watch(
    planned: &PlannedFault,
    node: &str,
    events: u64,
    health: &[&Health],
    pulled: &[&LeverResult],
) -> Seen {
    let set = levers::watch(planned, pulled);
    let looks: Vec<&Health> = health
        .iter()
        .copied()
        .filter(|look| look.node == node && look.healthy.is_some())
        .filter(|look| planned.window.contains(look.at))
        .collect();
    let most = looks.iter().map(|look| look.backlog).max().unwrap_or(0);
    let first = looks.iter().position(|look| look.backlog >= events);
    let effective = first.map(|index| {
        let before = index.checked_sub(1).map_or(planned.window.start, |i| looks[i].at);
        bracket(before, looks[index].at)
    });
    let doubts = match effective {
        Some(_) => Vec::new(),
        None => vec![format!(
            "the buffer of {node} never filled: it held {} of {} at most",
            count(most),
            count(events)
        )],
    };
    let how = format!("{node} held {} of {}", count(most), count(events));
    Seen { effective, healed: set.healed, doubts, how }
}
