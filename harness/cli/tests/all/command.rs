//! Starts the real program as a user would, and reads what it left.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{PoisonError, RwLock, RwLockWriteGuard};

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

/// Drills in virtual time share the machine's processors with each other, and one in real time with
/// none of them: it would be a drill of a busy machine.
static PROCESSORS: RwLock<()> = RwLock::new(());

/// `squall run` with these arguments and an output folder of its own.
pub fn run(arguments: &[&str]) -> Ran {
    let _shared = PROCESSORS.read().unwrap_or_else(PoisonError::into_inner);
    play(arguments)
}

/// [`run`], while no other test of this program plays.
pub fn run_alone(arguments: &[&str]) -> Ran {
    let _own = alone();
    play(arguments)
}

/// As long as it is held, no other test of this program plays.
pub fn alone() -> RwLockWriteGuard<'static, ()> {
    PROCESSORS.write().unwrap_or_else(PoisonError::into_inner)
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
