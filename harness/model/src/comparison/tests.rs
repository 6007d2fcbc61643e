//! What may be said of two stacks, and what may not.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::judged::Judged;
use crate::objective::NoLoss;
use crate::sample::*;

/// A drill that lost so many messages, on a stack.
fn play(stack: &str, number: u64, lost: u64) -> Play {
    let mut judged: Judged = judged(NoLoss {}, |_, _| Fate::good());
    judged.accounting.lost = lost;
    judged.accounting.delivered -= lost;
    judged.findings[0].observed = Some(lost as f64);
    judged.findings[0].verdict = if lost == 0 { Verdict::Pass } else { Verdict::Fail };
    let mut plan = plan(vec![NoLoss {}.into()]);
    plan.seed += number;
    Play {
        stack: stack.into(),
        engine: "docker".into(),
        plan,
        judged,
        run: format!("run-{number}"),
    }
}

fn stacks() -> Vec<String> {
    vec!["a".into(), "b".into()]
}

/// Ten plays each, in turns.
fn ten(lost: impl Fn(&str, u64) -> u64) -> Vec<Play> {
    (0..10).flat_map(|n| ["a", "b"].map(|stack| play(stack, n, lost(stack, n)))).collect()
}

fn claimed(comparison: &Comparison) -> usize {
    let lines = comparison.drills.iter().flat_map(|row| row.measures.iter().chain(&row.objectives));
    lines.flat_map(|line| &line.differences).filter(|difference| difference.claimed).count()
}

#[test]
fn a_stack_that_always_loses_differs_from_one_that_never_does() {
    let plays = ten(|stack, n| if stack == "b" { 20 + n } else { 0 });
    let comparison = compare(&stacks(), &plays, true).unwrap();
    let row = &comparison.drills[0];
    let lost = row.measures.iter().find(|line| line.name == "lost").unwrap();
    let difference = lost.differences[0];
    assert!(difference.claimed && difference.practical && difference.p < 1e-4);
    assert_eq!((difference.better, difference.of), (0, Of::Observed));
    assert_eq!((comparison.claims, comparison.repeats), (Claims::Made, 10));
    assert_eq!(row.plays.len(), 2);
}

#[test]
fn the_same_stack_twice_shows_no_difference() {
    let plays = ten(|_, n| n % 3);
    let comparison = compare(&stacks(), &plays, true).unwrap();
    assert_eq!(claimed(&comparison), 0);
    assert!(comparison.tests > 5);
}

#[test]
fn nothing_is_claimed_of_nine_repeats_nor_of_stacks_played_one_after_the_other() {
    let plays = ten(|stack, _| u64::from(stack == "b") * 50);
    assert!(claimed(&compare(&stacks(), &plays, true).unwrap()) > 0);
    let nine: Vec<Play> = plays.iter().filter(|play| play.run != "run-9").cloned().collect();
    let few = compare(&stacks(), &nine, true).unwrap();
    assert_eq!((claimed(&few), few.claims, few.repeats), (0, Claims::TooFew, 9));
    let after = compare(&stacks(), &plays, false).unwrap();
    assert_eq!((claimed(&after), after.claims), (0, Claims::NotInterleaved));
    let mut simulated = plays;
    simulated.iter_mut().for_each(|play| play.engine = "sim".into());
    assert!(claimed(&compare(&stacks(), &simulated, false).unwrap()) > 0);
}

#[test]
fn what_is_certain_and_small_does_not_matter() {
    let plays = ten(|stack, _| if stack == "b" { 105 } else { 100 });
    let comparison = compare(&stacks(), &plays, true).unwrap();
    let lost = &comparison.drills[0].measures[0].differences[0];
    assert!(lost.p < 1e-4 && !lost.practical && !lost.claimed, "{lost:?}");
}

#[test]
fn plans_that_differ_in_more_than_the_stack_are_refused() {
    let refused = |change: fn(&mut Plan)| {
        let mut plays = ten(|_, _| 0);
        plays.iter_mut().filter(|play| play.stack == "b").for_each(|play| change(&mut play.plan));
        compare(&stacks(), &plays, true).unwrap_err().to_string()
    };
    let rate = refused(|plan| plan.traffic.rates[0].per_second *= 2.0);
    assert!(rate.contains("the rates differ") && rate.contains("same feature file"), "{rate}");
    assert!(refused(|plan| plan.seed += 1).contains("seeds"));
    assert!(refused(|plan| plan.end = s(9)).contains("the length"));
    assert!(refused(|plan| plan.objectives.clear()).contains("the objectives"));
    let mut plays = ten(|_, _| 0);
    plays[3].engine = "local".into();
    assert!(compare(&stacks(), &plays, true).unwrap_err().what.contains("docker"));
}

#[test]
fn a_stack_may_have_other_settings_and_timers() {
    let mut plays = ten(|_, _| 0);
    for play in plays.iter_mut().filter(|play| play.stack == "b") {
        play.plan.stack.settings.insert("x".into(), "y".into());
        play.plan.drain = s(99);
        play.plan.stack.name = "b".into();
    }
    assert!(compare(&stacks(), &plays, true).is_ok());
}

#[test]
fn what_nobody_can_account_for_is_no_loss_and_no_zero() {
    let mut plays = ten(|_, _| 0);
    plays.iter_mut().for_each(|play| play.judged.accounting.undecided = 3);
    let comparison = compare(&stacks(), &plays, true).unwrap();
    let cell = comparison.drills[0].measures[0].cells[0].as_ref().unwrap();
    assert_eq!((cell.observed, cell.absent.get("not visible")), (None, Some(&10)));
}

#[test]
fn secrets_of_a_configuration_stay_out_and_the_rest_is_shown() {
    let mut play = play("a", 0, 0);
    play.plan.stack.settings.insert("secret".into(), "s3cret".into());
    play.plan.stack.settings.insert("window".into(), "9".into());
    let text = "host = x\nsmsc-password = \"s3cret\"\nuser-password = {{password}}\n# the password";
    let column = column("a", &[play]).unwrap();
    assert_eq!(column.settings["secret"], "not shown");
    assert_eq!(column.settings["window"], "9");
    let shown = readable(text);
    assert!(!shown.contains("s3cret") && shown.contains("{{password}}"), "{shown}");
    assert!(shown.contains("host = x") && shown.contains("# the password"), "{shown}");
}
