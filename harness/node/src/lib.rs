//! The table of roles, and how one of them is served as a process.
//!
//! Harness services and built-in stacks meet here and nowhere else. A new role is one line in
//! [`roles`]. What a role does is no business of this crate.

mod serve;

use futures::FutureExt;
use futures::future::BoxFuture;
use squall_model::node_config::NodeConfig;
use squall_platform::{Node, Running};
use std::collections::BTreeMap;

pub use serve::{Process, ServeError, run, serve};

/// Starts a role on a node; the text says why it could not.
pub type Start = fn(Node, NodeConfig) -> BoxFuture<'static, Result<Running, String>>;

macro_rules! table {
    ($($name:literal => $start:path),* $(,)?) => {
        /// Every role by the name that stack files and `squall serve` use.
        pub fn roles() -> BTreeMap<&'static str, Start> {
            let mut roles: BTreeMap<&'static str, Start> = BTreeMap::new();
            $(
                roles.insert($name, |node, config| {
                    async move { $start(node, config).await.map_err(|error| error.to_string()) }
                        .boxed()
                });
            )*
            roles
        }
    };
}

table! {
    "proxy" => squall_services::proxy::start,
    "carrier" => squall_services::carrier::start,
    "names" => squall_services::names::start,
    "app" => squall_reference::app::start,
    "edge" => squall_reference::edge::start,
    "gateway" => squall_reference::gateway::start,
    "queue" => squall_reference::queue::start,
    "calls" => squall_voice::calls::start,
    "balancer" => squall_voice::balancer::start,
    "media-cache" => squall_voice::cache::start,
    "origin" => squall_voice::origin::start,
    "telemetry" => squall_voice::telemetry::start,
}
