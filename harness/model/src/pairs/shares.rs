//! Objectives on shares: one bad message more or less, where the exact 95% bounds cross the limit. How
//! far apart they cross is worked out here from the bounds alone.

use super::{Pair, pair};
use crate::judged::Judged;
use crate::objective::overload_ends::tests::storm;
use crate::objective::verbs_fail::tests::calls;
use crate::objective::*;
use crate::sample::*;
use crate::stats::{ALPHA, at_least, at_most};
use crate::units::Micros;

/// Bad ones from this message on: after warm-up, and in the fault's minute.
const FROM: u64 = 6_200;

pub(super) fn pairs() -> Vec<Pair> {
    let n = after_warm_up();
    let mut pairs = of_calls(n);
    pairs.extend(of_messages(n));
    pairs
}

fn of_messages(n: u64) -> Vec<Pair> {
    vec![
        pair("delivered_within", (0, 3_000), apart(n, 0.01), |bad| {
            judged(DeliveredWithin { at_least: 0.99, within: s(5) }, worse(bad, Fate::gone()))
        }),
        // All of them a microsecond later, with the limit for each between the two.
        pair("delivered_within", (4_999_999, 5_000_002), 1, |us| {
            judged(DeliveredWithin { at_least: 0.99, within: s(5) }, move |_, _| {
                Fate::after(Micros(us))
            })
        }),
        pair("latency_percentile", (0, 3_000), apart(n, 0.01), |bad| {
            judged(latency(), worse(bad, Fate::after(Micros::from_millis(800))))
        }),
        pair("latency_percentile", (799_998, 800_001), 1, |us| {
            judged(latency(), move |_, _| Fate::after(Micros(us)))
        }),
        subscribers_affected(),
        budget_spent(n),
        pair("attempts", (0, 6_000), attempts_apart(), attempts),
        overload_ends(),
    ]
}

fn latency() -> LatencyPercentile {
    let under = Micros::from_millis(800);
    LatencyPercentile { of: latency_percentile::Latency::Delivery, percentile: 99.0, under }
}

/// So many messages in a row meet `fate`, all others are good.
fn worse(bad: u64, fate: Fate) -> impl Fn(u64, u64) -> Fate {
    move |m, _| if (FROM..FROM + bad).contains(&m) { fate.clone() } else { Fate::good() }
}

fn after_warm_up() -> u64 {
    let plan = plan(Vec::new());
    let arrivals = plan.traffic.arrivals(plan.seed, plan.end);
    arrivals.filter(|arrival| arrival.due >= plan.warm_up).count() as u64
}

/// Of `n`, from the most bad ones with which the bound lies below `limit` to the fewest with which it
/// lies above.
fn apart(n: u64, limit: f64) -> u64 {
    let pass = (0..n).take_while(|bad| at_most(*bad, n, ALPHA) < limit).last().unwrap();
    (pass..n).find(|bad| at_least(*bad, n, ALPHA) > limit).unwrap() - pass
}

/// At most a tenth, of more people than can be written to twice in the fault.
fn subscribers_affected() -> Pair {
    let drill = |bad| {
        let objective = SubscribersAffected { carrier: A.into(), low: 0.0, high: 0.1 };
        let more = |plan: &mut crate::plan::Plan| {
            plan.traffic.population.iter_mut().for_each(|pool| pool.subscribers *= 2);
        };
        changed(objective, worse(bad, Fate::after(s(9))), more, |_| {})
    };
    let reached: u64 = drill(0).segments.iter().map(|hit| hit.reached_out).sum();
    pair("subscribers_affected", (0, 2_000), apart(reached, 0.1), drill)
}

fn budget_spent(n: u64) -> Pair {
    // 100 a second for 30 days at 99.9%: 259,200 may be bad.
    let plan = plan(Vec::new());
    let rate = plan.traffic.expected(plan.end) / plan.end.as_secs_f64();
    let limit = 0.02 * rate * 2_592.0 / n as f64;
    pair("budget_spent", (0, 12_000), apart(n, limit), |bad| {
        judged(BudgetSpent { at_most: 0.02, target: 0.999 }, worse(bad, Fate::gone()))
    })
}

/// All arrive before the fault, so of those after it a twentieth may be missing.
fn overload_ends() -> Pair {
    let plan = plan(Vec::new());
    // 20 s from the last look that saw the fault.
    let from = s(139) + Micros::from_millis(500);
    let arrivals = plan.traffic.arrivals(plan.seed, plan.end);
    let after = arrivals.filter(|arrival| arrival.due >= from).count() as u64;
    let first = 15_500;
    let drill = move |bad: u64| storm(|m| (first..first + bad).contains(&m), |_| {});
    pair("overload_ends", (0, 4_000), apart(after, 0.05), drill)
}

/// So many messages were submitted twice; at most 1.1 times on average.
fn attempts(twice: u64) -> Judged {
    let again = Fate { deliveries: vec![(s(1), A), (s(2), A)], ..Fate::good() };
    judged(Attempts { at_most: 1.1 }, worse(twice, again))
}

/// The normal bound of a mean of ones and twos.
fn attempts_apart() -> u64 {
    let n = after_warm_up();
    let of = |twice: u64, sign: f64| {
        let p = twice as f64 / n as f64;
        p + sign * 1.644_854 * (p * (1.0 - p) / n as f64).sqrt()
    };
    let pass = (0..n).take_while(|twice| of(*twice, 1.0) <= 0.1).last().unwrap();
    (pass..n).find(|twice| of(*twice, -1.0) > 0.1).unwrap() - pass
}

/// A tenth of the calls may be dropped, and of their verbs may fail, each from this call on.
fn of_calls(n: u64) -> Vec<Pair> {
    let bad = |bad: u64| move |m: u64| (FROM..FROM + bad).contains(&m);
    vec![
        pair("calls_completed", (0, 6_000), apart(n, 0.1), move |k| {
            calls(CallsCompleted { at_least: 0.9 }, "11200", bad(k))
        }),
        pair("calls_dropped", (0, 6_000), apart(n, 0.1), move |k| {
            calls(CallsDropped { low: 0.0, high: 0.1 }, "11200", bad(k))
        }),
        pair("verbs_succeed", (0, 6_000), apart(n, 0.1), move |k| {
            calls(VerbsSucceed { at_least: 0.9 }, "11200", bad(k))
        }),
        pair("verbs_fail", (0, 6_000), apart(n, 0.1), move |k| {
            let (code, verbs) = ("11200".into(), vec!["play".into()]);
            calls(VerbsFail { low: 0.0, high: 0.1, code, verbs }, "11200", bad(k))
        }),
    ]
}
