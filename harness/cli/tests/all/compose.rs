//! docker-compose.yml comes up, is drilled through `[external]`, and goes down without a trace.
//!
//! The files are the committed ones with other ports published, so that a stack that a developer has up
//! is not disturbed; the image of the roles is that of this checkout, unless SQUALL_NODE names another.
//! Without a Docker daemon or compose the test says so and tests nothing; with SQUALL_DOCKER=required it
//! fails instead.

use crate::command::{Pace, enter, root, squall};
use crate::docker;
use crate::outside::{PATIENCE, ask};
use serde_json::Value;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Instant;

/// Digits that all published ports of the committed files begin with, but for the well-known ones.
const COMMITTED: &str = "210";
/// Well-known port → its place among the others here.
const KNOWN: [(&str, &str); 3] = [("8474", "74"), ("8000", "80"), ("9090", "90")];
/// Control ports in the committed files.
const CONTROLS: std::ops::RangeInclusive<u16> = 20..=26;

/// The way to say `docker compose` here; else what is missing.
fn compose() -> Result<Vec<&'static str>, String> {
    let works = |words: &[&str]| {
        let ran = Command::new(words[0]).args(&words[1..]).output();
        ran.is_ok_and(|output| output.status.success())
    };
    if !works(&["docker", "info"]) {
        return Err("no Docker daemon answers".into());
    }
    let ways = [vec!["docker", "compose"], vec!["docker-compose"]];
    let way = ways.into_iter().find(|way| works(&[&way[..], &["version"]].concat()));
    way.ok_or_else(|| "there is neither `docker compose` nor `docker-compose`".into())
}

/// Three digits with which every port begins that the stack wants, all of them free.
fn digits() -> String {
    let wanted: Vec<u16> = (1..=16).chain(CONTROLS).chain([74, 80, 90]).collect();
    let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let first = 211 + (std::process::id() % 50) as u16;
    let block = (first..320).find(|block| wanted.iter().all(|port| free(block * 100 + port)));
    block.expect("a hundred free ports").to_string()
}

/// The committed text with ports that begin with `digits`.
fn moved(text: &str, digits: &str) -> String {
    let mut text = text
        .replace(&format!(":{COMMITTED}"), &format!(":{digits}"))
        .replace(&format!("-{COMMITTED}"), &format!("-{digits}"));
    for (known, place) in KNOWN {
        text = text.replace(&format!("127.0.0.1:{known}"), &format!("127.0.0.1:{digits}{place}"));
    }
    text
}

fn copy(from: &Path, to: &Path, digits: &str) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &to, digits);
        } else {
            let text = std::fs::read_to_string(&path).expect("text");
            std::fs::write(to, moved(&text, digits)).expect("written");
        }
    }
}

/// The stack under a project name of its own; taken down with the test.
struct Up {
    way: Vec<&'static str>,
    project: String,
    digits: String,
    folder: tempfile::TempDir,
}

impl Up {
    fn bring(way: Vec<&'static str>) -> Up {
        let folder = tempfile::tempdir().expect("a folder");
        let digits = digits();
        let text = std::fs::read_to_string(root().join("docker-compose.yml")).expect("the file");
        std::fs::write(folder.path().join("docker-compose.yml"), moved(&text, &digits))
            .expect("written");
        copy(&root().join("stacks/compose"), &folder.path().join("stacks/compose"), &digits);
        let project = format!("squalltest{}", std::process::id());
        let up = Up { way, project, digits, folder };
        let output = up.say(&["up", "-d"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        up
    }

    fn say(&self, words: &[&str]) -> Output {
        let mut command = Command::new(self.way[0]);
        command.args(&self.way[1..]).args(["-p", &self.project]).args(words);
        command.current_dir(self.folder.path()).output().expect("compose starts")
    }

    fn at(&self, place: u16) -> String {
        format!("127.0.0.1:{}{place:02}", self.digits)
    }

    fn wait_until(&self, what: &str, is: impl Fn() -> bool) {
        let until = Instant::now() + PATIENCE;
        while !is() {
            let logs = || String::from_utf8_lossy(&self.say(&["logs"]).stdout).into_owned();
            assert!(Instant::now() < until, "never {what}:\n{}", logs());
            std::thread::yield_now();
        }
    }

    /// Ids of what bears the project's label.
    fn left(&self, kind: &[&str]) -> String {
        let label = format!("label=com.docker.compose.project={}", self.project);
        let listed = Command::new("docker").args(kind).args(["-q", "--filter", &label]).output();
        String::from_utf8_lossy(&listed.expect("docker starts").stdout).trim().to_owned()
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        self.say(&["down", "--volumes", "--timeout", "5"]);
    }
}

/// Whether something listens there and says that it is well.
fn healthy(at: &str, path: &str) -> bool {
    std::panic::catch_unwind(|| ask(at, "GET", path, "").0 == 200).unwrap_or(false)
}

#[test]
fn the_composed_stack_is_drilled_and_goes_down_without_a_trace() {
    let way = match compose() {
        Ok(way) => way,
        Err(why) => {
            docker::skip(&format!("no composed stack is drilled: {why}"));
            return;
        }
    };
    if std::env::var_os("SQUALL_NODE").is_none() {
        let made = squall().arg("images").output().expect("squall starts");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    let _place = enter(Pace::Calm);
    let up = Up::bring(way);
    up.wait_until("healthy", || CONTROLS.clone().all(|place| healthy(&up.at(place), "/health")));
    let before = ask(&up.at(74), "GET", "/proxies", "").1;

    let out = up.folder.path().join("out");
    let output = squall()
        .current_dir(up.folder.path())
        .args(["run", "--stack", "compose", "--out"])
        .arg(&out)
        .arg(root().join("features/faults/latency-spike.feature"))
        .output()
        .expect("squall starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let said = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let bytes = std::fs::read(out.join("latest/run.json")).expect("run.json");
    let run: Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!(run["engine"], "external");
    let drill = &run["drills"][0];
    assert_eq!(drill["faults"][0]["proven"], true, "{said}");
    assert!(drill["accounting"]["delivered"].as_u64() > Some(6_000), "{}", drill["accounting"]);
    assert_eq!(ask(&up.at(74), "GET", "/proxies", "").1, before, "not left as it was");

    let counted = "/api/v1/query?query=count(up==1)";
    up.wait_until("watched by Prometheus", || {
        let (status, body) = ask(&up.at(90), "GET", counted, "");
        status == 200 && body.contains("\"6\"")
    });
    assert!(up.say(&["down", "--volumes", "--timeout", "5"]).status.success());
    assert_eq!(up.left(&["ps", "-a"]), "", "containers are left");
    assert_eq!(up.left(&["network", "ls"]), "", "networks are left");
}
