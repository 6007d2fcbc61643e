//! Mistakes are told all at once, with place and remedy, and nothing is started.

use crate::command::{feature, run, squall};

#[test]
fn five_mistakes_are_told_together_and_nothing_starts() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = feature(
        folder.path(),
        r#"    Given the stack "reference" with
      | setting | value |
      | routin  | none  |
    And 100 mesages per second
    When the queue in region "singapur" is lost for 30 seconds
    And node "gatway-1" is killed for 10 seconds
    Then at least 120% of messages are delivered within 30 seconds
"#,
    );
    let ran = run(&[&path.display().to_string()]);
    let said = ran.said();
    assert_eq!(ran.code(), Some(2), "{said}");
    for hint in ["routing", "messages per second", "singapore", "gateway-1", "120%"] {
        assert!(said.contains(hint), "{hint} is not told:\n{said}");
    }
    for line in [5, 6, 7, 8, 9] {
        assert!(said.contains(&format!("drill.feature:{line}:")), "line {line}:\n{said}");
    }
    assert!(!ran.folder.exists(), "something was started");
}

#[test]
fn an_empty_selection_and_a_misspelt_keyword_are_mistakes() {
    let none = run(&["--tags", "@no-such-tag", "features/faults"]);
    assert_eq!(none.code(), Some(2), "{}", none.said());

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("misspelt.feature");
    std::fs::write(&path, "Feature: A\n  Scenaro: B\n    Given the stack \"reference\"\n")
        .expect("written");
    let ran = run(&[&path.display().to_string()]);
    assert_eq!(ran.code(), Some(2), "{}", ran.said());
    assert!(ran.said().contains("Scenario"), "{}", ran.said());
}

#[test]
fn a_real_time_engine_refuses_what_lasts_for_hours() {
    let ran = run(&["--engine", "local", "features/incidents"]);
    assert_eq!(ran.code(), Some(2), "{}", ran.said());
    assert!(ran.said().contains("--allow-long"), "{}", ran.said());
}

/// Also without a tag that says so.
#[test]
fn an_engine_without_machines_of_its_own_refuses_to_limit_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = feature(
        folder.path(),
        r#"    Given the stack "reference"
    And 20 messages per second
    When steady state holds for 10 seconds
    And the CPU of node "gateway-1" is limited to 0.05 cores for 10 seconds
    Then no accepted message is lost
"#,
    );
    for engine in ["sim", "local"] {
        let ran = run(&["--engine", engine, &path.display().to_string()]);
        assert_eq!(ran.code(), Some(2), "{}", ran.said());
        let remedy = "limits what a node gets of its machine, which only the docker engine can: \
                      --engine docker";
        assert!(ran.said().contains(remedy), "{}", ran.said());
    }
}

#[test]
fn help_shows_the_exit_codes() {
    let help = squall().arg("--help").output().expect("squall starts");
    assert!(String::from_utf8_lossy(&help.stdout).contains("4  an undo could not be verified"));
}
