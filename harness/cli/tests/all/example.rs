//! The committed sample report is what this version makes of its drill; `.ci/example` makes it again.

use crate::command::{root, run, squall};
use serde_json::Value;
use std::fs;
use std::path::Path;

const AGAIN: &str = "run `bash .ci/example` and commit reports/example";

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("a file")).expect("JSON")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn the_sample_report_renders_again_to_the_very_same_files() {
    let example = root().join("reports/example");
    let copy = tempfile::tempdir().expect("a folder");
    for name in names(&example) {
        fs::copy(example.join(&name), copy.path().join(&name)).expect("a copy");
    }
    // run.json stays: it tells when and for how long the drill was played.
    for name in ["report.html", "summary.md", "junit.xml", "messages.csv"] {
        fs::remove_file(copy.path().join(name)).expect("it was there");
    }
    let again = squall().arg("report").arg(copy.path()).output().expect("squall starts");
    assert_eq!(again.status.code(), Some(1), "one of its drills fails: {again:?}");
    assert_eq!(names(copy.path()), names(&example));
    for name in names(&example) {
        let same = fs::read(example.join(&name)).ok() == fs::read(copy.path().join(&name)).ok();
        assert!(same, "{name} is not current: {AGAIN}");
    }
}

#[test]
fn the_sample_report_is_of_the_drill_as_it_stands_and_stays_small() {
    let example = root().join("reports/example");
    let ran = run(&["--engine", "sim", "docs/example.feature"]);
    let was = json(&example.join("run.json"));
    for (now, was) in ran.drills().iter().zip(was["drills"].as_array().expect("drills")) {
        for field in ["plan_hash", "verdict", "accounting", "repeat"] {
            assert_eq!(now[field], was[field], "{field} of {}: {AGAIN}", was["scenario"]);
        }
    }
    let size = |name: &String| fs::metadata(example.join(name)).expect("a file").len();
    let bytes: u64 = names(&example).iter().map(size).sum();
    assert!(bytes < 2_500_000, "a clone should not pay for it");
}
