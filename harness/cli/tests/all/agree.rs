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

/// One of each kind; all of them take ten minutes: `squall run --engine local --jobs 4 features/faults`.
const PLAYED: [&str; 5] = [
    "features/faults/no-fault.feature",
    "features/faults/gateway-frozen.feature",
    "features/faults/gateway-killed.feature",
    "features/faults/queue-lost.feature",
    "features/faults/throttling-carrier.feature",
];

#[test]
fn the_short_drills_agree_between_the_worlds() {
    let sim = run(&[&["--engine", "sim"][..], &PLAYED].concat());
    // Side by side: the drills mostly wait, and together they take as long as the longest.
    let local = run(&[&["--engine", "local", "--jobs", "4"][..], &PLAYED].concat());
    assert_eq!(local.code(), Some(0), "{}", local.said());
    assert_eq!(verdicts(&sim), verdicts(&local), "{}", local.said());
}
