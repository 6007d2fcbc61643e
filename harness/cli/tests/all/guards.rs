//! An abort guard stops a drill that has gone too far, heals it and says so: exit 3, no verdict.

use crate::command::{feature, run};
use serde_json::Value;

const STEPS: &str = r#"    Given the stack "reference" with
      | setting         | value |
      | region_failover | off   |
      | on_queue_loss   | hold  |
    And 40 messages per second
    And the drill stops when fewer than 80% of messages are delivered
    When steady state holds for 70 seconds
    And the queue in region "singapore" is lost for 20 minutes
    And 1 minute pass
    Then no message is delivered more than once
"#;

#[test]
fn a_drill_that_must_be_stopped_is_stopped_healed_and_decides_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = feature(folder.path(), STEPS);
    let ran = run(&["--engine", "sim", &path.display().to_string()]);
    assert_eq!(ran.code(), Some(3), "{}", ran.said());
    let drill = &ran.drills()[0];
    assert_eq!((&drill["verdict"], &drill["met"]), (&"inconclusive".into(), &false.into()));
    let told = drill["troubles"].to_string();
    assert!(told.contains("the drill stops when fewer than 80%"), "{told}");
    // What was watched ends there: not a millisecond of the twenty minutes that were planned.
    let stopped = drill["stopped_ms"].as_u64().expect("an instant");
    assert_eq!(drill["duration_ms"], stopped);
    assert!((70_000..300_000).contains(&stopped), "{stopped}");
    assert_eq!(drill["faults"][0]["proven"], true, "{}", drill["faults"]);
    assert!(ran.said().contains("stopped at 0:0"), "{}", ran.said());
    // Undone, and long before the fault's own end.
    let facts = String::from_utf8(ran.file("facts.jsonl")).expect("facts are text");
    let facts = facts.lines().skip(1).filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let levers = facts.map(|fact| fact["lever"].clone());
    let undone: Vec<Value> = levers.filter(|lever| lever["undo"] == true).collect();
    assert!(!undone.is_empty(), "no lever was pulled back");
    for lever in undone {
        assert_eq!((&lever["read_back"], &lever["error"]), (&true.into(), &Value::Null), "{lever}");
        assert!(lever["at"].as_u64().expect("an instant") < 600_000_000, "{lever}");
    }
}

#[test]
fn a_guard_that_nothing_offends_lets_the_drill_play() {
    let folder = tempfile::tempdir().expect("a folder");
    let calm = STEPS.replace("20 minutes", "20 seconds").replace("80%", "20%");
    let path = feature(folder.path(), &calm);
    let ran = run(&["--engine", "sim", &path.display().to_string()]);
    assert_eq!(ran.code(), Some(0), "{}", ran.said());
}
