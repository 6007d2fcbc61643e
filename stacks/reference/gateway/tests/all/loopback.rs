//! The stage's nodes on real sockets and a real disk, all on 127.0.0.1.

use crate::stage::{NODES, config, start};
use squall_model::node_config::NodeConfig;
use squall_platform::{Node, Running};
use std::collections::BTreeMap;

/// Where the sender of the stage's wiring takes its callbacks.
pub const SENDER: &str = "sender:9100";

pub struct Loopback {
    dir: tempfile::TempDir,
    /// Simulated address → real one.
    ports: BTreeMap<String, String>,
}

impl Loopback {
    /// Ports that were free a moment ago: the nodes name each other, so that all addresses must be
    /// known before the first one starts.
    pub fn new() -> Loopback {
        let simulated = NODES.map(|name| config(name, &[]));
        let listens = simulated.iter().flat_map(|config| config.listen.values().cloned());
        let taken: Vec<_> = listens
            .chain([SENDER.to_owned()])
            .map(|name| (name, std::net::TcpListener::bind("127.0.0.1:0").unwrap()))
            .collect();
        let address = |listener: &std::net::TcpListener| listener.local_addr().unwrap().to_string();
        let ports = taken.iter().map(|(name, listener)| (name.clone(), address(listener)));
        Loopback { dir: tempfile::tempdir().unwrap(), ports: ports.collect() }
    }

    pub fn address(&self, simulated: &str) -> &str {
        &self.ports[simulated]
    }

    pub fn node(&self, name: &str) -> Node {
        Node::real(name, self.dir.path().join(name), 1)
    }

    pub fn config(&self, name: &str) -> NodeConfig {
        let mut config = config(name, &[]);
        for at in config.listen.values_mut().chain(config.links.values_mut()) {
            *at = self.address(at).to_owned();
        }
        config
    }

    pub async fn start(&self, name: &str) -> Running {
        start(self.node(name), self.config(name)).await
    }
}
