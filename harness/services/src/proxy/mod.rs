//! The fault proxy: Toxiproxy's HTTP API and toxics over platform sockets, real or simulated.
//!
//! Three layers. The API ([`api`], [`route`], [`input`], [`answer`]) speaks as Toxiproxy does, down
//! to its error texts. The [`registry`] holds the proxies and what shall happen on each. The data
//! path ([`link`], [`pipe`], [`chain`], [`toxics`]) is one task per connection that looks up what
//! shall happen and never reports back, so that no connection can hold up the API.
//!
//! Where it differs from Toxiproxy on purpose is listed in docs/toxiproxy.md.

mod address;
mod answer;
mod api;
mod chain;
mod counters;
mod entry;
mod fault;
mod fields;
mod go_json;
mod input;
mod link;
mod metrics;
mod pipe;
mod registry;
mod route;
mod stream;
mod toxic;
mod toxics;

use crate::ServiceError;
use api::Api;
use input::ProxyInput;
use registry::Registry;
use squall_model::node_config::NodeConfig;
use squall_platform::running::stop_pair;
use squall_platform::{Node, Running};
use squall_wire::http::{Limits, serve};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Name of the API's port.
const CONTROL: &str = "control";

/// Starts a fault proxy whose API listens on the port `control`. It wants no token, for it must
/// speak plain Toxiproxy to foreign clients: bind it to loopback.
///
/// Settings: `proxy_metrics` (`true` or `false`) switches `/metrics` on, `dial_timeout_ms` bounds
/// the dialling of an upstream. The draws of all toxics follow from `config.seed`.
///
/// Each of `config.links` is a proxy from the start: its name and its upstream. It listens where
/// `config.listen` says under the same name, or on a port of loopback.
///
/// # Errors
/// [`ServiceError`]: a setting cannot be read, or a port cannot be bound.
pub async fn start(node: Node, config: NodeConfig) -> Result<Running, ServiceError> {
    let metrics = config.setting("proxy_metrics", false).map_err(ServiceError::Setting)?;
    let dial_ms: u64 = config.setting("dial_timeout_ms", 10_000).map_err(ServiceError::Setting)?;
    let address = config.listen.get(CONTROL).ok_or_else(|| {
        ServiceError::Setting(format!("{} has no address for port {CONTROL}", config.node))
    })?;
    let listener = node
        .bind(address)
        .await
        .map_err(|source| ServiceError::Bind { address: address.clone(), source })?;
    let addresses = BTreeMap::from([(CONTROL.to_owned(), listener.local_addr())]);

    let mut registry = Registry::new(node.clone(), config.seed, Duration::from_millis(dial_ms));
    place(&mut registry, &config).await?;
    let api = Arc::new(Api::new(node.clone(), registry, config.seed, metrics));
    let (stop, stopping, done, stopped) = stop_pair();
    let answering = api.clone();
    let handler = Arc::new(move |request| answering.clone().answer(request));
    serve(&node, listener, Limits::default(), stopping.clone(), done.clone(), handler);
    let mut asked = stopping;
    node.spawn(async move {
        asked.asked().await;
        api.registry.lock().await.stop().await;
        drop(done);
    });
    Ok(Running { addresses, stop, stopped })
}

async fn place(registry: &mut Registry, config: &NodeConfig) -> Result<(), ServiceError> {
    let leads = |name: &&String| *name == CONTROL || config.links.contains_key(*name);
    if let Some(name) = config.listen.keys().find(|name| !leads(name)) {
        let what = format!("{} listens for {name}, and no link says where that leads", config.node);
        return Err(ServiceError::Setting(what));
    }
    for (name, upstream) in &config.links {
        let listen = config.listen.get(name).map_or("127.0.0.1:0", String::as_str);
        let input = ProxyInput {
            name: Some(name.clone()),
            listen: Some(listen.to_owned()),
            upstream: Some(upstream.clone()),
            ..ProxyInput::default()
        };
        let made = registry.create(input).await;
        made.map_err(|why| ServiceError::Setting(format!("proxy {name}: {why}")))?;
    }
    Ok(())
}
