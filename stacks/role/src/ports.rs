//! Binding of a role's ports.

use crate::RoleError;
use squall_model::node_config::NodeConfig;
use squall_platform::{Listener, Node};
use std::collections::BTreeMap;

/// Binds the ports of `config.listen` that a role names, and tells where they are.
pub struct Ports {
    node: Node,
    listen: BTreeMap<String, String>,
    pub addresses: BTreeMap<String, String>,
}

impl Ports {
    pub fn new(node: &Node, config: &NodeConfig) -> Ports {
        Ports { node: node.clone(), listen: config.listen.clone(), addresses: BTreeMap::new() }
    }

    /// # Errors
    /// The port is not in the configuration, or cannot be bound.
    pub async fn bind(&mut self, port: &str) -> Result<Listener, RoleError> {
        let address = self.listen.get(port).ok_or_else(|| {
            RoleError::Setting(format!("{} has no address for port {port}", self.node.name()))
        })?;
        let listener = self.node.bind(address).await.map_err(|source| RoleError::Bind {
            port: port.to_owned(),
            address: address.clone(),
            source,
        })?;
        self.addresses.insert(port.to_owned(), listener.local_addr());
        Ok(listener)
    }
}
