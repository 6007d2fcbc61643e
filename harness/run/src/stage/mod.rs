//! The raised stack as the harness sees it: who listens where, and how to talk to it.
//!
//! Clones share one directory, for a node that is started again listens elsewhere.

pub(crate) mod attach;
mod authority;
pub(crate) mod config;
mod control;
pub(crate) mod raise;

pub(crate) use control::{Control, segment};

use crate::engine::Whereabouts;
use crate::numbers::Numbers;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Name of the fault proxy's node. No stack may use it.
pub(crate) const PROXY: &str = "fault-proxy";

/// Name of the name server's node, as long as a stack has links by name. No stack may use it.
pub(crate) const NAMES: &str = "name-server";
/// Port of the name server that answers questions.
pub(crate) const QUESTIONS: &str = "dns";

/// Where everything listens.
#[derive(Clone, Debug, Default)]
pub(crate) struct Directory {
    inner: Arc<RwLock<Places>>,
}

#[derive(Debug, Default)]
struct Places {
    numbers: Numbers,
    nodes: BTreeMap<String, Whereabouts>,
    /// Link id → listen address of its proxy.
    links: BTreeMap<String, String>,
    /// The run's own authority, in PEM.
    trust: Option<String>,
    /// Carrier → where its log begins that is this run's; at its beginning where it is not said.
    logs: BTreeMap<String, u64>,
}

impl Directory {
    pub(crate) fn set_node(&self, node: &str, at: Whereabouts) {
        self.write().nodes.insert(node.to_owned(), at);
    }

    pub(crate) fn set_link(&self, link: &str, address: String) {
        self.write().links.insert(link.to_owned(), address);
    }

    pub(crate) fn set_trust(&self, pem: String) {
        self.write().trust = Some(pem);
    }

    /// What this drill's messages are called in the stack.
    pub(crate) fn set_numbers(&self, numbers: Numbers) {
        self.write().numbers = numbers;
    }

    pub(crate) fn numbers(&self) -> Numbers {
        self.read().numbers
    }

    pub(crate) fn set_log_start(&self, carrier: &str, seq: u64) {
        self.write().logs.insert(carrier.to_owned(), seq);
    }

    /// Sequence number of the first entry of a carrier's log that may be of this run.
    pub(crate) fn log_start(&self, carrier: &str) -> u64 {
        self.read().logs.get(carrier).copied().unwrap_or(0)
    }

    /// What TLS servers of the stack are verified with.
    pub(crate) fn trust(&self) -> Option<String> {
        self.read().trust.clone()
    }

    /// As those dial it that talk to the node over links.
    pub(crate) fn port(&self, node: &str, port: &str) -> Option<String> {
        self.read().nodes.get(node)?.links.get(port).cloned()
    }

    /// As the harness dials it, past all links.
    pub(crate) fn beside(&self, node: &str, port: &str) -> Option<String> {
        self.read().nodes.get(node)?.beside.get(port).cloned()
    }

    /// A node's control port: `admin` of stack nodes, `control` of carriers and of the proxy.
    pub(crate) fn control(&self, node: &str) -> Option<String> {
        self.beside(node, "admin").or_else(|| self.beside(node, "control"))
    }

    pub(crate) fn link(&self, id: &str) -> Option<String> {
        self.read().links.get(id).cloned()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Places> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Places> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }
}
