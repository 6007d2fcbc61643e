//! The order of a drill, against levers that only note that they were pulled: also when a lever
//! fails, and when a part of the harness itself panics.

mod rehearsal;

use crate::testing::Panics;
use crate::wish::Wish;
use rehearsal::{Lever, Rehearsal};
use squall_model::fact::Fact;
use squall_model::verdict::Verdict;
use squall_platform::{Node, time};
use std::time::Duration;

const FIRST: [&str; 4] = ["reset", "raise", "ready", "warm-up"];
const INJECTED: [&str; 7] = [
    "inject",
    "pull add_toxic gateway-1->smartfren",
    "pull add_toxic gateway-2->smartfren",
    "under fault",
    "inject",
    "pull freeze_node gateway-2",
    "under fault",
];
const HEALED: [&str; 7] = [
    "heal",
    "undo thaw_node gateway-2",
    "under fault",
    "heal",
    "undo remove_toxic gateway-2->smartfren",
    "undo remove_toxic gateway-1->smartfren",
    "recovery",
];

#[test]
fn every_phase_comes_in_its_order_and_undo_in_reverse() {
    let seen = Rehearsal::default().play();
    assert_eq!((&seen.ended.interrupted, &seen.ended.unhealed), (&None, &vec![]));
    let last = ["drain", "collect", "lower"];
    let expected = [&FIRST[..], &["baseline"], &INJECTED, &HEALED, &last].concat();
    assert_eq!(seen.order(), expected);

    let starts = seen.log.iter().take_while(|line| line.starts_with("start ")).count();
    assert_eq!(seen.log[..2], ["start fault-proxy", "start name-server"]);
    assert_eq!(starts, 2 + seen.plan.stack.carriers.len() + seen.plan.stack.nodes.len());
    let levers = seen.log[starts..seen.log.len() - 1].iter();
    assert!(levers.clone().all(|line| line.starts_with("pull ")), "{:?}", seen.log);
    assert_eq!(levers.count(), 6);
    assert_eq!(seen.log.last().unwrap(), "lower");
}

#[test]
fn probes_look_before_during_and_after_each_fault() {
    let seen = Rehearsal::default().play();
    let (mut spans, mut probes) = (Vec::new(), 0);
    for fact in &seen.facts {
        match fact {
            Fact::Probe(_) => probes += 1,
            Fact::Phase(phase) if ["inject", "recovery", "collect"].contains(&&*phase.name) => {
                spans.push(std::mem::take(&mut probes));
            }
            _ => {}
        }
    }
    assert!(spans.len() == 4 && spans.iter().all(|probes| *probes > 0), "{spans:?}");
}

#[test]
fn a_lever_that_fails_changes_no_order_and_its_undo_runs() {
    let fails = |name: &str| match name {
        "add_toxic gateway-1->smartfren" => Lever::Fails,
        _ => Lever::Works,
    };
    let seen = Rehearsal { script: fails, ..Rehearsal::default() }.play();
    assert_eq!((&seen.ended.interrupted, &seen.ended.unhealed), (&None, &vec![]));
    assert_eq!(seen.pulled(), Rehearsal::default().play().pulled());
    assert_eq!(seen.errors(), ["planned"]);
    assert_eq!(seen.verdict(), Verdict::Inconclusive);
}

#[test]
fn a_lever_that_panics_is_one_that_failed() {
    let panics = |name: &str| match name {
        "freeze_node gateway-2" => Lever::Panics,
        _ => Lever::Works,
    };
    let seen = Rehearsal { script: panics, ..Rehearsal::default() }.play();
    assert_eq!((&seen.ended.interrupted, &seen.ended.unhealed), (&None, &vec![]));
    assert_eq!(seen.pulled(), Rehearsal::default().play().pulled());
    assert_eq!(seen.errors(), ["the lever panicked"]);
    assert_eq!(seen.verdict(), Verdict::Inconclusive);
}

#[test]
fn an_undo_that_fails_is_tried_again_at_the_end_and_then_told() {
    let fails = |name: &str| match name {
        "thaw_node gateway-2" => Lever::Fails,
        _ => Lever::Works,
    };
    let seen = Rehearsal { script: fails, ..Rehearsal::default() }.play();
    assert_eq!(seen.ended.unhealed.len(), 1);
    assert!(seen.ended.unhealed[0].contains("gateway-2"), "{:?}", seen.ended);
    let pulled = seen.pulled();
    assert_eq!(
        pulled[pulled.len() - 3..],
        [
            "remove_toxic gateway-2->smartfren",
            "remove_toxic gateway-1->smartfren",
            "thaw_node gateway-2"
        ]
    );
    assert_eq!(
        seen.order().iter().rev().take(3).rev().collect::<Vec<_>>(),
        ["drain", "collect", "lower"]
    );
}

#[test]
fn a_driver_that_panics_heals_everything_and_ends_with_the_facts_so_far() {
    let mut rehearsal = Rehearsal::default();
    rehearsal.plan.stack.ingress.kind = "panics".into();
    let seen = rehearsal.play();
    seen.was_interrupted("the driver died");
    assert_eq!(seen.since_inject(), [&INJECTED[..], &HEALED, &["collect", "lower"]].concat());
    let submits = seen.count(|fact| matches!(fact, Fact::Submit(_)));
    assert!((Panics::AFTER - 20..=Panics::AFTER).contains(&submits), "{submits}");
    let waiting = seen.count(|fact| matches!(fact, Fact::PendingCount { .. }));
    assert!(waiting > 0, "the queues were not asked what they hold");
}

#[test]
fn a_probe_that_panics_heals_everything_and_ends_with_the_facts_so_far() {
    let panics = |node: &Node| {
        node.spawn(async {
            time::sleep(Duration::from_secs(18)).await;
            panic!("planned: a probe panics");
        })
    };
    let seen = Rehearsal { understudy: Some(panics), ..Rehearsal::default() }.play();
    seen.was_interrupted("a probe died");
    assert_eq!(seen.since_inject(), [&INJECTED[..], &HEALED, &["collect", "lower"]].concat());
    assert!(seen.count(|fact| matches!(fact, Fact::Submit(_))) > 300);
}

#[test]
fn a_harness_that_panics_heals_everything_and_lowers_the_stack() {
    let after = Some("pull freeze_node gateway-2");
    let seen = Rehearsal { engine_panics_after: after, ..Rehearsal::default() }.play();
    seen.was_interrupted("the harness itself panicked");
    assert_eq!(seen.since_inject(), [&INJECTED[..], &HEALED, &["lower"]].concat());
    assert_eq!(seen.log.last().unwrap(), "lower");
}

#[test]
fn a_stop_heals_in_reverse_and_reads_everything() {
    let seen = Rehearsal { wish: Some((18, Wish::Stop)), ..Rehearsal::default() }.play();
    seen.was_interrupted("stopped by the user");
    assert_eq!(seen.since_inject(), [&INJECTED[..], &HEALED, &["collect", "lower"]].concat());
    assert!(seen.count(|fact| matches!(fact, Fact::PendingCount { .. })) > 0);
    assert_eq!(seen.log.last().unwrap(), "lower");
}

#[test]
fn a_hurried_drill_heals_all_the_same_and_asks_nobody_anything() {
    let seen = Rehearsal { wish: Some((18, Wish::Hurry)), ..Rehearsal::default() }.play();
    seen.was_interrupted("stopped by the user");
    assert_eq!(seen.since_inject(), [&INJECTED[..], &HEALED, &["collect", "lower"]].concat());
    assert_eq!(seen.count(|fact| matches!(fact, Fact::PendingCount { .. })), 0);
    assert_eq!(seen.log.last().unwrap(), "end now");
}

#[test]
fn a_stop_while_the_stack_rises_plays_nothing() {
    let seen = Rehearsal { wish: Some((-30, Wish::Stop)), ..Rehearsal::default() }.play();
    seen.was_interrupted("stopped by the user");
    assert_eq!(seen.order(), ["reset", "raise", "lower"]);
    assert!(seen.pulled().is_empty());
}
