//! The local engine: every node a child process on loopback, time is real.
//!
//! A child dies with its parent (it asks the kernel for that itself, see `squall-node`), and is on
//! a list on disk for the case that it could not.

use super::folder::Folder;
use super::{
    Addresses, Done, Engine, EngineError, Life, Whereabouts, descriptors, journal, secret,
};
use crate::RunError;
use futures::FutureExt;
use futures::future::{LocalBoxFuture, ready};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::Deserialize;
use squall_model::node_config::NodeConfig;
use squall_model::stack::{RunAs, SENDER};
use squall_platform::{Node, time};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How long a child may take to listen, and to stop when asked to.
const START: Duration = Duration::from_secs(20);
const STOP: Duration = Duration::from_secs(10);

pub struct LocalEngine {
    squall: PathBuf,
    folder: Folder,
    harness: Node,
    token: String,
    journal: journal::Journal,
    children: BTreeMap<String, Process>,
    /// Node → how often it was started.
    lives: BTreeMap<String, u64>,
}

struct Process {
    child: Child,
    pid: Pid,
    /// Ended by a lever, or asked to end.
    planned: bool,
    reported: bool,
    /// Kept open: a child that prints after its ready line must not be killed by it.
    _stdout: tokio::process::ChildStdout,
}

/// The line a child prints when it is ready.
#[derive(Deserialize)]
struct Ready {
    addresses: Addresses,
}

impl LocalEngine {
    /// # Errors
    /// Where `folder` cannot be written to, or this process may not open as many files as its
    /// hard limit allows.
    pub fn new(squall: &Path, folder: &Path, seed: u64) -> Result<Self, RunError> {
        descriptors::raise_limit()?;
        let what = || format!("cannot prepare {}", folder.display());
        let journal = journal::Journal::open(folder).map_err(RunError::io(what()))?;
        let folder = Folder::open(folder)?;
        Ok(LocalEngine {
            squall: squall.to_owned(),
            harness: Node::real(SENDER, folder.data(SENDER), seed),
            folder,
            token: secret::draw().map_err(RunError::io("cannot draw a secret"))?,
            journal,
            children: BTreeMap::new(),
            lives: BTreeMap::new(),
        })
    }

    /// No configuration is kept beyond the run: what nodes are told is secret beyond it.
    pub(super) fn borrow_secrets(&mut self) {
        self.folder.keep_none();
    }

    async fn raise(&mut self, role: &str, config: &NodeConfig) -> Result<Addresses, EngineError> {
        let name = config.node.as_str();
        let failed = |what: &str| {
            let what = what.to_owned();
            move |error: io::Error| EngineError::new(name, format!("{what}: {error}"))
        };
        if self.look(name) != Life::Dead {
            return Err(EngineError::new(name, "runs already"));
        }
        let lives = self.lives.entry(name.to_owned()).or_default();
        let config = &NodeConfig { past_lives: *lives, ..config.clone() };
        *lives += 1;
        let mut child = self.spawn(role, config).map_err(failed("cannot start"))?;
        let pid = child.id().ok_or_else(|| EngineError::new(name, "ended at once"))? as i32;
        let stdout = child.stdout.take().ok_or_else(|| EngineError::new(name, "has no stdout"))?;
        let identity = journal::identify(pid).map_err(failed("cannot read its start time"))?;
        self.journal.add(name, &identity).map_err(failed("cannot write it down"))?;

        let mut lines = BufReader::new(stdout).lines();
        let line = time::timeout(START, lines.next_line()).await;
        let ready = match line {
            Ok(Ok(Some(line))) => serde_json::from_str::<Ready>(&line)
                .map_err(|error| EngineError::new(name, format!("unreadable ready line: {error}"))),
            Ok(_) => Err(EngineError::new(name, self.folder.last_words(name))),
            Err(_) => Err(EngineError::new(name, "did not listen within 20 seconds")),
        };
        self.folder.forget();
        let stdout = lines.into_inner().into_inner();
        let process = Process {
            child,
            pid: Pid::from_raw(pid),
            planned: ready.is_err(),
            reported: false,
            _stdout: stdout,
        };
        self.children.insert(name.to_owned(), process);
        if ready.is_err() {
            self.kill(name).await?;
        }
        ready.map(|ready| ready.addresses)
    }

    fn spawn(&mut self, role: &str, config: &NodeConfig) -> io::Result<Child> {
        let path = self.folder.tell(config)?;
        let log = self.folder.log(&config.node);
        let log = File::options().append(true).create(true).open(log)?;
        Command::new(&self.squall)
            .arg("serve")
            .arg(role)
            .arg("--config")
            .arg(&path)
            .arg("--data")
            .arg(self.folder.data(&config.node))
            .arg("--parent")
            .arg(std::process::id().to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
    }

    fn look(&mut self, node: &str) -> Life {
        let Some(process) = self.children.get_mut(node) else { return Life::Dead };
        if !matches!(process.child.try_wait(), Ok(None)) {
            return Life::Dead;
        }
        match journal::stat(process.pid.as_raw()) {
            Ok(('T' | 't', _)) => Life::Frozen,
            Ok(('Z' | 'X', _)) | Err(_) => Life::Dead,
            Ok(_) => Life::Running,
        }
    }

    fn living(&mut self, node: &str) -> Result<&mut Process, EngineError> {
        match self.look(node) {
            Life::Dead => Err(EngineError::new(node, "is not running")),
            _ => self.children.get_mut(node).ok_or_else(|| EngineError::new(node, "unknown")),
        }
    }

    fn signal(&mut self, node: &str, signal: Signal) -> Result<(), EngineError> {
        // The child is not reaped before `wait`, so its id cannot belong to anybody else.
        let pid = self.living(node)?.pid;
        kill(pid, signal).map_err(|error| EngineError::new(node, format!("{signal}: {error}")))
    }

    async fn end(
        &mut self,
        node: &str,
        signal: Signal,
        patience: Duration,
    ) -> Result<(), EngineError> {
        self.living(node)?.planned = true;
        self.signal(node, signal)?;
        let process = self.living_or_ended(node)?;
        match time::timeout(patience, process.child.wait()).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(EngineError::new(node, error)),
            Err(_) => {
                process.child.kill().await.map_err(|error| EngineError::new(node, error))?;
                Err(EngineError::new(node, "did not stop in time; killed"))
            }
        }
    }

    fn living_or_ended(&mut self, node: &str) -> Result<&mut Process, EngineError> {
        self.children.get_mut(node).ok_or_else(|| EngineError::new(node, "unknown"))
    }

    async fn lower_all(&mut self) {
        let names: Vec<String> = self.children.keys().cloned().collect();
        for name in &names {
            let _ = self.signal(name, Signal::SIGCONT);
            if let Ok(process) = self.living(name) {
                process.planned = true;
                let _ = kill(process.pid, Signal::SIGTERM);
            }
        }
        for process in self.children.values_mut() {
            if time::timeout(STOP, process.child.wait()).await.is_err() {
                let _ = process.child.kill().await;
            }
        }
        self.close_journal();
    }

    async fn kill_all(&mut self) {
        for process in self.children.values_mut() {
            process.planned = true;
            let _ = process.child.start_kill();
        }
        for process in self.children.values_mut() {
            let _ = time::timeout(STOP, process.child.wait()).await;
        }
        self.close_journal();
    }

    /// The list stays only where a child could not be ended: then the next start looks again.
    fn close_journal(&mut self) {
        self.folder.forget();
        let names: Vec<String> = self.children.keys().cloned().collect();
        if names.iter().all(|name| self.look(name) == Life::Dead) {
            let _ = self.journal.close();
        }
    }
}

impl Engine for LocalEngine {
    fn harness(&self) -> Node {
        self.harness.clone()
    }

    fn token(&self) -> String {
        self.token.clone()
    }

    fn start<'a>(&'a mut self, run: &'a RunAs, config: &'a NodeConfig) -> Done<'a, Whereabouts> {
        async move {
            let role = super::role(run, &config.node)?;
            self.raise(role, config).await.map(Whereabouts::from)
        }
        .boxed_local()
    }

    fn stop<'a>(&'a mut self, node: &'a str) -> Done<'a, ()> {
        self.end(node, Signal::SIGTERM, STOP).boxed_local()
    }

    fn kill<'a>(&'a mut self, node: &'a str) -> Done<'a, ()> {
        self.end(node, Signal::SIGKILL, STOP).boxed_local()
    }

    fn freeze<'a>(&'a mut self, node: &'a str) -> Done<'a, ()> {
        ready(self.signal(node, Signal::SIGSTOP)).boxed_local()
    }

    fn thaw<'a>(&'a mut self, node: &'a str) -> Done<'a, ()> {
        ready(self.signal(node, Signal::SIGCONT)).boxed_local()
    }

    fn life<'a>(&'a mut self, node: &'a str) -> LocalBoxFuture<'a, Life> {
        ready(self.look(node)).boxed_local()
    }

    fn exits(&mut self) -> Vec<(String, String)> {
        let mut unplanned = Vec::new();
        for (name, process) in &mut self.children {
            if process.planned || process.reported {
                continue;
            }
            if let Ok(Some(status)) = process.child.try_wait() {
                process.reported = true;
                unplanned.push((name.clone(), status.to_string()));
            }
        }
        unplanned
    }

    fn lower(&mut self) -> LocalBoxFuture<'_, ()> {
        self.lower_all().boxed_local()
    }

    fn end_now(&mut self) -> LocalBoxFuture<'_, ()> {
        self.kill_all().boxed_local()
    }
}
