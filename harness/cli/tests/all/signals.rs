//! SIGINT heals and reports; SIGKILL leaves nothing behind.

use crate::command::{feature, squall};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

const FROZEN: &str = r#"    Given the stack "reference"
    And 50 messages per second
    When steady state holds for 5 seconds
    And node "gateway-1" is frozen for 5 minutes
    Then no accepted message is lost
"#;

/// Generous: the machine may be busy with other tests.
const PATIENCE: Duration = Duration::from_secs(120);

/// A local drill in the middle of its fault.
fn under_fault(out: &Path) -> Child {
    let path = feature(out, FROZEN);
    let mut child = squall()
        .args(["run", "--engine", "local"])
        .arg(&path)
        .arg("--out")
        .arg(out)
        .env("CI", "true")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("squall starts");
    let mut stderr = BufReader::new(child.stderr.take().expect("its standard error"));
    let mut line = String::new();
    while !line.contains("1 fault active") {
        line.clear();
        let read = stderr.read_line(&mut line).expect("lines");
        assert!(read > 0, "squall ended before its fault: {:?}", child.wait());
    }
    // Read on, so that the child never blocks on a full pipe.
    std::thread::spawn(move || stderr.read_to_end(&mut Vec::new()));
    child
}

/// Processes with this folder on their command line: the nodes of the drill.
fn nodes_of(out: &Path) -> Vec<i32> {
    let folder = out.display().to_string();
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").expect("/proc").flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        if line.contains("serve") && line.contains(&folder) {
            found.push(pid);
        }
    }
    found
}

fn none_left(out: &Path) -> bool {
    let until = Instant::now() + PATIENCE;
    while !nodes_of(out).is_empty() && Instant::now() < until {
        std::thread::yield_now();
    }
    nodes_of(out).is_empty()
}

fn signal(child: &Child, signal: Signal) {
    kill(Pid::from_raw(child.id() as i32), signal).expect("the child lives");
}

#[test]
fn sigint_in_the_middle_of_a_fault_heals_and_reports() {
    let out = tempfile::tempdir().expect("a folder");
    let mut child = under_fault(out.path());
    assert!(nodes_of(out.path()).len() >= 7, "the stack's nodes run");
    signal(&child, Signal::SIGINT);
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(3));
    assert!(none_left(out.path()), "{:?} outlived the run", nodes_of(out.path()));
    let latest = out.path().join("latest");
    let facts = std::fs::read_to_string(latest.join("facts.jsonl")).expect("facts");
    assert!(facts.contains("thaw_node"), "the freeze was not undone");
    let page = std::fs::read_to_string(latest.join("report.html")).expect("a report");
    assert!(page.contains("INCONCLUSIVE"));
}

#[test]
fn sigkill_leaves_no_process_behind() {
    let out = tempfile::tempdir().expect("a folder");
    let mut child = under_fault(out.path());
    assert!(nodes_of(out.path()).len() >= 7, "the stack's nodes run");
    signal(&child, Signal::SIGKILL);
    child.wait().expect("it ends");
    assert!(none_left(out.path()), "{:?} outlived the run", nodes_of(out.path()));
}
