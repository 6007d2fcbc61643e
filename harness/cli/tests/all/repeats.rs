//! `--repeat`: the same drill several times, each with a seed of its own and an entry of its own.

use crate::command::{feature, run};
use std::collections::BTreeSet;

#[test]
fn every_repeat_is_a_drill_with_its_own_seed() {
    let folder = tempfile::tempdir().expect("a folder");
    let steps = r#"    Given the stack "reference"
    And the seed 7
    And 50 messages per second
    When 20 seconds pass
    Then no accepted message is lost
"#;
    let path = feature(folder.path(), steps);
    let ran = run(&["--engine", "sim", "--repeat", "3", &path.display().to_string()]);
    assert_eq!(ran.code(), Some(0), "{}", ran.said());
    let drills = ran.drills();
    let seeds: Vec<u64> = drills.iter().filter_map(|drill| drill["seed"].as_u64()).collect();
    assert_eq!(seeds, [7, 8, 9]);
    let numbers: Vec<String> = drills.iter().map(|drill| drill["repetition"].to_string()).collect();
    assert_eq!(numbers[1], r#"{"number":2,"of":3}"#);
    // Added up, in every output.
    let all = &ran.json()["repeats"][0];
    assert_eq!((&all["of"], &all["met"]), (&3.into(), &3.into()), "{all}");
    let objective = &all["objectives"][0];
    assert_eq!((&objective["pass"], &objective["fail"]), (&3.into(), &0.into()), "{all}");
    assert_eq!((&objective["least"], &objective["most"]), (&0.0.into(), &0.0.into()), "{all}");
    let summary = String::from_utf8(ran.file("summary.md")).expect("text");
    let page = String::from_utf8(ran.file("report.html")).expect("text");
    for text in [&summary, &page, &ran.said()] {
        assert!(text.contains("3 of 3 met"), "{text}");
    }
    // Other seeds, other arrivals.
    let hashes: BTreeSet<String> =
        drills.iter().map(|drill| drill["plan_hash"].to_string()).collect();
    let attempted: BTreeSet<String> =
        drills.iter().map(|drill| drill["accounting"]["attempted"].to_string()).collect();
    assert_eq!((drills.len(), hashes.len()), (3, 3));
    assert!(attempted.len() > 1, "{attempted:?}");
    assert!(ran.said().contains("One (2 of 3)"), "{}", ran.said());
}

#[test]
fn no_repeat_at_all_is_a_mistake() {
    let ran = run(&["--repeat", "0", "features/faults/no-fault.feature"]);
    assert_eq!(ran.code(), Some(2), "{}", ran.said());
}
