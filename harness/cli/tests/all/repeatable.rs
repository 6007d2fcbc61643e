//! One seed, one run: the facts of a simulated drill are the same bytes in every process.

use crate::command::run;

/// With a name server, and with keys that each process draws anew.
#[test]
fn secrets_that_differ_change_no_fact_and_stand_in_no_file() {
    let drill = "features/faults/names.feature";
    let (first, second) = (run(&["--engine", "sim", drill]), run(&["--engine", "sim", drill]));
    assert_eq!(first.code(), Some(0), "{}", first.said());
    assert!(first.file("facts.jsonl") == second.file("facts.jsonl"), "the facts differ");
    for file in ["facts.jsonl", "plan.json", "run.json", "report.html"] {
        let text = String::from_utf8_lossy(&first.file(file)).into_owned();
        assert!(!text.contains("PRIVATE KEY") && !text.contains("BEGIN CERT"), "{file}");
    }
}

const DRILL: &str = "features/faults/silent-link.feature";

#[test]
fn one_seed_gives_the_same_facts_in_two_processes() {
    let first = run(&["--engine", "sim", "--seed", "7", DRILL]);
    let second = run(&["--engine", "sim", "--seed", "7", DRILL]);
    assert!(first.file("facts.jsonl") == second.file("facts.jsonl"), "the facts differ");
    let other = run(&["--engine", "sim", "--seed", "8", DRILL]);
    assert!(first.file("facts.jsonl") != other.file("facts.jsonl"), "the seed changes nothing");
}

#[test]
fn the_command_that_a_report_states_plays_the_same_drill() {
    let first = run(&["--engine", "sim", "--seed", "7", DRILL]);
    let repeat = first.drills()[1]["repeat"].as_str().expect("a command").to_owned();
    let words: Vec<&str> = repeat.split(' ').collect();
    assert_eq!(words[..2], ["squall", "run"]);
    let again = run(&words[2..]);
    assert_eq!(again.drills().len(), 1, "{repeat}");
    // Its settings are told apart from those of the drills beside it, and here it has none.
    let alone = |mut drill: serde_json::Value| {
        drill.as_object_mut().expect("a drill").remove("differs");
        drill
    };
    assert_eq!(alone(first.drills()[1].clone()), alone(again.drills()[0].clone()), "{repeat}");
}
