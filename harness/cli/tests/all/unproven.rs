//! A fault that does not take effect decides nothing: exit 3, never a pass.

use crate::command::{feature, run};

fn plays_inconclusive(steps: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = feature(folder.path(), steps);
    let ran = run(&["--engine", "sim", &path.display().to_string()]);
    assert_eq!(ran.code(), Some(3), "{}", ran.said());
    let drill = &ran.drills()[0];
    assert_eq!(drill["verdict"], "inconclusive");
    assert!(
        drill["faults"].as_array().expect("faults").iter().any(|fault| fault["proven"] == false),
        "{drill}"
    );
    // Every output says why, and none says that a step panicked.
    let (said, summary) = (ran.said(), String::from_utf8(ran.file("summary.md")).expect("text"));
    let junit = String::from_utf8(ran.file("junit.xml")).expect("text");
    for text in [&said, &summary, &junit, &drill["troubles"].to_string()] {
        assert!(text.contains("smartfren logged no"), "{text}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn a_limit_that_nothing_reaches_is_no_fault() {
    plays_inconclusive(
        r#"    Given the stack "reference"
    And 100 messages per second
    When steady state holds for 10 seconds
    And carrier "smartfren" takes at most 100000 messages per second for 10 seconds
    And 10 seconds pass
    Then no message is delivered more than once
"#,
    );
}

#[test]
fn a_share_too_small_to_be_drawn_is_not_proven() {
    plays_inconclusive(
        r#"    Given the stack "reference"
    And 100 messages per second
    When steady state holds for 10 seconds
    And region "singapore" is cut off for 20 seconds
    And at the same time carrier "smartfren" answers "queue full" to 0.01% of messages for 20 seconds
    And 10 seconds pass
    Then no message is delivered more than once
"#,
    );
}
