//! No process of a run grows beyond what is promised: 200 MiB each on real processes, 1 GiB for a
//! simulated drill. `VmHWM` of /proc is the most a process has ever held resident.

use crate::command::{feature, squall};
use crate::signals::nodes_of;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

const MIB: u64 = 1 << 20;
/// Between two looks; what a process held at its peak is seen by any later one.
const LOOK: Duration = Duration::from_millis(50);

const BUSY: &str = r#"    Given the stack "reference"
    And 300 messages per second
    When steady state holds for 5 seconds
    And the queue in region "singapore" is lost for 5 seconds
    And 5 seconds pass
    Then no message is delivered more than once
"#;

/// A drill that is being played.
fn start(out: &Path, engine: &str) -> Child {
    let path = feature(out, BUSY);
    squall()
        .args(["run", "--engine", engine])
        .arg(&path)
        .arg("--out")
        .arg(out)
        .env("CI", "true")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("squall starts")
}

/// Bytes; none where the process has ended.
fn peak(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// The peak of squall and of each of its nodes, by process id, once the run has ended.
fn peaks(out: &Path, engine: &str) -> BTreeMap<u32, u64> {
    let mut child = start(out, engine);
    let mut peaks = BTreeMap::new();
    while child.try_wait().expect("a child").is_none() {
        let nodes = nodes_of(out).into_iter().map(|pid| pid as u32);
        for pid in nodes.chain([child.id()]) {
            if let Some(peak) = peak(pid) {
                peaks.insert(pid, peak);
            }
        }
        std::thread::sleep(LOOK);
    }
    peaks
}

#[test]
fn every_real_process_stays_small() {
    let out = tempfile::tempdir().expect("a folder");
    let peaks = peaks(out.path(), "local");
    // Squall, fault proxy, two carriers, edge, two gateways and two queues, of which one lives twice.
    assert!(peaks.len() >= 9, "{peaks:?}");
    for (pid, peak) in &peaks {
        assert!(*peak > MIB, "{pid} held {peak} bytes: that was not read from a real process");
        assert!(*peak < 200 * MIB, "{pid} held {} MiB", peak / MIB);
    }
}

#[test]
fn a_simulated_drill_stays_within_a_gibibyte() {
    let out = tempfile::tempdir().expect("a folder");
    let peaks = peaks(out.path(), "sim");
    let most = peaks.values().copied().max().expect("squall was seen");
    assert!((MIB..1024 * MIB).contains(&most), "{most} bytes");
}
