//! An engine gives nodes life and takes it. Everything else is the same code on all of them.
//!
//! Links are no business of an engine: each runs through the fault proxy, a node like the others.
//! Cutting a node off is therefore its proxies' work first, and the same on every engine; one that has
//! a network of its own takes the node from it as well.

pub mod descriptors;
pub mod docker;
pub mod external;
mod folder;
pub mod journal;
pub mod local;
mod secret;
pub mod sim;

use crate::numbers::Numbers;
use futures::FutureExt;
use futures::future::{BoxFuture, LocalBoxFuture};
use squall_model::lever::Resource;
use squall_model::node_config::NodeConfig;
use squall_model::stack::RunAs;
use squall_platform::Node;
use std::collections::BTreeMap;
use std::sync::Arc;
use thiserror::Error;

/// Port name → address of a started node.
pub type Addresses = BTreeMap<String, String>;

/// Where a started node is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whereabouts {
    /// By the fault proxy, for those that talk to it over links.
    pub links: Addresses,
    /// By the harness, beside the links: there also while the node is cut off.
    pub beside: Addresses,
}

/// Where there is one network, there is one address.
impl From<Addresses> for Whereabouts {
    fn from(addresses: Addresses) -> Self {
        Whereabouts { links: addresses.clone(), beside: addresses }
    }
}

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

/// The role of a node, for engines that run nothing else.
fn role<'a>(run: &'a RunAs, node: &str) -> Result<&'a str, EngineError> {
    match run {
        RunAs::BuiltIn(role) => Ok(role),
        RunAs::Image(image) => {
            let what =
                format!("runs the image \"{}\", which only the docker engine can", image.from);
            Err(EngineError::new(node, what))
        }
    }
}

/// What an engine sees of a node when it looks: the read-back of kill, freeze and thaw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    Running,
    Frozen,
    Dead,
    /// Who knows does not answer.
    Unknown,
}

/// Hosts without ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosts {
    pub harness: String,
    pub nodes: &'static str,
}

/// Result of an engine's act.
pub type Done<'a, T> = LocalBoxFuture<'a, Result<T, EngineError>>;

/// Reads the counts of an engine beside everything else that it does.
pub trait Meter: Send + Sync {
    /// How often the present life of `node` was held back at its limit.
    ///
    /// # Errors
    /// Where nobody tells, a node that does not run among them.
    fn held_back<'a>(&'a self, node: &'a str, of: Resource) -> BoxFuture<'a, Result<u64, String>>;
}

pub trait Engine {
    /// The harness's own end: driver, probes and collector live on it.
    fn harness(&self) -> Node;

    /// A secret for control ports, new for each run where the world can be reached from outside.
    fn token(&self) -> String;

    /// Account and secret that the sender submits with, where they are not the run's own.
    fn account(&self) -> Option<(String, String)> {
        None
    }

    /// What the drill's messages are called, where others were before it.
    fn numbers(&self) -> Numbers {
        Numbers::default()
    }

    /// Where the harness takes receipts, and where nodes listen: each in the reach of the other.
    fn hosts(&self) -> Hosts {
        Hosts { harness: "127.0.0.1".to_owned(), nodes: "127.0.0.1" }
    }

    /// The address at which something is dialled that `node` says it listens on.
    fn dialled(&self, _node: &str, listens: &str) -> String {
        listens.to_owned()
    }

    /// Starts a program as `config.node`, or a new life of it on the same disk. Resolves when a
    /// built-in role listens, and for an image when it runs.
    fn start<'a>(&'a mut self, run: &'a RunAs, config: &'a NodeConfig) -> Done<'a, Whereabouts>;

    /// Asks for a graceful stop and waits for it.
    fn stop<'a>(&'a mut self, node: &'a str) -> Done<'a, ()>;

    /// As SIGKILL does.
    fn kill<'a>(&'a mut self, node: &'a str) -> Done<'a, ()>;

    /// As SIGSTOP does.
    fn freeze<'a>(&'a mut self, node: &'a str) -> Done<'a, ()>;

    /// As SIGCONT does.
    fn thaw<'a>(&'a mut self, node: &'a str) -> Done<'a, ()>;

    /// Takes a node, whose proxies are down, from the network that links run over.
    fn cut<'a>(&'a mut self, _node: &'a str) -> Done<'a, ()> {
        std::future::ready(Ok(())).boxed_local()
    }

    /// Puts it back, and tells where it is now if that changed.
    fn mend<'a>(&'a mut self, _node: &'a str) -> Done<'a, Option<Whereabouts>> {
        std::future::ready(Ok(None)).boxed_local()
    }

    fn life<'a>(&'a mut self, node: &'a str) -> LocalBoxFuture<'a, Life>;

    /// Lets a node have no more than `to` of a resource, in its unit, or again what it wants. Resolves
    /// when that is so. Only an engine that gives each node a machine of its own can.
    fn limit<'a>(&'a mut self, node: &'a str, _of: Resource, _to: Option<u64>) -> Done<'a, ()> {
        let refused = EngineError::new(node, "only the docker engine limits what a node gets");
        std::future::ready(Err(refused)).boxed_local()
    }

    /// What counts how often nodes are held back at such limits.
    fn meter(&self) -> Option<Arc<dyn Meter>> {
        None
    }

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
