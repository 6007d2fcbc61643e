//! The short drills come to the same verdicts in the simulation and on real sockets and processes.
//!
//! A machine that is busy with something else may leave an objective in real time undecided, with the
//! load as the reason. That is no disagreement; most have to be decided all the same.

use crate::command::{Ran, holding, run, run_alone};
use serde_json::Value;
use std::path::PathBuf;

/// One of each kind; all of them take ten minutes: `squall run --engine local --jobs 4 features/faults`.
pub const PLAYED: [&str; 5] = [
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
    let local = run_alone(&[&["--engine", "local", "--jobs", "4"][..], &PLAYED].concat());
    agrees(&sim, &local);
    assert_eq!(holding(&local.folder, "PRIVATE KEY"), Vec::<PathBuf>::new(), "a key was kept");
}

/// Objective by objective; what both observed lies in each other's interval, where both have one.
pub fn agrees(sim: &Ran, real: &Ran) {
    assert_eq!(sim.code(), Some(0), "{}", sim.said());
    assert!(matches!(real.code(), Some(0 | 3)), "{}", real.said());
    let (simulated, played) = (sim.drills(), real.drills());
    assert_eq!(simulated.len(), played.len(), "{}", real.said());
    let (mut agreed, mut excused) = (0, 0);
    for (one, other) in simulated.iter().zip(&played) {
        assert_eq!(one["plan_hash"], other["plan_hash"], "{}", one["scenario"]);
        for (one, other) in objectives(one).iter().zip(objectives(other)) {
            if is_load(other) {
                excused += 1;
                continue;
            }
            assert_eq!(one["verdict"], other["verdict"], "{}\n{}", one["text"], real.said());
            agreed += 1;
        }
    }
    assert!(agreed > excused, "{agreed} agreed, {excused} were left undecided by the load");
}

fn objectives(drill: &Value) -> &[Value] {
    drill["objectives"].as_array().expect("objectives")
}

fn is_load(objective: &Value) -> bool {
    let reason = objective["reason"].as_str().unwrap_or_default();
    objective["verdict"] == "inconclusive" && reason.starts_with("Load not held")
}
