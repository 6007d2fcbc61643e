//! `squall compare`: what it claims, what it refuses, and that an interruption costs no drill twice.

use crate::command::{Pace, enter, feature, run, squall};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Output;

/// An uplink is down for a while, on whatever stack.
const UPLINK_DOWN: &str = r#"    Given the stack "reference"
    And the seed 7
    And 50 messages per second
    When steady state holds for 10 seconds
    And the link "gateway" to "vendor-a" is down for 10 seconds
    And 10 seconds pass
    Then no accepted message is lost
    And at least 99% of messages are delivered within 5 seconds
"#;

fn compare(arguments: &[&str]) -> Output {
    let _place = enter(Pace::Virtual);
    squall().arg("compare").args(arguments).output().expect("squall starts")
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

fn json(folder: &Path) -> Value {
    let bytes = std::fs::read(folder.join("comparison.json")).expect("comparison.json");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// Both stacks, so many times each, below `out`.
fn played(out: &Path, stacks: &str, repeat: &str, more: &[&str]) -> (Output, PathBuf) {
    let file = feature(out, UPLINK_DOWN).display().to_string();
    let folder = out.display().to_string();
    let fixed =
        ["--stacks", stacks, "--repeat", repeat, "--engine", "sim", "--out", &folder, &file];
    let output = compare(&[&fixed[..], more].concat());
    let latest = out.join("latest").canonicalize().expect("a comparison");
    (output, latest)
}

#[test]
fn ten_repeats_show_what_one_vendor_lacks_and_the_baseline_is_held_up_to_it() {
    let out = tempfile::tempdir().expect("a folder");
    let stacks = "reference,reference/one-vendor";
    let (output, folder) = played(out.path(), stacks, "10", &["--fail-on-worse", "reference"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let found = json(&folder);
    assert_eq!((&found["claims"], &found["repeats"]), (&"made".into(), &10.into()));
    let row = &found["drills"][0];
    assert_eq!(row["plays"][0]["pass"], 10, "{row}");
    assert_eq!(row["plays"][1]["fail"], 10, "{row}");
    let line = |name: &str| {
        let lines = row["measures"].as_array().expect("measures").iter();
        lines.clone().find(|line| line["name"] == name).expect("a measure").clone()
    };
    // Nothing is lost on either; in time is what differs.
    assert_eq!(line("lost")["differences"], serde_json::json!([]));
    let delivered = row["objectives"].as_array().expect("objectives")[1].clone();
    let claimed = |line: &Value| {
        line["differences"].as_array().expect("pairs").iter().any(|it| it["claimed"] == true)
    };
    assert!(claimed(&delivered), "{delivered}");
    let page = std::fs::read_to_string(folder.join("comparison.html")).expect("a page");
    let text = std::fs::read_to_string(folder.join("comparison.md")).expect("a text");
    for place in [&page, &text, &said(&output)] {
        assert!(place.contains("reference/one-vendor"), "{place}");
    }
    assert!(page.contains("Differences that hold") && !page.contains("<script"));
    // The other way round nothing is worse.
    let again =
        compare(&[&folder.display().to_string(), "--fail-on-worse", "reference/one-vendor"]);
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
}

#[test]
fn a_stack_beside_itself_shows_no_difference_and_few_repeats_claim_none() {
    let out = tempfile::tempdir().expect("a folder");
    let (output, folder) = played(out.path(), "reference,reference", "10", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(!said(&output).contains("≠"), "{}", said(&output));
    assert_eq!(json(&folder)["stacks"][1]["stack"], "reference (2)");
    let few = tempfile::tempdir().expect("a folder");
    let (output, folder) = played(few.path(), "reference,reference/one-vendor", "2", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(json(&folder)["claims"], "too_few");
    assert!(said(&output).contains("no claim that stacks differ"), "{}", said(&output));
}

#[test]
fn what_was_interrupted_goes_on_and_plays_only_what_is_missing() {
    let out = tempfile::tempdir().expect("a folder");
    let (output, folder) = played(out.path(), "reference,reference/one-vendor", "2", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let before = json(&folder);
    let stamp = |cell: &str| {
        let file = folder.join("drills").join(cell).join("run.json");
        std::fs::metadata(file).expect("a cell").modified().expect("a time")
    };
    let kept = stamp("01-01-1");
    // A drill that was cut short has facts, and no mark that it is done.
    std::fs::remove_file(folder.join("drills/02-01-2/done")).expect("a mark");
    std::fs::remove_file(folder.join("drills/02-01-2/run.json")).expect("a report");
    let place = folder.display().to_string();
    let partial = compare(&[&place]);
    assert_eq!(partial.status.code(), Some(3), "{}", said(&partial));
    assert!(said(&partial).contains("not played: One (2 of 2) on reference/one-vendor"));
    let root = out.path().display().to_string();
    let resumed = compare(&["--resume", &place, "--out", &root]);
    assert_eq!(resumed.status.code(), Some(0), "{}", said(&resumed));
    assert!(said(&resumed).contains("1 drills to play, 3 are there already"), "{}", said(&resumed));
    assert_eq!(stamp("01-01-1"), kept);
    assert_eq!(json(&folder)["drills"], before["drills"]);
}

#[test]
fn what_is_no_comparison_is_refused_with_the_remedy() {
    let out = tempfile::tempdir().expect("a folder");
    let file = feature(out.path(), UPLINK_DOWN).display().to_string();
    let refused = |arguments: &[&str], words: &str| {
        let output = compare(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?} {}", said(&output));
        assert!(said(&output).contains(words), "{arguments:?} {}", said(&output));
    };
    refused(&["--stacks", "reference", &file], "takes two stacks");
    refused(&["--stacks", "reference,reference/vonag", &file], "it has");
    refused(&["--stacks", "reference,codes/x", &file], "has no profiles");
    refused(&[], "--stacks a,b");
    refused(&["--resume", "/nowhere"], "no folder of a comparison");
    refused(&["/nowhere/run"], "plan.json");
}

#[test]
fn runs_of_one_stack_are_columns_by_their_folders_and_other_traffic_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = feature(folder.path(), UPLINK_DOWN).display().to_string();
    let before = run(&["--engine", "sim", &file]);
    let after = run(&["--engine", "sim", &file]);
    let path =
        |ran: &crate::command::Ran| ran.folder.canonicalize().expect("a run").display().to_string();
    let out = folder.path().display().to_string();
    let output = compare(&[&path(&before), &path(&after), "--out", &out]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).matches("reference (").count() > 1, "{}", said(&output));
    let more =
        std::fs::read_to_string(&file).expect("a feature").replace("50 messages", "60 messages");
    std::fs::write(&file, more).expect("a feature");
    let other = run(&["--engine", "sim", &file]);
    let output = compare(&[&path(&before), &path(&other), "--out", &out]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("the rates differ"), "{}", said(&output));
}
