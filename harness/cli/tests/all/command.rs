//! Starts the real program as a user would, and reads what it left.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Condvar, Mutex, PoisonError};

/// The workspace, where `features/` and `stacks/` are.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace")
}

/// `squall` in the workspace, without colours.
pub fn squall() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_squall"));
    command.current_dir(root()).env("NO_COLOR", "1");
    command
}

/// Where no daemon is, for what is about other things: a start on docker and `recover` remove what dead
/// runs have left there, which some tests want to see first.
pub const NO_DAEMON: (&str, &str) = ("DOCKER_HOST", "unix:///nowhere/docker.sock");

/// Files under `folder` that hold `text`.
pub fn holding(folder: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holding(&path, text));
        } else if String::from_utf8_lossy(&std::fs::read(&path).expect("a file")).contains(text) {
            found.push(path);
        }
    }
    found
}

/// A finished `squall run`.
pub struct Ran {
    pub output: Output,
    pub folder: PathBuf,
    _kept: tempfile::TempDir,
}

impl Ran {
    pub fn code(&self) -> Option<i32> {
        self.output.status.code()
    }

    /// Standard output and error together, for a failing test's message.
    pub fn said(&self) -> String {
        format!(
            "{}{}",
            String::from_utf8_lossy(&self.output.stdout),
            String::from_utf8_lossy(&self.output.stderr)
        )
    }

    pub fn file(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.join(name))
            .unwrap_or_else(|error| panic!("{name}: {error}\n{}", self.said()))
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.file("run.json")).expect("run.json is JSON")
    }

    pub fn drills(&self) -> Vec<Value> {
        self.json()["drills"].as_array().expect("drills").clone()
    }
}

/// Who plays shares the processors with its like alone: drills in virtual time use all that there is,
/// those in real time mostly wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    Virtual,
    /// Real time, with little traffic or nothing that depends on how fast it is.
    Calm,
    /// Real time, and so busy that another one would be felt.
    Busy,
}

static PLAYING: Mutex<(Option<Pace>, usize)> = Mutex::new((None, 0));
static LEFT: Condvar = Condvar::new();

/// A place among those who play at the same pace.
pub struct Place;

pub fn enter(pace: Pace) -> Place {
    let playing = PLAYING.lock().unwrap_or_else(PoisonError::into_inner);
    let taken = |(now, count): &mut (Option<Pace>, usize)| {
        *count > 0 && (*now != Some(pace) || pace == Pace::Busy)
    };
    let mut playing = LEFT.wait_while(playing, taken).unwrap_or_else(PoisonError::into_inner);
    *playing = (Some(pace), playing.1 + 1);
    Place
}

impl Drop for Place {
    fn drop(&mut self) {
        PLAYING.lock().unwrap_or_else(PoisonError::into_inner).1 -= 1;
        LEFT.notify_all();
    }
}

/// `squall run` with these arguments, in virtual time, and an output folder of its own.
pub fn run(arguments: &[&str]) -> Ran {
    run_at(Pace::Virtual, arguments)
}

/// [`run`], while no other test of this program plays.
pub fn run_alone(arguments: &[&str]) -> Ran {
    run_at(Pace::Busy, arguments)
}

pub fn run_at(pace: Pace, arguments: &[&str]) -> Ran {
    let _place = enter(pace);
    play(arguments)
}

fn play(arguments: &[&str]) -> Ran {
    let out = tempfile::tempdir().expect("a folder");
    let output = squall()
        .arg("run")
        .args(arguments)
        .arg("--out")
        .arg(out.path())
        .output()
        .expect("squall starts");
    Ran { output, folder: out.path().join("latest"), _kept: out }
}

/// A feature file of one scenario on the reference stack.
pub fn feature(folder: &Path, steps: &str) -> PathBuf {
    let path = folder.join("drill.feature");
    let text = format!("Feature: A drill\n  Scenario: One\n{steps}");
    std::fs::write(&path, text).expect("a feature file");
    path
}
