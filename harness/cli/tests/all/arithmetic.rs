//! Figures that follow from arithmetic alone come out of whole drills: when an alert fires, what an
//! outage spends, by how much retries amplify.

use crate::command::run;
use serde_json::Value;

const FEATURE: &str = r#"Feature: Figures known beforehand
  Background:
    Given 20 messages per second

  Scenario: 30 % refused
    Given the stack "reference" with
      | setting | value        |
      | routing | primary-only |
    When steady state holds for 2 minutes
    And carrier "smartfren" answers "rejected" to 30% of messages for 6 minutes
    And 1 minute pass
    Then the outage is detected within 5 minutes

  Scenario: all refused
    Given the stack "reference" with
      | setting | value        |
      | routing | primary-only |
    When steady state holds for 2 minutes
    And carrier "smartfren" answers "rejected" to 100% of messages for 3 minutes
    And 1 minute pass
    Then the outage is detected within 5 minutes

  Scenario: all held
    Given the stack "reference" with
      | setting         | value        |
      | routing         | primary-only |
      | region_failover | off          |
    When steady state holds for 2 minutes
    And node "queue" is killed for 4 minutes
    And 2 minutes pass
    Then the outage is detected within 5 minutes

  Scenario: an outage of 65 minutes
    Given the stack "reference" with
      | setting | value        |
      | routing | primary-only |
    When steady state holds for 2 minutes
    And carrier "smartfren" answers "rejected" to 100% of messages for 65 minutes
    And 2 minutes pass
    Then at most 155% of the monthly error budget of 99.9% is spent

  Scenario: ten attempts at 30 %
    Given the stack "reference" with
      | setting | value        |
      | routing | primary-only |
      | retry   | naive        |
      | breaker | off          |
    When steady state holds for 1 minute
    And carrier "smartfren" answers "system error" to 30% of messages for 6 minutes
    And 1 minute pass
    Then each message is attempted at most 10 times on average during the fault

  Scenario: ten attempts at 80 %
    Given the stack "reference" with
      | setting | value        |
      | routing | primary-only |
      | retry   | naive        |
      | breaker | off          |
    When steady state holds for 1 minute
    And carrier "smartfren" answers "system error" to 80% of messages for 6 minutes
    And 1 minute pass
    Then each message is attempted at most 10 times on average during the fault
"#;

#[test]
fn alerts_budgets_and_amplification_are_what_arithmetic_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("known.feature");
    std::fs::write(&path, FEATURE).expect("a feature file");
    let ran = run(&["--engine", "sim", &path.display().to_string()]);
    assert_eq!(ran.code(), Some(0), "{}", ran.said());
    let drills = ran.drills();
    let about = |name: &str, value: f64, wanted: f64, off: f64| {
        assert!((value - wanted).abs() <= off, "{name}: {value}, not {wanted} by {off}");
    };
    // 14.4 × 0.1% of an hour has to be bad: 1.44% ÷ the failing share.
    about("30 %", minutes_to_page(&drills[0]), 2.88, 0.3);
    about("100 %", minutes_to_page(&drills[1]), 0.864, 0.1);
    // What is held is bad once its deadline of a minute has passed.
    about("held", minutes_to_page(&drills[2]), 1.864, 0.15);
    // 65 of the 43.2 minutes that 99.9% allows in 30 days.
    about("budget", number(&drills[3]["budget"]["spent"]), 65.0 / 43.2, 0.03);
    // (1 − p^A) ÷ (1 − p) attempts a message.
    for (drill, p) in [(&drills[4], 0.3f64), (&drills[5], 0.8)] {
        let wanted = (1.0 - p.powi(10)) / (1.0 - p);
        about("attempts", number(&drill["objectives"][0]["observed"]), wanted, 0.05 * wanted);
    }
}

fn minutes_to_page(drill: &Value) -> f64 {
    let detected = number(&drill["timeline"]["detected_ms"]);
    (detected - number(&drill["faults"][0]["effective_ms"])) / 60_000.0
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}
