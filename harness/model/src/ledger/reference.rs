//! The ledger against a slow second opinion: one that keeps every fact and searches it anew for each
//! message, written from the words of the accounting and not from the table.

use super::close;
use crate::fact::*;
use crate::judged::Accounting;
use crate::record::Record;
use crate::sample;
use crate::units::Micros;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn slow(facts: &[Fact], deadline: Micros) -> Accounting {
    let submits: Vec<&Submit> =
        facts.iter().filter_map(|f| if let Fact::Submit(s) = f { Some(s) } else { None }).collect();
    let saw: Vec<&CarrierSaw> = facts
        .iter()
        .filter_map(|f| if let Fact::Carrier(c) = f { Some(c) } else { None })
        .collect();
    let receipts: Vec<&Receipt> = facts
        .iter()
        .filter_map(|f| if let Fact::Receipt(r) = f { Some(r) } else { None })
        .collect();
    let deliveries = |m: u64| -> Vec<Micros> {
        let own = saw.iter().filter(|c| c.m == Some(m) && c.what == CarrierEvent::Delivered);
        own.map(|c| c.at).collect()
    };
    let got = |m: u64, state| receipts.iter().any(|r| r.m == m && r.state == state);
    let mut books = Accounting { deadline_ms: deadline.as_millis(), ..Default::default() };
    books.attempted = submits.len() as u64;
    books.attempts = saw.iter().filter(|c| is_attempt(c)).count() as u64;
    let named: BTreeSet<u64> = facts
        .iter()
        .filter_map(|f| if let Fact::Pending { m, .. } = f { Some(*m) } else { None })
        .collect();
    let mut missing = 0;
    for submit in &submits {
        let m = submit.m;
        let first = deliveries(m).into_iter().min();
        match (&submit.answer, first) {
            (Answer::Rejected(_), first) => {
                books.rejected += 1;
                books.ghost += u64::from(first.is_some());
            }
            (Answer::Indeterminate(_), first) => {
                books.indeterminate += 1;
                books.recovered += u64::from(first.is_some());
            }
            (Answer::Accepted, Some(first)) => {
                books.accepted += 1;
                let late = first > submit.due + deadline;
                *(if late { &mut books.late } else { &mut books.delivered }) += 1;
                books.missing_receipts += u64::from(!receipts.iter().any(|r| r.m == m));
            }
            (Answer::Accepted, None) => {
                books.accepted += 1;
                let dropped = |c: &&CarrierSaw| matches!(c.what, CarrierEvent::Dropped(_));
                if got(m, ReceiptState::Failed)
                    || saw.iter().copied().filter(dropped).any(|c| c.m == Some(m))
                {
                    books.failed += 1;
                } else if got(m, ReceiptState::Expired) {
                    books.expired += 1;
                } else if named.contains(&m) {
                    books.pending += 1;
                } else {
                    missing += 1;
                }
            }
        }
    }
    settle(&mut books, facts, missing);
    beside(&mut books, &submits, &saw, &receipts);
    books
}

fn settle(books: &mut Accounting, facts: &[Fact], missing: u64) {
    let mut unnamed = 0i64;
    let mut told = false;
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for fact in facts {
        if let Fact::PendingCount { node, count, .. } = fact {
            counts.insert(node, *count as i64);
        }
        told |= matches!(fact, Fact::PendingCount { .. } | Fact::Pending { .. });
    }
    for (name, count) in counts {
        let own = facts.iter().filter(|f| matches!(f, Fact::Pending { node, .. } if node == name));
        unnamed += (count - own.count() as i64).max(0);
    }
    match told {
        false => books.undecided = missing,
        true => {
            books.pending += missing.min(unnamed as u64);
            books.lost = missing - missing.min(unnamed as u64);
        }
    }
}

/// A part of a message, and a verb of a call, belong to an attempt that is logged otherwise.
fn is_attempt(saw: &CarrierSaw) -> bool {
    !matches!(saw.what, CarrierEvent::Part | CarrierEvent::Verb { .. })
}

fn beside(books: &mut Accounting, submits: &[&Submit], saw: &[&CarrierSaw], receipts: &[&Receipt]) {
    let attempted: BTreeSet<u64> = submits.iter().map(|s| s.m).collect();
    let mut times: BTreeMap<u64, u64> = BTreeMap::new();
    let mut strangers = BTreeSet::new();
    for c in saw.iter().filter(|c| is_attempt(c)) {
        match c.m {
            None => books.unexpected += 1,
            Some(m) if !attempted.contains(&m) => drop(strangers.insert(m)),
            Some(_) => {}
        }
        if let (Some(m), CarrierEvent::Delivered) = (c.m, &c.what) {
            *times.entry(m).or_default() += 1;
        }
    }
    books.unexpected += strangers.len() as u64;
    books.duplicated = times.values().filter(|n| **n > 1).count() as u64;
    let claims: BTreeSet<u64> =
        receipts.iter().filter(|r| r.state == ReceiptState::Delivered).map(|r| r.m).collect();
    books.false_receipts = claims.iter().filter(|m| !times.contains_key(m)).count() as u64;
    let first = |m: u64| {
        saw.iter()
            .filter(|c| c.m == Some(m) && c.what == CarrierEvent::Delivered)
            .map(|c| c.at)
            .min()
    };
    for late in submits {
        let Some(at) = first(late.m) else { continue };
        // Any earlier message of the same subscriber that arrived later makes the earlier one late;
        // here the other way round: a message is out of order when a later-numbered one beat it.
        let beaten = submits.iter().any(|other| {
            other.m < late.m && other.sub == late.sub && first(other.m).is_some_and(|o| o > at)
        });
        books.out_of_order += u64::from(beaten);
    }
}

fn fact() -> impl Strategy<Value = Fact> {
    let at = || (0u64..20).prop_map(sample::s);
    let what = prop_oneof![
        4 => Just(CarrierEvent::Delivered),
        1 => Just(CarrierEvent::Swallowed),
        1 => Just(CarrierEvent::Part),
        1 => Just(CarrierEvent::Dropped("11200".into())),
        1 => Just(CarrierEvent::Verb { verb: "play".into(), code: Some("11200".into()) }),
        1 => Just(CarrierEvent::Refused("0x58".into())),
    ];
    let state = prop_oneof![
        Just(ReceiptState::Delivered),
        Just(ReceiptState::Failed),
        Just(ReceiptState::Expired)
    ];
    let route = prop_oneof![Just(sample::A), Just(sample::B)];
    let node = || prop_oneof![Just("queue-1".to_owned()), Just("queue-2".to_owned())];
    prop_oneof![
        6 => (at(), prop::option::weighted(0.9, 0u64..14), route, what).prop_map(|(at, m, carrier, what)| {
            Fact::Carrier(CarrierSaw { at, m, carrier: carrier.into(), seq: 0, what, via: None })
        }),
        3 => (at(), 0u64..14, state).prop_map(|(at, m, state)| Fact::Receipt(Receipt { at, m, state })),
        1 => (at(), 0u64..14, node()).prop_map(|(at, m, node)| Fact::Pending { at, m, node }),
        1 => (at(), node(), 0u64..4).prop_map(|(at, node, count)| Fact::PendingCount { at, node, count }),
    ]
}

/// Twelve messages, each submitted once at most, to four subscribers; then anything at all about
/// fourteen, in any order.
fn history() -> impl Strategy<Value = Vec<Fact>> {
    let answer = prop_oneof![
        4 => Just(Some(Answer::Accepted)),
        1 => Just(Some(Answer::Rejected("503".into()))),
        2 => Just(Some(Answer::Indeterminate("timeout".into()))),
        1 => Just(None),
    ];
    let submits = prop::collection::vec((answer, 0u32..4), 12).prop_map(|answers| {
        let submit = |(m, (answer, sub)): (usize, (Option<Answer>, u32))| {
            let due = sample::s(m as u64 / 2);
            let at = due + Micros::from_millis(30);
            Some(Fact::Submit(Submit { at, m: m as u64, due, sent: due, sub, answer: answer? }))
        };
        answers.into_iter().enumerate().filter_map(submit).collect::<Vec<_>>()
    });
    (submits, prop::collection::vec(fact(), 0..60))
        .prop_map(|(a, b)| [a, b].concat())
        .prop_shuffle()
}

fn build(facts: &[Fact]) -> Record {
    sample::record(sample::plan(Vec::new()), facts.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_ledger_agrees_with_the_slow_one_and_balances(facts in history()) {
        let deadline = sample::s(5);
        let record = build(&facts);
        let books = close(&record.messages, &record.events, deadline, Micros::MAX).accounting;
        prop_assert!(books.balances());
        prop_assert_eq!(books, slow(&facts, deadline));
    }

    #[test]
    fn the_order_of_facts_does_not_matter(facts in history(), other in any::<u64>()) {
        // Which count of a node is its last one is a matter of order, and rightly so.
        let mut facts: Vec<Fact> =
            facts.into_iter().filter(|f| !matches!(f, Fact::PendingCount { .. })).collect();
        let one = build(&facts);
        let turn = other as usize % facts.len().max(1);
        facts.rotate_left(turn);
        facts.reverse();
        let two = build(&facts);
        let books = |record: &Record| close(&record.messages, &record.events, sample::s(5), Micros::MAX).accounting;
        prop_assert_eq!(books(&one), books(&two));
    }

    #[test]
    fn the_judge_never_panics(facts in history()) {
        let judged = crate::judge::judge(&build(&facts));
        prop_assert!(judged.accounting.balances());
    }
}

#[test]
fn a_ledger_that_drops_or_repeats_a_submit_does_not_balance() {
    let mut plan = sample::plan(Vec::new());
    plan.faults.clear();
    let facts = sample::facts(&plan, |_, _| sample::Fate::good());
    let mut twice = facts.clone();
    twice.extend(facts.iter().find(|f| matches!(f, Fact::Submit(_))).cloned());
    let record = sample::record(plan, twice);
    assert!(
        !close(&record.messages, &record.events, sample::s(5), Micros::MAX).accounting.balances()
    );
    assert_eq!(record.messages.strays(), 1);
}

#[test]
fn a_number_beyond_the_schedule_takes_no_memory() {
    let wild =
        Fact::Receipt(Receipt { at: sample::s(1), m: u64::MAX, state: ReceiptState::Failed });
    let record = build(&[wild]);
    assert_eq!((record.messages.rows().len(), record.messages.strays()), (0, 1));
}
