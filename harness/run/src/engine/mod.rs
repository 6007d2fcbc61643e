//! An engine gives nodes life and takes it. Everything else is the same code on all of them.
//!
//! Links are no business of an engine: each runs through the fault proxy, a node like the others.
//! Cutting a node off is therefore its proxies' work too, and the same on every engine.

pub mod descriptors;
pub mod external;
pub mod journal;
pub mod local;
mod secret;
pub mod sim;

use futures::future::LocalBoxFuture;
use squall_model::node_config::NodeConfig;
use squall_platform::Node;
use std::collections::BTreeMap;
use thiserror::Error;

/// Port name → bound address of a started node.
pub type Addresses = BTreeMap<String, String>;

/// What an engine could not do.
#[derive(Debug, Error)]
#[error("{node}: {what}")]
pub struct EngineError {
    pub node: String,
    pub what: String,
}

impl EngineError {
    pub(crate) fn new(node: &str, what: impl ToString) -> Self {
        EngineError { node: node.to_owned(), what: what.to_string() }
    }
}

/// What an engine sees of a node when it looks: the read-back of kill, freeze and thaw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    Running,
    Frozen,
    Dead,
}

/// Result of an engine's act.
pub type Done<'a, T> = LocalBoxFuture<'a, Result<T, EngineError>>;

pub trait Engine {
    /// The harness's own end: driver, probes and collector live on it.
    fn harness(&self) -> Node;

    /// A secret for control ports, new for each run where the world can be reached from outside.
    fn token(&self) -> String;

    /// Account and secret that the sender submits with, where they are not the run's own.
    fn account(&self) -> Option<(String, String)> {
        None
    }

    /// Where the sender listens for receipts: a host of this machine that the stack reaches.
    fn callback_host(&self) -> String {
        "127.0.0.1".to_owned()
    }

    /// The address at which the harness dials what `node` says that it listens on.
    fn dialled(&self, _node: &str, listens: &str) -> String {
        listens.to_owned()
    }

    /// Starts `role` as `config.node`, or a new life of it on the same disk; resolves when it
    /// listens.
    fn start<'a>(&'a mut self, role: &'a str, config: &'a NodeConfig) -> Done<'a, Addresses>;

    /// Asks for a graceful stop and waits for it.
    fn stop<'a>(&'a mut self, node: &'a str) -> Done<'a, ()>;

    /// As SIGKILL does.
    fn kill<'a>(&'a mut self, node: &'a str) -> Done<'a, ()>;

    /// As SIGSTOP does.
    fn freeze(&mut self, node: &str) -> Result<(), EngineError>;

    /// As SIGCONT does.
    fn thaw(&mut self, node: &str) -> Result<(), EngineError>;

    fn life(&mut self, node: &str) -> Life;

    /// Keeps on disk what is about to be changed of somebody else's, until [`Engine::forget`].
    fn remember(&mut self, _found: &str) -> Result<(), EngineError> {
        Ok(())
    }

    /// All of it is as it was found.
    fn forget(&mut self) {}

    /// Nodes that ended since the last call without being told to, each with its exit status.
    fn exits(&mut self) -> Vec<(String, String)>;

    /// Asks every node to end, and ends those that do not. May be given up half-way for
    /// [`Engine::end_now`].
    fn lower(&mut self) -> LocalBoxFuture<'_, ()>;

    /// Ends every node that is left, without asking.
    fn end_now(&mut self) -> LocalBoxFuture<'_, ()>;
}
