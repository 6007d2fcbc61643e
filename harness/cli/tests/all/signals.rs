//! SIGINT and SIGTERM heal and report, a second one hurries; SIGKILL leaves nothing behind.

use crate::command::{feature, root, squall};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
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
pub fn under_fault(out: &Path) -> Child {
    playing(out, squall(), "local", "1 fault active")
}

/// A drill on this engine that has just said `word`.
pub fn playing(out: &Path, squall: Command, engine: &str, word: &str) -> Child {
    let mut child = started(out, squall, engine);
    let mut stderr = BufReader::new(child.stderr.take().expect("its standard error"));
    let mut line = String::new();
    while !line.contains(word) {
        line.clear();
        let read = stderr.read_line(&mut line).expect("lines");
        assert!(read > 0, "squall ended before {word}: {:?}", child.wait());
    }
    // Read on, so that the child never blocks on a full pipe.
    std::thread::spawn(move || stderr.read_to_end(&mut Vec::new()));
    child
}

/// A drill on this engine, just started.
pub fn started(out: &Path, mut squall: Command, engine: &str) -> Child {
    let path = feature(out, FROZEN);
    squall.args(["run", "--engine", engine]).arg(&path).arg("--out").arg(out).env("CI", "true");
    squall.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("squall starts")
}

/// Processes with this folder on their command line: the nodes of the drill.
pub fn nodes_of(out: &Path) -> Vec<i32> {
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

pub fn none_left(out: &Path) -> bool {
    let until = Instant::now() + PATIENCE;
    while !nodes_of(out).is_empty() && Instant::now() < until {
        std::thread::yield_now();
    }
    nodes_of(out).is_empty()
}

pub fn signal(child: &Child, signal: Signal) {
    kill(Pid::from_raw(child.id() as i32), signal).expect("the child lives");
}

fn heals_and_reports(asked: Signal) {
    let out = tempfile::tempdir().expect("a folder");
    let mut child = under_fault(out.path());
    assert!(nodes_of(out.path()).len() >= 7, "the stack's nodes run");
    signal(&child, asked);
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(3));
    assert!(none_left(out.path()), "{:?} outlived the run", nodes_of(out.path()));
    let latest = out.path().join("latest");
    let facts = std::fs::read_to_string(latest.join("facts.jsonl")).expect("facts");
    assert!(facts.contains("thaw_node"), "the freeze was not undone");
    let page = std::fs::read_to_string(latest.join("report.html")).expect("a report");
    assert!(page.contains("INCONCLUSIVE"));
    assert!(facts.contains("pending_count"), "the queues were not asked what they hold");
}

#[test]
fn sigint_in_the_middle_of_a_fault_heals_and_reports() {
    heals_and_reports(Signal::SIGINT);
}

#[test]
fn sigterm_does_what_sigint_does() {
    heals_and_reports(Signal::SIGTERM);
}

/// The second comes at once after the first: the wish to hurry is there before anything is read.
#[test]
fn a_second_signal_hurries_and_still_heals_and_leaves_nothing() {
    let out = tempfile::tempdir().expect("a folder");
    let mut child = under_fault(out.path());
    // Asleep, it cannot answer the first before the second has come too.
    signal(&child, Signal::SIGSTOP);
    signal(&child, Signal::SIGINT);
    signal(&child, Signal::SIGTERM);
    signal(&child, Signal::SIGCONT);
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(3));
    assert!(nodes_of(out.path()).is_empty(), "{:?} outlived the run", nodes_of(out.path()));
    let latest = out.path().join("latest");
    let facts = std::fs::read_to_string(latest.join("facts.jsonl")).expect("facts");
    let thawed = |line: &str| line.contains("thaw_node") && line.contains("\"read_back\":true");
    assert!(facts.lines().any(thawed), "the freeze was not undone");
    assert!(!facts.contains("pending_count"), "it was read to the end all the same");
    assert!(!latest.join("report.html").exists(), "it took its time for the report");
    assert!(latest.join("run.json").exists());
    assert!(!latest.join("drill-0/children.jsonl").exists(), "children are left on the list");
    let again = squall().arg("report").arg(&latest).output().expect("squall starts");
    assert_eq!(again.status.code(), Some(3), "{again:?}");
    assert!(latest.join("report.html").exists());
}

/// Raised from a soft limit too low for a sender's connections to the hard one, and inherited.
#[test]
fn squall_and_its_nodes_may_open_as_many_files_as_the_system_lets_them() {
    let out = tempfile::tempdir().expect("a folder");
    let mut limited = Command::new("sh");
    limited.current_dir(root()).env("NO_COLOR", "1");
    limited.args(["-c", "ulimit -S -n 300; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_squall")]);
    let mut child = playing(out.path(), limited, "local", "baseline");
    let own = open_files(child.id() as i32);
    assert!(own.0 == own.1 && own.1 != "300", "{own:?}");
    let nodes = nodes_of(out.path());
    assert!(nodes.len() >= 7, "the stack's nodes run");
    for node in nodes {
        assert_eq!(open_files(node), own);
    }
    signal(&child, Signal::SIGKILL);
    child.wait().expect("it ends");
    assert!(none_left(out.path()), "{:?} outlived the run", nodes_of(out.path()));
}

/// Soft and hard limit of a process.
fn open_files(pid: i32) -> (String, String) {
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).expect("it lives");
    let line = limits.lines().find(|line| line.starts_with("Max open files")).expect("a line");
    let mut words = line.split_whitespace().skip(3).map(str::to_owned);
    (words.next().expect("soft"), words.next().expect("hard"))
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
