//! The short drills come to the same verdicts in the simulation and on real sockets and processes.

use crate::command::{Ran, run};
use serde_json::Value;

fn verdicts(ran: &Ran) -> Vec<(Value, Value, Vec<Value>)> {
    ran.drills()
        .iter()
        .map(|drill| {
            let objectives = drill["objectives"].as_array().expect("objectives");
            let verdicts = objectives.iter().map(|o| o["verdict"].clone()).collect();
            (drill["scenario"].clone(), drill["plan_hash"].clone(), verdicts)
        })
        .collect()
}

#[test]
fn the_short_drills_agree_between_the_worlds() {
    let sim = run(&["--engine", "sim", "features/faults"]);
    // Side by side: the drills mostly wait, and together they take as long as the longest.
    let local = run(&["--engine", "local", "--jobs", "4", "features/faults"]);
    assert_eq!(local.code(), Some(0), "{}", local.said());
    assert_eq!(verdicts(&sim), verdicts(&local), "{}", local.said());
}
