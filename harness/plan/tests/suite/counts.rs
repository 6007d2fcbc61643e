//! Settings that count something take whole numbers, wherever they are set.

use crate::{compile_in, mistakes, mistakes_in, options, root};

const DRILL: &str = "Feature: f
  Scenario: s
    Given the stack \"small\"
    And 200 messages per second
    When 1 minute passes
    Then no receipt is false
";

/// What is wrong with the small stack where one of its lines is another.
fn with_line(old: &str, new: &str) -> Vec<String> {
    let stack = options().stacks_dir.join("small/stack.toml");
    let text = std::fs::read_to_string(stack).expect("the small stack");
    assert!(text.contains(old), "{old}");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("small")).expect("a stack's folder");
    let changed = text.replacen(old, new, 1);
    std::fs::write(folder.path().join("small/stack.toml"), changed).expect("a written stack");
    mistakes_in(folder.path(), DRILL)
}

#[test]
fn a_scenario_cannot_set_a_count_to_a_fraction_or_to_no_number() {
    let help = "(a whole number between 1 and 64)";
    for value in ["2.5", "8.0", "1e1", "nan", "many", "-1", "+8", "65"] {
        let table =
            format!("\"small\" with\n      | setting | value |\n      | workers | {value} |");
        let step =
            format!("When the setting \"workers\" of \"gateway-1\" becomes \"{value}\"\n    And 1");
        assert_eq!(
            mistakes(&DRILL.replace("\"small\"", &table)),
            [format!("5:19 \"{value}\" is no value of \"workers\" {help}")]
        );
        assert_eq!(
            mistakes(&DRILL.replace("When 1", &step)),
            [format!("5:55 \"{value}\" is no value of \"workers\" {help}")]
        );
    }
}

#[test]
fn a_stack_file_cannot_either() {
    let (usual, help) = ("workers = { default = 8, ", "(a whole number between 1 and 64)");
    for (value, shown) in [("7.5", "7.5"), ("\"2.5\"", "2.5"), ("\"many\"", "many")] {
        let other = format!("workers = {{ default = {value}, ");
        let message =
            format!("11:23 the default \"{shown}\" is none of the setting's own values {help}");
        assert_eq!(with_line(usual, &other), [message]);
        let (ports, own) =
            ("ports = [\"http\", \"admin\"]", format!("settings = {{ workers = {value} }}"));
        let message = format!("29:24 \"{shown}\" is no value of \"workers\" {help}");
        assert_eq!(with_line(ports, &format!("{ports}\n{own}")), [message]);
    }
    let other = "workers = { mends = { loss = 2.5 }, default = 8, ";
    let message = format!("11:30 the remedy \"2.5\" is none of the setting's own values {help}");
    assert_eq!(with_line(usual, other), [message]);
    assert_eq!(
        with_line("[1, 64]", "[64, 1]"),
        ["11:34 \"range\" wants [lowest, highest] (this is a array)"]
    );
}

/// Whether a setting is a count is said by how the ends of its range are written.
#[test]
fn what_is_no_count_may_be_a_fraction() {
    assert_eq!(
        with_line("default = 8, range = [1, 64]", "default = 7.5, range = [1.0, 64]"),
        [""; 0]
    );
}

/// The fault multiplies a count, and what comes out must be one.
#[test]
fn telemetry_rises_to_whole_times() {
    let drill = |times: &str| {
        format!(
            "Feature: f
  Scenario: s
    Given the stack \"voice\"
    And 10 calls per second
    When steady state holds for 5 minutes
    And telemetry requests rise to {times} times for 5 minutes
    And 10 minutes pass
    Then at least 50% of calls are completed
"
        )
    };
    let stacks = root().join("stacks");
    assert_eq!(
        mistakes_in(&stacks, &drill("2.5")),
        ["6:36 2.5 is no value of the setting telemetry_factor (a whole number between 0 and 100)"]
    );
    assert!(compile_in(&stacks, &drill("5")).is_ok_and(|suite| suite.plans.len() == 1));
}
