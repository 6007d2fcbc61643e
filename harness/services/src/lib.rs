//! What Squall places around the system under test: fault proxy, mock carrier, name server.

pub mod carrier;
pub mod names;
pub mod proxy;

use squall_model::node_config::NodeConfig;
use squall_platform::{Listener, Node};
use std::collections::BTreeMap;

/// Why a service could not start.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// A setting or address is missing or cannot be read.
    #[error("{0}")]
    Setting(String),
    #[error("cannot listen on {address}: {source}")]
    Bind { address: String, source: std::io::Error },
    /// The node's own files cannot be used.
    #[error("cannot use {file}: {source}")]
    Disk { file: String, source: std::io::Error },
}

/// Binds a port where the configuration says, and notes its address.
async fn listen(
    node: &Node,
    config: &NodeConfig,
    port: &str,
    addresses: &mut BTreeMap<String, String>,
) -> Result<Listener, ServiceError> {
    let address = config
        .listen
        .get(port)
        .ok_or_else(|| ServiceError::Setting(format!("no address for port {port}")))?;
    let listener = node
        .bind(address)
        .await
        .map_err(|source| ServiceError::Bind { address: address.clone(), source })?;
    addresses.insert(port.to_owned(), listener.local_addr());
    Ok(listener)
}
