//! The committed schemas are the ones that this program prints, and a real run has their shape.
//!
//! The schema of run.json is made from the type that writes it, so what that type reads and writes
//! again unchanged fits the schema. The shape of the stacks is tested where they are read.

use crate::command::{root, run, squall};
use serde_json::{Value, json};
use squall_report::format::run_json::RunJson;
use std::process::Stdio;

/// As `squall schema` prints it.
fn printed(of: &str) -> String {
    let output = squall().args(["schema", of]).output().expect("squall starts");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn the_committed_schemas_are_current() {
    for of in ["run", "stack"] {
        let file = format!("schemas/{of}.schema.json");
        let committed = std::fs::read_to_string(root().join(&file)).expect("a schema");
        assert!(committed == printed(of), "run `squall schema {of} > {file}` and commit it");
    }
}

/// No field is missing, unknown or of another type.
fn fits(document: &Value) -> bool {
    serde_json::from_value::<RunJson>(document.clone())
        .is_ok_and(|read| serde_json::to_value(read).ok().as_ref() == Some(document))
}

#[test]
fn a_real_run_has_the_shape_of_its_schema_and_a_damaged_one_has_not() {
    let ran = run(&["--engine", "sim", "docs/example.feature"]);
    let sound = ran.json();
    assert!(fits(&sound), "{}", ran.said());
    let damage: [fn(&mut Value); 5] = [
        |run| run["verdict"] = json!("PASS"),
        |run| run["drills"][0]["accounting"]["lost"] = json!(-1),
        |run| run["drills"][0]["objectives"][0]["observed"] = json!("never"),
        |run| run["drills"][0]["more"] = json!(1),
        |run| drop(run.as_object_mut().expect("an object").remove("exit_code")),
    ];
    for (nth, damage) in damage.into_iter().enumerate() {
        let mut damaged = sound.clone();
        damage(&mut damaged);
        assert!(!fits(&damaged), "damage {nth}");
    }
}

#[test]
fn a_reader_that_stops_half_way_is_no_trouble() {
    let mut child = squall()
        .args(["schema", "run"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("squall starts");
    // Gone before a byte is written, or in the middle of it: both end well.
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}
