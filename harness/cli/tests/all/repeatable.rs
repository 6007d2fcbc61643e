//! One seed, one run: the facts of a simulated drill are the same bytes in every process.

use crate::command::run;

const DRILL: &str = "features/faults/silent-link.feature";

#[test]
fn one_seed_gives_the_same_facts_in_two_processes() {
    let first = run(&["--engine", "sim", "--seed", "7", DRILL]);
    let second = run(&["--engine", "sim", "--seed", "7", DRILL]);
    assert!(first.file("facts.jsonl") == second.file("facts.jsonl"), "the facts differ");
    let other = run(&["--engine", "sim", "--seed", "8", DRILL]);
    assert!(first.file("facts.jsonl") != other.file("facts.jsonl"), "the seed changes nothing");
}
