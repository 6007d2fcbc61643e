//! Every mistake at once, each with its place and the nearest right thing.

use crate::{compile, mistakes, options, root};
use squall_plan::{Options, load, stack};

const HEAD: &str = "Feature: f\n  Scenario: s\n    Given the stack \"small\"\n";

fn drill(rest: &str) -> Vec<String> {
    mistakes(&format!("{HEAD}    And 200 messages per second\n{rest}"))
}

#[test]
fn five_mistakes_of_one_scenario_are_reported_together() {
    let found = mistakes(
        "Feature: f
  Scenario: s
    Given the stack \"small\"
    And the clock starts at 2026-01-10 06:30 +07:00
    And 200 messages per second to \"smartfern\"
    When node \"gatway-1\" is killed for 20 seconds
    And carrier \"smartfren\" answers \"queue full\" to 120% of messages for 10 seconds
    And region \"singapore\" is cut off from 14:00 to 07:00
    And the que in region \"singapore\" is lost for 5 minutes
    Then no accepted message is lost
",
    );
    insta::assert_snapshot!(found.join("\n"));
}

#[test]
fn misspelt_keywords_and_the_mistakes_after_them() {
    let found = mistakes(
        "Feature: f
  Scenaro: s
    Given the stack \"smal\"
    Wehn 10 minutes pass
    Then no accepted mesage is lost
",
    );
    insta::assert_snapshot!(found.join("\n"));
}

#[test]
fn an_objective_that_cannot_be_decided_says_what_it_would_take() {
    let found = drill(
        "    When steady state holds for 10 seconds
    And node \"gateway-1\" is killed for 5 seconds
    Then at least 99.9% of messages are delivered within 30 seconds during the fault
    And at least 100% of messages are delivered within 30 seconds
    And fewer than 0.1% of subscribers of \"smartfren\" are affected
    And at least 99% of messages are delivered within 30 seconds after recovery
    And delivery recovers within 10 seconds
",
    );
    insta::assert_snapshot!(found.join("\n"));
}

#[test]
fn windows_shorter_than_the_stacks_timers_name_both() {
    let found = drill(
        "    When the link \"gateway\" to \"smartfren\" goes silent for 2 seconds
    And 1 minute passes
    Then traffic fails over to \"vendor-a\" within 1 second
    And the outage is detected within 10 seconds
",
    );
    insta::assert_snapshot!(found.join("\n"));
}

#[test]
fn what_is_missing_twice_or_not_allowed() {
    insta::assert_snapshot!(
        mistakes(
            "Feature: f
  @must-fail @retry
  Scenario: s
    Given the stack \"small\" with
      | setting | value |
      | routng  | x     |
      # a comment between the rows
      | workers | 1000  |
    And the stack \"small\"
    When the setting \"workers\" of \"gateway\" becomes \"0\"
    And 5 minuts pass
    And node \"gateway-1\" is killed for 1 minute
    And at the same time node \"gateway\" is killed
    Then no accepted message is lost
    And no receipt is false
    And the 99th percentile of accpt latency is under 200 ms
"
        )
        .join("\n")
    );
}

#[test]
fn a_stack_file_tells_all_its_mistakes() {
    let found = mistakes("Feature: f\n  Scenario: s\n    Given the stack \"broken\"\n");
    insta::assert_snapshot!(found.join("\n"));
    let direct = stack::load(&options().stacks_dir, "broken").expect_err("a broken stack");
    assert!(direct.all().len() >= 5, "{direct}");
    assert!(direct.plain().contains("stack.toml:"), "{direct}");
}

#[test]
fn an_empty_selection_is_a_mistake() {
    let text = format!(
        "{HEAD}    And 5 messages per second\n    When 1 minute passes\n    Then no receipt is false\n"
    );
    assert_eq!(compile(&text).expect("a sound drill").plans.len(), 1);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("a.feature"), &text).expect("a written feature");
    let paths = [folder.path().to_owned()];
    let tagged = Options { tags: Some("@nowhere".into()), ..options() };
    assert!(load(&paths, &tagged).expect_err("nothing selected").plain().contains("no scenario"));
    assert!(load(&[folder.path().join("b")], &options()).is_err());
    let deep = Options { tags: Some("(".repeat(100_000)), ..options() };
    assert!(load(&paths, &deep).is_err());
}

#[test]
fn broken_text_is_a_mistake_and_never_a_panic() {
    for text in
        ["", "Feature:", "x", "Feature: f\n  Scenario: s\n    Given the stack \"small\n|", "\u{0}é"]
    {
        assert!(compile(text).is_err(), "{text:?}");
    }
}

#[test]
fn fancy_reports_show_the_line() {
    let mistakes = compile(&format!("{HEAD}    And 5 mesages per second\n")).expect_err("mistakes");
    let fancy = mistakes.fancy(false);
    assert!(fancy.contains("5 mesages per second"), "{fancy}");
    assert!(mistakes.plain().contains("a.feature:4:9: "), "{mistakes}");
}

#[test]
fn the_features_of_this_repository_hold_no_mistake() {
    let options = Options { stacks_dir: root().join("stacks"), ..options() };
    let suite = load(&[root().join("features")], &options).unwrap_or_else(|m| panic!("{m}"));
    assert!(suite.plans.len() >= 12, "{}", suite.plans.len());
}

#[test]
fn an_objective_that_no_outcome_could_miss_is_one() {
    let found = drill(
        "    When steady state holds for 10 minutes
    And node \"gateway-1\" is killed for 5 minutes
    Then at least 0% of messages are delivered within 30 seconds
    And fewer than 100% of subscribers of \"smartfren\" are affected
    And between 0% and 100% of subscribers of \"smartfren\" are affected
    And each message is attempted at most 2 times on average after recovery
",
    );
    insta::assert_snapshot!(found.join("\n"));
}

#[test]
fn what_can_never_be_proven_or_decided_is_one() {
    let found = drill(
        "    When node \"gateway-1\" is killed for 1 minute
    And at the same time carrier \"smartfren\" throttles for 1 minute
    And 5 minutes pass
    Then nothing is delivered after its validity
    And the impact lasts between 10 minutes and 20 minutes
",
    );
    insta::assert_snapshot!(found.join("\n"));
    // What the engine counts is compared too.
    let counted = drill(
        "    When the CPU of node \"gateway-1\" is limited to 0.05 cores for 1 minute
    And 5 minutes pass
    Then no receipt is false
",
    );
    assert!(counted.len() == 1 && counted[0].contains("nothing is seen before"), "{counted:?}");
    // A second before it is enough, and carriers tell of themselves.
    let sound = drill(
        "    When carrier \"smartfren\" throttles for 1 minute
    And node \"gateway-1\" is killed for 1 minute
    And 5 minutes pass
    Then the impact lasts between 1 minute and 2 minutes
",
    );
    assert_eq!(sound, Vec::<String>::new());
}

#[test]
fn a_stack_that_the_command_line_names_is_no_mistake_of_the_feature() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.feature");
    let text = format!(
        "{HEAD}    And 200 messages per second\n    When 1 minute passes\n    Then no accepted message is lost\n"
    );
    std::fs::write(&file, text).expect("a written feature");
    let options = Options { stack: Some("smal".into()), ..options() };
    let plain = load(&[file], &options).expect_err("no such stack").plain();
    assert_eq!(plain, "--stack smal: no stack \"smal\"\n    did you mean \"small\"?\n");
}

#[test]
fn verbs_of_a_phase_without_calls_and_calls_with_a_validity_are_mistakes() {
    let plain = |more: &str, last: &str| {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.feature");
        let text = format!(
            "Feature: f\n  Scenario: s\n    Given the stack \"voice\"\n    And 20 calls per second\n\
             {more}    When 5 minutes pass\n    Then {last}\n"
        );
        std::fs::write(&file, text).expect("a written feature");
        let options = Options { stacks_dir: root().join("stacks"), ..options() };
        load(&[file], &options).expect_err("a mistake").plain()
    };
    let none = plain("", "at least 99% of verbs succeed during the fault");
    assert!(none.contains("is scheduled in the phase of this objective"), "{none}");
    let valid = plain("    And messages are valid for 1 hour\n", "no accepted message is lost");
    assert!(valid.contains("calls have no validity"), "{valid}");
}
