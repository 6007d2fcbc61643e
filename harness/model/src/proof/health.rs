//! A buffer that has to fill: by what its node says of its own backlog.

use super::{Seen, bracket, levers};
use crate::fact::{Health, LeverResult};
use crate::plan::PlannedFault;
use crate::words::count;

/// Effective from the first look at which the buffer of one of the nodes was full; healed by the
/// limits' read-back.
pub(super) fn watch(
    planned: &PlannedFault,
    (nodes, buffer): (&[String], &str),
    events: u64,
    health: &[&Health],
    pulled: &[&LeverResult],
) -> Seen {
    let set = levers::watch(planned, pulled);
    let looks = health.iter().filter(|look| nodes.contains(&look.node) && look.healthy.is_some());
    let looks: Vec<&Health> =
        looks.copied().filter(|look| planned.window.contains(look.at)).collect();
    let holds = |look: &Health| look.gauges.get(buffer).copied().unwrap_or(look.backlog);
    let fullest = looks.iter().max_by_key(|look| holds(look));
    let (most, fullest) =
        fullest.map_or((0, nodes.join(", ")), |look| (holds(look), look.node.clone()));
    let full = looks.iter().find(|look| holds(look) >= events);
    let effective = full.map(|full| {
        let earlier = looks.iter().rfind(|look| look.node == full.node && look.at < full.at);
        bracket(earlier.map_or(planned.window.start, |look| look.at), full.at)
    });
    let held = format!("{fullest} held {} of {}", count(most), count(events));
    let doubts = match effective {
        Some(_) => Vec::new(),
        None => vec![format!("the buffer never filled: {held} at most")],
    };
    Seen { effective, healed: set.healed, doubts, how: held }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{self, s};
    use crate::units::Micros;

    fn look(second: u64, node: &str, fill: u64) -> Health {
        let gauges = [("x_buffer".to_owned(), fill)].into();
        let (backlog, oldest) = (7_000, Micros::ZERO);
        Health { at: s(second), node: node.into(), healthy: Some(true), backlog, oldest, gauges }
    }

    fn seen(looks: &[Health]) -> Seen {
        let planned = sample::plan(Vec::new()).faults.remove(0);
        let nodes = ["queue-1".to_owned(), "queue-2".to_owned()];
        watch(&planned, (&nodes, "x_buffer"), 100, &looks.iter().collect::<Vec<_>>(), &[])
    }

    #[test]
    fn one_node_that_fills_its_buffer_proves_the_limit_where_another_stands_by() {
        let looks = [
            look(70, "queue-1", 20),
            look(71, "queue-2", 0),
            look(80, "queue-1", 100),
            look(81, "queue-2", 0),
        ];
        let seen = seen(&looks);
        assert!(seen.doubts.is_empty(), "{:?}", seen.doubts);
        assert_eq!(seen.effective.map(|it| (it.after, it.by)), Some((s(70), s(80))));
        assert_eq!(seen.how, "queue-1 held 100 of 100");
    }

    #[test]
    fn a_buffer_that_never_fills_is_doubted_whatever_else_waits() {
        let seen =
            seen(&[look(70, "queue-1", 99), look(71, "queue-2", 3), look(10, "queue-1", 100)]);
        assert!(seen.effective.is_none());
        assert_eq!(seen.doubts, ["the buffer never filled: queue-1 held 99 of 100 at most"]);
    }
}
