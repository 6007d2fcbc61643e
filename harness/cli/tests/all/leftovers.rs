//! What `doctor` and `recover` say, before and after a run that was killed.

use crate::command::{NO_DAEMON, squall};
use crate::signals::{nodes_of, none_left, signal, under_fault};
use nix::sys::signal::Signal;
use std::path::Path;

/// Exit code and everything that was said.
fn ask(command: &str, out: &Path) -> (Option<i32>, String) {
    let mut squall = squall();
    squall.arg(command).arg("--out").arg(out).env(NO_DAEMON.0, NO_DAEMON.1);
    let output = squall.output().expect("squall starts");
    let said =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    (output.status.code(), said.concat())
}

fn says(command: &str, out: &Path, expected: &str) {
    let (code, said) = ask(command, out);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(expected), "{command} does not say \"{expected}\":\n{said}");
}

#[test]
fn where_nothing_was_run_nothing_is_left_over() {
    let out = tempfile::tempdir().expect("a folder");
    let never = out.path().join("never");
    says("doctor", &never, "nothing is left over");
    says("recover", &never, "nothing is left over");
    assert!(!never.exists(), "looking makes no folder");
}

#[test]
fn a_killed_run_is_told_and_forgotten_and_a_living_one_left_alone() {
    let out = tempfile::tempdir().expect("a folder");
    let mut child = under_fault(out.path());
    says("doctor", out.path(), "nothing is left over");
    says("recover", out.path(), "nothing is left over");
    assert!(nodes_of(out.path()).len() >= 7, "recover ended the nodes of a living run");

    signal(&child, Signal::SIGKILL);
    child.wait().expect("it ends");
    assert!(none_left(out.path()), "{:?} outlived the run", nodes_of(out.path()));
    says("doctor", out.path(), "a run died, and its processes with it");
    says("recover", out.path(), "nothing had to be ended");
    says("doctor", out.path(), "nothing is left over");
    says("recover", out.path(), "nothing is left over");
}
