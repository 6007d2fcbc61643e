//! One drill of many: by the line it stands at, and by a part of its name.

use crate::options;
use squall_plan::{Options, load};
use std::path::PathBuf;

const TEXT: &str = "Feature: f
  Background:
    Given the stack \"small\"
    And 200 messages per second

  Scenario: the first
    When 1 minute passes
    Then no accepted message is lost

  @slow
  Scenario: the second
    When 1 minute passes
    Then no accepted message is lost

  Scenario Outline: <count> gateways
    When <count> minutes pass
    Then no accepted message is lost

    Examples:
      | count |
      | 2     |
      | 3     |
";

/// Names of what is selected, or the mistakes.
fn names(lines: &[&str], scenario: Option<&str>) -> Result<Vec<String>, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.feature");
    std::fs::write(&file, TEXT).expect("a written feature");
    let paths: Vec<PathBuf> =
        lines.iter().map(|line| PathBuf::from(format!("{}{line}", file.display()))).collect();
    let options = Options { scenario: scenario.map(str::to_owned), ..options() };
    match load(&paths, &options) {
        Ok(suite) => Ok(suite.plans.iter().map(|plan| plan.scenario.clone()).collect()),
        Err(mistakes) => Err(mistakes.plain().replace(&folder.path().display().to_string(), "")),
    }
}

#[test]
fn a_line_means_the_scenario_that_stands_there() {
    let of = |line: &str| names(&[line], None).expect("a selection");
    assert_eq!(of(""), ["the first", "2 gateways", "3 gateways"]);
    for line in [":6", ":8", ":9"] {
        assert_eq!(of(line), ["the first"], "{line}");
    }
    // Its tags are its own, and who names a scenario means it, however slow.
    for line in [":10", ":11", ":13"] {
        assert_eq!(of(line), ["the second"], "{line}");
    }
    assert_eq!(of(":15"), ["2 gateways", "3 gateways"]);
    assert_eq!(of(":22"), ["3 gateways"]);
    assert_eq!(names(&[":6", ":22"], None).expect("both"), ["the first", "3 gateways"]);
    assert_eq!(names(&[":6", ":8"], None).expect("one"), ["the first"]);
    assert_eq!(names(&[":15", ":22"], None).expect("two"), ["2 gateways", "3 gateways"]);
    assert_eq!(names(&[":6", ""], None).expect("all").len(), 3);
}

#[test]
fn a_line_without_a_scenario_is_a_mistake_that_names_the_nearest() {
    let why = names(&[":3"], None).expect_err("the background");
    assert!(why.contains("a.feature:3: no scenario stands at line 3"), "{why}");
    assert!(why.contains("the nearest is line 6: the first"), "{why}");
}

#[test]
fn a_part_of_the_name_is_enough_and_none_that_holds_it_a_mistake() {
    assert_eq!(names(&[""], Some("SECOND")).expect("one"), ["the second"]);
    assert_eq!(names(&[""], Some("gateways")).expect("two").len(), 2);
    let why = names(&[""], Some("the secund")).expect_err("nothing");
    assert!(why.contains("no scenario's name holds \"the secund\""), "{why}");
    assert!(why.contains("did you mean \"the second\"?"), "{why}");
}
