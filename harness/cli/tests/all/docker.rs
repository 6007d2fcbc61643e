//! The docker engine through the whole program: what drills on it come to, and what they leave.
//!
//! Without a daemon these tests say so and test nothing; with `SQUALL_DOCKER=required` they fail instead.

use crate::agree::{PLAYED, agrees};
use crate::command::{NO_DAEMON, Pace, enter, holding, run, run_alone, run_at, squall};
use crate::signals::{playing, signal, started};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Whether a daemon answers.
fn is_there() -> bool {
    let asked =
        Command::new("docker").args(["version", "--format", "{{.Server.Version}}"]).output();
    let why = match asked {
        Ok(output) if output.status.success() => return true,
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(error) => error.to_string(),
    };
    skip(&format!("no Docker daemon answers: {why}"));
    false
}

/// Says past the test harness, which shows nothing of tests that pass, why nothing is tested.
pub fn skip(why: &str) {
    let required = std::env::var_os("SQUALL_DOCKER").is_some_and(|wish| wish == "required");
    assert!(!required, "SQUALL_DOCKER=required, and {why}");
    let _ = writeln!(std::io::stderr(), "\nSKIPPED: {why}\n");
}

/// Each start on docker sweeps what dead runs left, which some of these tests want to see first.
fn only() -> MutexGuard<'static, ()> {
    static DAEMON: Mutex<()> = Mutex::new(());
    DAEMON.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Names of what this process, a `squall run`, has at the daemon.
fn things_of(child: &Child) -> Vec<String> {
    let owner = format!("{{\"pid\":{},", child.id());
    let list = |command: [&str; 2], name: &str| -> Vec<String> {
        let format = format!("{{{{.Label \"squall.owner\"}}}} {{{{.{name}}}}}");
        let output = Command::new("docker")
            .args(command)
            .args(["--filter", "label=squall.owner", "--format", &format])
            .output()
            .expect("the docker command");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().filter(|line| line.starts_with(&owner)).map(str::to_owned).collect()
    };
    [list(["ps", "-a"], "Names"), list(["network", "ls"], "Name")].concat()
}

/// What `doctor` or `recover` says of this folder's runs and of the daemon.
fn says(command: &str, out: &Path) -> String {
    let output = squall().arg(command).arg("--out").arg(out).output().expect("squall starts");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat()
}

#[test]
fn the_short_drills_agree_in_containers_too() {
    if !is_there() {
        return;
    }
    let sim = run(&[&["--engine", "sim"][..], &PLAYED].concat());
    let _one = only();
    let docker = run_alone(&[&["--engine", "docker", "--jobs", "4"][..], &PLAYED].concat());
    agrees(&sim, &docker);
}

/// Every fault of a drill has its three instants, in their order.
fn are_proven_and_healed(drill: &Value, said: &str) {
    for fault in drill["faults"].as_array().expect("faults") {
        assert_eq!(fault["proven"], true, "{fault}\n{said}");
        let at = |key: &str| fault[key].as_u64().unwrap_or_else(|| panic!("{key}: {fault}"));
        assert!(at("requested_ms") <= at("effective_ms") && at("effective_ms") < at("healed_ms"));
    }
}

#[test]
fn killed_paused_disconnected_and_limited_are_each_proven_and_healed() {
    if !is_there() {
        return;
    }
    let out = tempfile::tempdir().expect("a folder");
    let path = crate::command::feature(
        out.path(),
        r#"    Given the stack "reference"
    And 20 messages per second
    When steady state holds for 10 seconds
    And node "gateway-1" is killed for 8 seconds
    And 8 seconds pass
    And node "gateway-1" is frozen for 8 seconds
    And 8 seconds pass
    And node "queue-2" is cut off for 8 seconds
    And 10 seconds pass
    Then no accepted message is lost
"#,
    );
    let _one = only();
    let (path, limits) = (path.display().to_string(), "features/faults/limits.feature");
    let ran = run_at(Pace::Calm, &["--engine", "docker", "--jobs", "3", &path, limits]);
    let drills = ran.drills();
    let faults = drills.iter().map(|drill| drill["faults"].as_array().map_or(0, Vec::len));
    assert_eq!(faults.sum::<usize>(), 5, "{}", ran.said());
    for drill in &drills {
        are_proven_and_healed(drill, &ran.said());
        let lost = &drill["objectives"][0];
        assert_eq!(lost["verdict"], "pass", "{lost}\n{}", ran.said());
    }
    assert_eq!(holding(&ran.folder, "PRIVATE KEY"), Vec::<PathBuf>::new(), "a key was kept");
}

/// Each broker in its durable setting, and one that keeps nothing: a canary, met by the loss found.
/// Kannel with its store, killed and without one of its uplinks, beside them.
#[test]
fn brokers_and_kannel_give_back_what_they_confirmed_and_the_ledger_finds_what_memory_lost() {
    if !is_there() {
        return;
    }
    let features = ["features/faults/brokers.feature", "features/faults/kannel.feature"];
    let _one = only();
    let ran = run_alone(&[&["--engine", "docker", "--jobs", "6"][..], &features].concat());
    let drills = ran.drills();
    assert_eq!(drills.len(), 6, "{}", ran.said());
    for drill in drills {
        let lost = &drill["objectives"][0];
        let expected = if drill["expected"] == "fail" { "fail" } else { "pass" };
        assert_eq!(lost["verdict"], expected, "{}: {lost}\n{}", drill["scenario"], ran.said());
        are_proven_and_healed(&drill, &ran.said());
    }
}

#[test]
fn a_signal_heals_and_leaves_nothing_at_the_daemon() {
    if !is_there() {
        return;
    }
    let (_one, _place) = (only(), enter(Pace::Calm));
    let out = tempfile::tempdir().expect("a folder");
    let mut child = playing(out.path(), squall(), "docker", "1 fault active");
    assert!(things_of(&child).len() >= 10, "{:?}", things_of(&child));
    signal(&child, Signal::SIGTERM);
    assert_eq!(child.wait().expect("it ends").code(), Some(3));
    assert_eq!(things_of(&child), Vec::<String>::new());
    let facts = std::fs::read_to_string(out.path().join("latest/facts.jsonl")).expect("facts");
    let thawed = |line: &str| line.contains("thaw_node") && line.contains("\"read_back\":true");
    assert!(facts.lines().any(thawed), "the freeze was not undone");
}

/// A container that is being made belongs to the run as one that is made does.
#[test]
fn a_signal_while_the_stack_is_raised_leaves_nothing_either() {
    if !is_there() {
        return;
    }
    let (_one, _place) = (only(), enter(Pace::Calm));
    // Networks and containers that are there by then.
    for few in [1, 4, 8] {
        let out = tempfile::tempdir().expect("a folder");
        let mut child = started(out.path(), squall(), "docker");
        while things_of(&child).len() < few {
            assert!(child.try_wait().expect("a child").is_none(), "it ended before");
        }
        signal(&child, Signal::SIGINT);
        assert_eq!(child.wait().expect("it ends").code(), Some(3));
        assert_eq!(things_of(&child), Vec::<String>::new(), "after {few}");
    }
}

#[test]
fn what_a_killed_run_leaves_is_shown_and_swept_and_a_living_one_left_alone() {
    if !is_there() {
        return;
    }
    let (_one, _place) = (only(), enter(Pace::Calm));
    let out = tempfile::tempdir().expect("a folder");
    let mut child = playing(out.path(), squall(), "docker", "1 fault active");
    let had = things_of(&child);
    says("recover", out.path());
    assert_eq!(things_of(&child), had, "recover took from a living run");
    signal(&child, Signal::SIGKILL);
    child.wait().expect("it ends");
    let left = things_of(&child);
    assert_eq!(left.len(), had.len());
    let shown = says("doctor", out.path());
    assert!(shown.contains("of a run that died"), "{shown}");
    assert_eq!(things_of(&child), left, "looking removes nothing");
    let told = says("recover", out.path());
    assert!(told.contains("containers and networks removed"), "{told}");
    assert_eq!(things_of(&child), Vec::<String>::new());
}

/// As where two processes make the same image at once, and one of them loses its tag to the other.
#[test]
fn an_image_of_ours_that_lost_its_tag_is_removed() {
    if !is_there() {
        return;
    }
    let (_one, _place) = (only(), enter(Pace::Calm));
    let docker = |args: &[&str]| {
        let output = Command::new("docker").args(args).output().expect("the docker command");
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    let folder = tempfile::tempdir().expect("a folder");
    let tag = format!("squall-test/untagged:{}", std::process::id());
    let build = |content: &str| {
        std::fs::write(folder.path().join("x"), content).expect("a file");
        std::fs::write(folder.path().join("Dockerfile"), "FROM scratch\nCOPY x /x\n").expect("one");
        let place = folder.path().display().to_string();
        docker(&["build", "--quiet", "--label", "squall.image=test", "--tag", &tag, &place])
    };
    let (lost, kept) = (build(&tag), build("another"));
    let output = squall().arg("images").output().expect("squall starts");
    let there = |id: &str| docker(&["images", "--quiet", "--no-trunc"]).contains(id);
    let (lost, kept) = (there(&lost), there(&kept));
    docker(&["rmi", &tag]);
    assert!(output.status.success(), "{output:?}");
    assert!(kept && !lost, "kept {kept}, lost {lost}");
}

#[test]
fn somebody_elses_proxy_is_wanted_with_its_image_and_in_containers() {
    let _one = only();
    let ask = |engine: &str| {
        let asked = ["run", "--proxy", "toxiproxy", "features/faults/no-fault.feature", "--engine"];
        let output = squall().args(asked).arg(engine).output().expect("squall starts");
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(ask("local").contains("--engine docker"));
    let upstream = ["image", "inspect", "toxiproxy:2.12.0"];
    if is_there()
        && !Command::new("docker").args(upstream).output().expect("docker").status.success()
    {
        let said = ask("docker");
        assert!(
            said.contains("no image toxiproxy:2.12.0") && said.contains("docker tag"),
            "{said}"
        );
    }
}

#[test]
fn without_a_daemon_there_is_one_line_with_the_remedy() {
    let out = tempfile::tempdir().expect("a folder");
    let output = squall()
        .args(["run", "--engine", "docker", "features/faults/no-fault.feature", "--out"])
        .arg(out.path())
        .env(NO_DAEMON.0, NO_DAEMON.1)
        .output()
        .expect("squall starts");
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("no Docker daemon answers") && said.contains("--engine local"), "{said}");
}
