//! The formulas by arithmetic, and the promise of the score: what is not known never raises it.
#![allow(clippy::unwrap_used)]

use super::{Dimension, Score, Scored, State};
use crate::fact::*;
use crate::judge::judge;
use crate::objective::*;
use crate::plan::Plan;
use crate::sample::*;
use crate::units::Micros;
use proptest::prelude::*;

/// What goes missing from a record, or comes to it.
type Damage = fn(&mut Vec<Fact>);

fn of(score: &Score, dimension: Dimension) -> Scored {
    score.dimensions.iter().find(|it| it.name == dimension).unwrap().clone()
}

/// For six seconds nothing arrives, then the other region takes over until the queue is back.
fn taken_over(_: u64, now: u64) -> Fate {
    match now {
        60..66 => Fate::gone().via("queue-1"),
        66..120 => Fate::good().via("queue-2"),
        _ => Fate::good().via("queue-1"),
    }
}

/// Nothing arrives for the fault's minute, some of it twice before, and a few per cent never again.
fn hurt(m: u64, now: u64) -> Fate {
    match now {
        60..120 => Fate::gone().via("queue-1"),
        30 => Fate { deliveries: vec![(s(1), A), (s(2), A)], ..Fate::good() }.via("queue-1"),
        120.. if m.is_multiple_of(25) => Fate::gone().via("queue-1"),
        _ => Fate::good().via("queue-1"),
    }
}

fn scored(fate: fn(u64, u64) -> Fate) -> Score {
    judged(NoLoss {}, fate).score
}

#[test]
fn each_dimension_is_its_formula() {
    let score = scored(taken_over);
    // 99.9% of 30 days leaves 2,592 s of downtime; the last probe that was answered went at 59.5 s.
    let time = |took: f64| 100.0 * (1.0 - took / 2_592.0);
    let near = |dimension, points: f64| {
        let it = of(&score, dimension);
        assert!((it.points.unwrap() - points).abs() < 0.1, "{points}: {it:?}");
        assert_eq!((it.points, it.coverage, it.state), (it.most, 1.0, State::Measured), "{it:?}");
    };
    near(Dimension::Failover, time(7.0));
    near(Dimension::Recovery, time(7.0));
    // Lost all of them: one of the four properties that a drill without validity has.
    near(Dimension::Correctness, 75.0);
    // A tenth of the minute's messages, over 5,163 people, and a margin for chance: 11.76%.
    let people = of(&score, Dimension::Containment);
    assert!((88.0..88.5).contains(&people.points.unwrap()), "{people:?}");
    // 54 of 623 arrived before and after the six seconds; the exact bound of that is 6.88%.
    near(Dimension::Delivery, 6.88);
    let sum: f64 = score.dimensions.iter().filter_map(|it| it.points).sum();
    assert!((score.low.unwrap() - sum / score.applicable as f64).abs() < 1e-9);
    assert_eq!((score.value, score.high), (score.low, score.low), "nothing is unknown");
}

#[test]
fn what_was_watched_for_and_never_came_is_nothing() {
    let score = scored(hurt);
    for dimension in [Dimension::Failover, Dimension::Recovery] {
        let it = of(&score, dimension);
        assert_eq!(
            (it.state, it.points, it.most),
            (State::Measured, Some(0.0), Some(0.0)),
            "{it:?}"
        );
    }
}

#[test]
fn what_nothing_called_for_counts_for_nobody() {
    let calm = changed(
        NoLoss {},
        |_, _| Fate::good(),
        |plan| plan.faults.clear(),
        |facts| {
            facts.retain(|fact| !matches!(fact, Fact::Lever(_)));
        },
    );
    assert_eq!((calm.score.applicable, calm.score.value), (1, Some(100.0)), "{:?}", calm.score);
    let unhurt = scored(|_, _| Fate::good().via("queue-1"));
    for dimension in [Dimension::Detection, Dimension::Failover, Dimension::Recovery] {
        assert_eq!(of(&unhurt, dimension).state, State::NotApplicable, "{dimension:?}");
        assert_eq!(of(&unhurt, dimension).points, None);
    }
}

#[test]
fn what_the_record_does_not_tell_is_a_hole() {
    let untold =
        scored(|_, now| if (60..120).contains(&now) { Fate::gone() } else { Fate::good() });
    let it = of(&untold, Dimension::Failover);
    assert_eq!(
        (it.state, it.points, it.most, it.coverage),
        (State::Hole, Some(0.0), Some(100.0), 0.0)
    );
    assert!(it.reason.contains("do not tell"), "{it:?}");
    assert!(untold.low < untold.high && untold.coverage < 1.0);
}

#[test]
fn an_unproven_fault_an_interruption_and_a_load_not_held_leave_nothing() {
    let blind = |facts: &mut Vec<Fact>| facts.retain(|f| !matches!(f, Fact::Probe(_)));
    let stop = |facts: &mut Vec<Fact>| {
        facts.push(Fact::Interrupted { at: s(290), reason: "SIGINT".into() });
    };
    let unsent = |facts: &mut Vec<Fact>| {
        facts.retain(|f| !matches!(f, Fact::Submit(submit) if submit.m == 5_000));
    };
    let lagged = |facts: &mut Vec<Fact>| {
        let (at, lag) = (s(300), Micros::from_millis(51));
        facts.push(Fact::Load(Load { at, scheduled: 1, sent: 1, lag_p99: lag, lag_max: lag }));
    };
    let doubts: [(&str, Damage); 4] =
        [("not proven", blind), ("stopped", stop), ("never sent", unsent), ("lagged", lagged)];
    for (why, doubt) in doubts {
        let score = changed(NoLoss {}, taken_over, |_| {}, doubt).score;
        assert_eq!(
            (score.value, score.high, score.coverage),
            (Some(0.0), Some(100.0), 0.0),
            "{why}"
        );
        for it in score.dimensions {
            assert_eq!(it.state, State::Hole, "{it:?}");
            assert!(it.reason.contains(why), "{it:?}");
        }
    }
}

#[test]
fn an_undecided_objective_takes_its_part_and_never_gives() {
    let more = |plan: &mut Plan| {
        // Nothing is out of order or asked about: there is no follow-up message to judge by.
        let mut undecided = plan.objectives[0].clone();
        undecided.objective = NothingAfterValidity {}.into();
        plan.objectives.push(undecided);
    };
    let alone = of(&scored(taken_over), Dimension::Correctness);
    let both = of(&changed(NoLoss {}, taken_over, more, |_| {}).score, Dimension::Correctness);
    assert_eq!((both.objectives, both.decided), (2, 1));
    assert_eq!(both.points.unwrap(), alone.points.unwrap() / 2.0);
    assert_eq!(both.coverage, 0.5);
    assert!(both.reason.ends_with("1 of 2 objectives decided."), "{}", both.reason);
    // Asked for and not answered, where otherwise nothing would have called for it.
    let asked = |to: &str| {
        let objective = FailsOver { to: to.into(), within: s(9) };
        of(&judged(objective, |_, _| Fate::good().via("queue-1")).score, Dimension::Failover)
    };
    let it = asked("north");
    assert_eq!((it.state, it.points, it.decided), (State::NotApplicable, None, 0), "{it:?}");
    assert!(it.reason.ends_with("0 of 1 objectives decided."), "{it:?}");
    // Asked for and refused is an answer, and the record is none the worse for the question.
    let it = asked("south");
    assert_eq!((it.state, it.points, it.most), (State::NotApplicable, None, None), "{it:?}");
    assert!(it.reason.contains("Asked for all the same, and not met."), "{it:?}");
}

#[test]
fn the_one_line_that_shows_a_duplicate_is_missed_when_it_is_gone() {
    let twice = |m: u64, _: u64| match m {
        9_000 => Fate { deliveries: vec![(s(1), A), (s(2), A)], ..Fate::good() }.via("queue-1"),
        _ => Fate::good().via("queue-1"),
    };
    let whole = judged(NoLoss {}, twice).score;
    assert!(of(&whole, Dimension::Correctness).points < Some(100.0));
    let second = |fact: &Fact| matches!(fact, Fact::Carrier(saw) if saw.m == Some(9_000));
    let gone = changed(
        NoLoss {},
        twice,
        |_| {},
        |facts| {
            let at = facts.iter().rposition(second).unwrap();
            facts.remove(at);
        },
    );
    assert!(gone.score.low < whole.low, "{:?}", gone.score);
    assert!(of(&gone.score, Dimension::Correctness).reason.contains("carriers' logs"));
    assert_eq!(gone.verdict, crate::verdict::Verdict::Inconclusive, "nor does anything pass");
}

/// The same for every machine: which facts a damaged record has lost.
fn lost(seed: u64, index: usize, one_in: u64) -> bool {
    let mut x = seed ^ (index as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (x ^ (x >> 31)).is_multiple_of(one_in)
}

fn kind(fact: &Fact) -> usize {
    match fact {
        Fact::Submit(_) => 0,
        Fact::Carrier(_) => 1,
        Fact::Receipt(_) => 2,
        Fact::Probe(_) => 3,
        Fact::Lever(_) => 4,
        Fact::PendingCount { .. } => 5,
        _ => 6,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_record_that_lost_facts_never_scores_higher(
        seed in any::<u64>(),
        gone in 0..7usize,
        one_in in prop_oneof![Just(1u64), Just(2), Just(20), Just(1_000)],
        good in any::<bool>(),
        asked in any::<bool>(),
    ) {
        let fate = if good { taken_over } else { hurt };
        let objectives = vec![NoLoss {}.into(), Detected { within: s(600) }.into()];
        // What is asked for and turns undecided makes a hole of its own: without, the dimensions
        // stand alone.
        let plan = plan(if asked { objectives } else { Vec::new() });
        let whole = facts(&plan, fate);
        let left = whole.iter().enumerate();
        let left = left.filter(|(index, fact)| kind(fact) != gone || !lost(seed, *index, one_in));
        let left: Vec<Fact> = left.map(|(_, fact)| fact.clone()).collect();
        let score = |facts| judge(&record(plan.clone(), facts)).score;
        let (damaged, sound) = (score(left), score(whole));
        prop_assert!(
            damaged.low.unwrap_or(0.0) <= sound.low.unwrap() + 1e-9,
            "{damaged:#?}\nagainst {sound:#?}"
        );
    }

    #[test]
    fn what_is_asked_of_a_record_never_raises_its_score_and_lowers_it_only_undecided(
        asked in proptest::collection::vec(any::<bool>(), 6),
        good in any::<bool>(),
    ) {
        use crate::verdict::Verdict;
        let fate = if good { taken_over } else { hurt };
        let all: [crate::objective::Objective; 6] = [
            DeliveredWithin { at_least: 0.9, within: s(5) }.into(),
            NoLoss {}.into(),
            Detected { within: s(600) }.into(),
            FailsOver { to: "south".into(), within: s(9) }.into(),
            FailsOver { to: "north".into(), within: s(9) }.into(),
            Recovers { within: s(60), from: recovers::RecoversFrom::LastHeal }.into(),
        ];
        let facts = facts(&plan(Vec::new()), fate);
        let score = |objectives| judge(&record(plan(objectives), facts.clone()));
        let bare = score(Vec::new()).score.low.unwrap();
        let some = all.into_iter().zip(asked).filter(|(_, asked)| *asked).map(|(it, _)| it);
        let seen = score(some.collect());
        let low = seen.score.low.unwrap();
        prop_assert!(low <= bare + 1e-9, "{:#?}", seen.score);
        let decided = seen.findings.iter().all(|it| it.verdict != Verdict::Inconclusive);
        prop_assert!(!decided || (low - bare).abs() < 1e-9, "{:#?}", seen.score);
    }

    #[test]
    fn a_finding_that_turns_inconclusive_never_raises_the_score(
        which in proptest::collection::vec(any::<bool>(), 8),
        good in any::<bool>(),
    ) {
        use crate::case::Case;
        use crate::verdict::Verdict;
        let fate = if good { taken_over } else { hurt };
        let plan = plan(vec![
            DeliveredWithin { at_least: 0.9, within: s(5) }.into(),
            NoLoss {}.into(),
            NoDuplicates {}.into(),
            Detected { within: s(600) }.into(),
            FailsOver { to: "south".into(), within: s(9) }.into(),
            RouteChanges { at_most: 2 }.into(),
            Recovers { within: s(60), from: recovers::RecoversFrom::LastHeal }.into(),
            SubscribersAffected { carrier: A.into(), low: 0.0, high: 0.5 }.into(),
        ]);
        let record = record(plan.clone(), facts(&plan, fate));
        let judged = judge(&record);
        let case = Case::open(&record);
        let mut findings = judged.findings.clone();
        for (finding, _) in findings.iter_mut().zip(&which).filter(|(_, open)| **open) {
            finding.verdict = Verdict::Inconclusive;
        }
        let open = super::score(&case, &judged.timeline, &findings, None);
        prop_assert!(open.low.unwrap() <= judged.score.low.unwrap() + 1e-9);
        prop_assert!(open.high.unwrap() >= judged.score.high.unwrap() - 1e-9);
        prop_assert!(open.coverage <= judged.score.coverage + 1e-9);
    }
}
