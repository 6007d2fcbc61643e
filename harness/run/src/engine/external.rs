//! The engine of a stack that already runs: it starts only what is not there, and time is real.
//!
//! Life and death of what somebody else has started are not in its power. It dials the addresses that
//! the stack lists, those of what it started itself, and no others.

use super::local::LocalEngine;
use super::{Addresses, Done, Engine, EngineError, Hosts, Life, Whereabouts, journal, secret};
use crate::RunError;
use crate::numbers::Numbers;
use crate::stage::attach::{self, Attached};
use crate::stage::{Control, Directory, PROXY};
use futures::FutureExt;
use futures::future::LocalBoxFuture;
use serde::{Deserialize, Serialize};
use squall_model::external::External;
use squall_model::node_config::NodeConfig;
use squall_model::plan::Plan;
use squall_model::stack::{RunAs, SENDER};
use squall_platform::{Node, Targets};
use squall_wire::http::Client;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// Name of the note within a drill's folder.
const NOTE: &str = "attached.json";
/// The port of a fault proxy's API.
const CONTROL: &str = "control";

/// What a drill found before it changed anything, for whoever comes after its death.
#[derive(Serialize, Deserialize)]
struct Note {
    owner: journal::Identity,
    external: External,
    found: Attached,
}

/// What the environment holds for a stack. Never printed.
pub struct Secrets {
    token: Option<String>,
    account: Option<String>,
    secret: Option<String>,
}

impl Secrets {
    /// # Errors
    /// The first variable that is named and not set.
    pub fn read(external: &External) -> Result<Secrets, String> {
        let read = |name: &Option<String>| match name {
            None => Ok(None),
            Some(name) => std::env::var(name)
                .map(Some)
                .map_err(|_| format!("the stack wants {name} in the environment; it is not set")),
        };
        let (token, account) = (read(&external.token)?, read(&external.account)?);
        Ok(Secrets { token, account, secret: read(&external.secret)? })
    }
}

pub struct ExternalEngine {
    local: LocalEngine,
    external: External,
    targets: Targets,
    harness: Node,
    token: Option<String>,
    account: (String, String),
    numbers: Numbers,
    note: PathBuf,
}

impl ExternalEngine {
    /// # Errors
    /// A plan whose stack does not run elsewhere, a secret that the environment does not hold, or a
    /// folder that cannot be written to.
    pub fn new(plan: &Plan, squall: &Path, folder: &Path) -> Result<Self, RunError> {
        let external = plan.stack.external.clone();
        let external =
            external.ok_or_else(|| RunError::Plan("the stack does not run yet".into()))?;
        let secrets = Secrets::read(&external).map_err(RunError::Plan)?;
        let mut local = LocalEngine::new(squall, folder, plan.seed)?;
        local.borrow_secrets();
        let targets = Targets::new(external.allow.iter().copied());
        let data = folder.join("data").join(SENDER);
        let setting = |key: &str| plan.stack.settings.get(key).cloned().unwrap_or_default();
        let account = secrets.account.unwrap_or_else(|| setting("account"));
        let draw = secret::draw().map_err(RunError::io("cannot draw this drill's numbers"))?;
        let draw = u64::from_str_radix(&draw[..16], 16).unwrap_or_default();
        Ok(ExternalEngine {
            local,
            harness: Node::real_within(SENDER, data, plan.seed, targets.clone()),
            targets,
            token: secrets.token,
            account: (account, secrets.secret.unwrap_or_else(|| setting("secret"))),
            numbers: Numbers::drawn(draw),
            note: folder.join(NOTE),
            external,
        })
    }

    fn given(&self, node: &str) -> Option<Addresses> {
        match (node, &self.external.proxy) {
            (PROXY, Some(at)) => Some(Addresses::from([(CONTROL.to_owned(), at.clone())])),
            _ => self.external.nodes.get(node).cloned(),
        }
    }

    async fn raise(
        &mut self,
        run: &RunAs,
        config: &NodeConfig,
    ) -> Result<Whereabouts, EngineError> {
        if let Some(given) = self.given(&config.node) {
            return self.checked(&config.node, given).await;
        }
        let started = self.local.start(run, config).await?;
        for address in started.beside.values().filter_map(|at| at.parse().ok()) {
            self.targets.add(address);
        }
        Ok(started)
    }

    /// The very addresses that may be dialled, for those too that dial what they are told: proxies.
    async fn checked(&self, node: &str, given: Addresses) -> Result<Whereabouts, EngineError> {
        let mut checked = Addresses::new();
        for (port, at) in given {
            let found = self.targets.resolve(&at).await;
            let found = found.map_err(|why| EngineError::new(node, why))?;
            checked.insert(port, found.first().map_or(at, ToString::to_string));
        }
        Ok(checked.into())
    }

    /// The engine that has power over `node`.
    fn over(&mut self, node: &str) -> Result<&mut LocalEngine, EngineError> {
        match self.given(node) {
            None => Ok(&mut self.local),
            Some(_) => Err(EngineError::new(node, "was not started by Squall")),
        }
    }
}

/// The port of an address whose host is every interface of its machine.
fn everywhere(listens: &str) -> Option<&str> {
    ["0.0.0.0:", "[::]:"].iter().find_map(|any| listens.strip_prefix(any))
}

impl Engine for ExternalEngine {
    fn harness(&self) -> Node {
        self.harness.clone()
    }

    fn token(&self) -> String {
        self.token.clone().unwrap_or_else(|| self.local.token())
    }

    fn account(&self) -> Option<(String, String)> {
        Some(self.account.clone())
    }

    fn numbers(&self) -> Numbers {
        self.numbers
    }

    fn hosts(&self) -> Hosts {
        let harness = match self.external.callback {
            IpAddr::V6(host) => format!("[{host}]"),
            IpAddr::V4(host) => host.to_string(),
        };
        Hosts { harness, nodes: "127.0.0.1" }
    }

    /// What somebody else's proxy listens at on all its addresses is reached where its API is. A proxy
    /// of ours is a target like the rest of what was started here.
    fn dialled(&self, node: &str, listens: &str) -> String {
        let api = self.external.proxy.as_ref().filter(|_| node == PROXY);
        let Some((host, _)) = api.and_then(|api| api.rsplit_once(':')) else {
            listens.parse().into_iter().for_each(|address| self.targets.add(address));
            return listens.to_owned();
        };
        everywhere(listens).map_or(listens.to_owned(), |port| format!("{host}:{port}"))
    }

    fn start<'a>(&'a mut self, run: &'a RunAs, config: &'a NodeConfig) -> Done<'a, Whereabouts> {
        self.raise(run, config).boxed_local()
    }

    fn stop<'a>(&'a mut self, node: &'a str) -> Done<'a, ()> {
        async move { self.over(node)?.stop(node).await }.boxed_local()
    }

    fn kill<'a>(&'a mut self, node: &'a str) -> Done<'a, ()> {
        async move { self.over(node)?.kill(node).await }.boxed_local()
    }

    fn freeze<'a>(&'a mut self, node: &'a str) -> Done<'a, ()> {
        async move { self.over(node)?.freeze(node).await }.boxed_local()
    }

    fn thaw<'a>(&'a mut self, node: &'a str) -> Done<'a, ()> {
        async move { self.over(node)?.thaw(node).await }.boxed_local()
    }

    fn life<'a>(&'a mut self, node: &'a str) -> LocalBoxFuture<'a, Life> {
        match self.over(node) {
            Ok(local) => local.life(node),
            // Of what was not started here no more is known than what its control port says.
            Err(_) => std::future::ready(Life::Running).boxed_local(),
        }
    }

    fn remember(&mut self, found: &str) -> Result<(), EngineError> {
        let failed = |error: &dyn std::fmt::Display| EngineError::new("the note", error);
        let note = Note {
            owner: journal::identify(std::process::id() as i32).map_err(|error| failed(&error))?,
            external: self.external.clone(),
            found: serde_json::from_str(found).map_err(|error| failed(&error))?,
        };
        let bytes = serde_json::to_vec(&note).map_err(|error| failed(&error))?;
        secret::write(&self.note, &bytes).map_err(|error| failed(&error))
    }

    fn forget(&mut self) {
        let _ = std::fs::remove_file(&self.note);
    }

    fn exits(&mut self) -> Vec<(String, String)> {
        self.local.exits()
    }

    fn lower(&mut self) -> LocalBoxFuture<'_, ()> {
        self.local.lower()
    }

    fn end_now(&mut self) -> LocalBoxFuture<'_, ()> {
        self.local.end_now()
    }
}

/// A stack that a dead drill was attached to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deserted {
    /// The drill's folder.
    pub folder: PathBuf,
    /// The stack's name in `[external]`.
    pub name: String,
    /// What could not be put back; then the note stays.
    pub left: Vec<String>,
}

impl Deserted {
    /// The file that says what it was attached to.
    pub fn note(&self) -> PathBuf {
        self.folder.join(NOTE)
    }
}

/// What dead runs under `reports` were attached to. Changes nothing.
///
/// # Errors
/// What the operating system says of the folder.
pub fn deserted(reports: &Path) -> std::io::Result<Vec<Deserted>> {
    let found = notes(reports)?;
    Ok(found.into_iter().map(|(path, note)| Deserted::of(&path, &note, Vec::new())).collect())
}

/// Puts back what dead runs under `reports` left changed; says what it was attached to.
///
/// # Errors
/// What the operating system says of the folder, or where no runtime can be made.
pub fn put_back(reports: &Path) -> std::io::Result<Vec<Deserted>> {
    let mut found = Vec::new();
    for (path, note) in notes(reports)? {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let left = runtime.block_on(note.restore());
        if left.is_empty() {
            std::fs::remove_file(&path)?;
        }
        found.push(Deserted::of(&path, &note, left));
    }
    Ok(found)
}

impl Note {
    async fn restore(&self) -> Vec<String> {
        let secrets = match Secrets::read(&self.external) {
            Ok(secrets) => secrets,
            Err(why) => return vec![why],
        };
        let targets = Targets::new(self.external.allow.iter().copied());
        let harness = Node::real_within(SENDER, PathBuf::new(), 0, targets);
        let directory = Directory::default();
        attach::place(&directory, &self.external);
        if let Some(proxy) = &self.external.proxy {
            directory
                .set_node(PROXY, Addresses::from([(CONTROL.to_owned(), proxy.clone())]).into());
        }
        let token = secrets.token.unwrap_or_default();
        self.found.restore(&Control::new(Client::new(harness, 4), directory, &token)).await
    }
}

impl Deserted {
    fn of(note: &Path, told: &Note, left: Vec<String>) -> Deserted {
        let folder = note.parent().unwrap_or(note).to_owned();
        Deserted { folder, name: told.external.name.clone(), left }
    }
}

/// The notes of dead runs.
fn notes(reports: &Path) -> std::io::Result<Vec<(PathBuf, Note)>> {
    let mut of_the_dead = Vec::new();
    for path in journal::named(NOTE, reports)? {
        // One cut short was written before anything was changed.
        let Ok(note) = serde_json::from_slice::<Note>(&std::fs::read(&path)?) else { continue };
        if !journal::lives(&note.owner) {
            of_the_dead.push((path, note));
        }
    }
    Ok(of_the_dead)
}
