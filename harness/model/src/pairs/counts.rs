//! Objectives of which one case is one too many: a message, an answer, a change of route.

use super::{Pair, pair};
use crate::fact::{Fact, Health};
use crate::objective::*;
use crate::sample::*;
use crate::units::Micros;

/// One message that meets `fate` at step 1, none at step 0.
fn one(fate: Fate) -> impl Fn(u64) -> Box<dyn Fn(u64, u64) -> Fate> {
    move |step| {
        let fate = fate.clone();
        Box::new(move |m, _| if step == 1 && m == 9 { fate.clone() } else { Fate::good() })
    }
}

fn zero(kind: &'static str, objective: impl Into<Objective>, fate: Fate) -> Pair {
    let (objective, fates) = (objective.into(), one(fate));
    pair(kind, (0, 1), 1, move |step| judged(objective.clone(), fates(step)))
}

pub(super) fn pairs() -> Vec<Pair> {
    let twice = Fate { deliveries: vec![(s(1), A), (s(2), B)], ..Fate::good() };
    let claimed = Fate { deliveries: Vec::new(), ..Fate::good() };
    let mute = Fate { receipt: None, ..Fate::good() };
    vec![
        zero("no_loss", NoLoss {}, Fate::gone()),
        zero("no_duplicates", NoDuplicates {}, twice),
        zero("no_false_receipts", NoFalseReceipts {}, claimed),
        zero("every_outcome_has_receipt", EveryOutcomeHasReceipt {}, mute),
        in_order(),
        nothing_after_validity(),
        pair("route_changes", (1, 4), 1, route_changes),
        pair("health_is_honest", (0, 9), 1, health_is_honest),
    ]
}

/// A message arrives so many microseconds after the next one to the same subscriber.
fn in_order() -> Pair {
    let plan = plan(Vec::new());
    let arrivals: Vec<_> = plan.traffic.arrivals(plan.seed, plan.end).collect();
    let first = arrivals[9];
    let next = arrivals.iter().skip(10).find(|next| next.subscriber == first.subscriber).unwrap();
    let together = next.due + Micros::from_millis(500) - first.due;
    pair("in_order", (0, 2), 1, move |late| {
        let behind = Fate::after(together + Micros(late));
        judged(InOrder {}, move |m, _| if m == 9 { behind.clone() } else { Fate::good() })
    })
}

/// A message outlives its validity and never comes, or comes a microsecond after it.
fn nothing_after_validity() -> Pair {
    pair("nothing_after_validity", (0, 1), 1, |step| {
        let late = if step == 0 { Fate::gone() } else { Fate::after(s(60) + Micros(1)) };
        let fate = move |m, _| if m == 9 { late.clone() } else { Fate::good() };
        changed(NothingAfterValidity {}, fate, |plan| plan.traffic.validity = Some(s(60)), |_| {})
    })
}

/// The route changes so often, every 20 s from the fault on; it may twice.
fn route_changes(times: u64) -> crate::judged::Judged {
    judged(RouteChanges { at_most: 2 }, move |_, now| {
        let changed = (now.saturating_sub(40) / 20).min(times);
        if changed % 2 == 1 { Fate::by(B) } else { Fate::good() }
    })
}

/// A stuck backlog is owned up to, but for so many answers in a row; three make a lie.
fn health_is_honest(healthy: u64) -> crate::judged::Judged {
    let told = move |facts: &mut Vec<Fact>| {
        facts.extend((60..120).map(|second| {
            let (at, oldest, node) = (s(second), s(second - 50), "queue-1".into());
            let healthy = Some((80..80 + healthy).contains(&second));
            Fact::Health(Health {
                at,
                node,
                healthy,
                backlog: second,
                oldest,
                gauges: Default::default(),
            })
        }));
    };
    changed(HealthIsHonest {}, |_, _| Fate::good(), |_| {}, told)
}
