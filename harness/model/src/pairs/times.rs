//! Objectives on times. The fault's edges lie somewhere in the second between two probes, and windows
//! are a second long: a time is decided where both ends of that second agree, so a record that passes
//! and the nearest that fails are two steps apart, with one between them that nobody can decide.

use super::{Pair, pair};
use crate::fact::{Fact, Health};
use crate::judged::Judged;
use crate::objective::recovers::RecoversFrom;
use crate::objective::*;
use crate::sample::*;

/// Seconds, unless said otherwise; the fault lasts from 60 to 120.
pub(super) fn pairs() -> Vec<Pair> {
    vec![
        pair("fails_over", (62, 90), 2, |at| {
            judged(FailsOver { to: "vendor-b".into(), within: s(10) }, move |_, now| match now {
                60..120 if now < at => Fate::gone(),
                60..120 => Fate::by(B),
                _ => Fate::good(),
            })
        }),
        pair("returns", (130, 190), 2, |until| {
            judged(Returns { to: "vendor-a".into(), within: s(30) }, move |_, now| match now {
                62..200 if now < until => Fate::by(B),
                _ => Fate::good(),
            })
        }),
        pair("recovers", (130, 190), 2, |until| {
            let objective = Recovers { within: s(30), from: RecoversFrom::LastHeal };
            judged(objective, move |_, now| match now {
                61.. if now < until => Fate::after(s(20)),
                _ => Fate::good(),
            })
        }),
        pair("backlog_drains", (130, 200), 2, backlog_drains),
        // From one message on nothing arrives. An alert fires on whole seconds: between the two lie
        // the messages, a second of them, that make it fire on the one that nobody can decide.
        pair("detected", (6_500, 9_000), 118, |from| {
            judged(
                Detected { within: s(70) },
                move |m, _| {
                    if m >= from { Fate::gone() } else { Fate::good() }
                },
            )
        }),
        impact_lasts(),
    ]
}

fn backlog_drains(until: u64) -> Judged {
    let told = move |facts: &mut Vec<Fact>| {
        facts.extend((0..300).map(|second| {
            let backlog = if (60..until).contains(&second) { 900 } else { 3 };
            let (node, at) = ("queue-1".into(), s(second));
            Fact::Health(Health {
                at,
                node,
                healthy: Some(true),
                backlog,
                oldest: s(0),
                gauges: Default::default(),
            })
        }));
    };
    changed(BacklogDrains { within: s(60) }, |_, _| Fate::good(), |_| {}, told)
}

/// The last message that may miss the deadline, and the next one.
fn impact_lasts() -> Pair {
    const FIRST: u64 = 6_200;
    const LAST: u64 = 9_000;
    let plan = plan(Vec::new());
    let arrivals: Vec<_> = plan.traffic.arrivals(plan.seed, plan.end).collect();
    let high = arrivals[LAST as usize].due - arrivals[FIRST as usize].due;
    pair("impact_lasts", (LAST - 3, LAST + 3), 1, move |last| {
        judged(ImpactLasts { low: s(1), high }, move |m, _| {
            if (FIRST..=last).contains(&m) { Fate::after(s(20)) } else { Fate::good() }
        })
    })
}
