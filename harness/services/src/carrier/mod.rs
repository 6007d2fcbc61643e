//! The mock carrier: an SMPP SMSC, a vendor's HTTP API or a telephone network behind a SIP trunk, with
//! a log of what reached handsets.
//!
//! The front of its protocol ([`dialect`] lists them) hands messages to the [`desk`], which draws
//! what the behaviours say, writes the [`journal`] and promises receipts. An answer never leaves before the
//! journal is written. It has no real network behind it: a message that is accepted and not
//! swallowed is on its handset at that instant, a call once it has rung and read its text out, and one
//! over SIP when its caller hangs up.

mod answer;
mod behaviours;
mod calls;
mod capacity;
mod control;
mod desk;
mod dialect;
mod journal;
mod json;
mod names;
mod promises;
mod recent;
mod sip;
mod smpp;
mod twilio;
mod verbs;
mod voice;
mod vonage;
mod web;

use crate::{ServiceError, listen};
use desk::Desk;
use dialect::Dialect;
use squall_model::node_config::NodeConfig;
use squall_platform::running::stop_pair;
use squall_platform::{Node, Running};
use squall_wire::http::Limits;
use squall_wire::tls::Acceptor;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// What fronts, dispatchers and the control API share.
struct Carrier {
    node: Node,
    account: String,
    secret: String,
    token: String,
    seed: u64,
    /// Node → the address that leads to it, through its link's proxy.
    links: BTreeMap<String, String>,
    /// Traffic is taken over TLS where it is there.
    tls: Option<Acceptor>,
    desk: Mutex<Desk>,
    /// A promise may be due earlier than the dispatcher believes, or there is room for one more.
    wake: Notify,
}

impl Carrier {
    /// A panic elsewhere leaves the desk usable: every change to it is complete or not begun.
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the carrier named `config.node` of `config.carriers`. Ports: `smpp`, `sip` or `http`, by its
/// protocol (`https` where it has an identity), and `control`. Settings: `account` and `secret`. What
/// an earlier life of this node has logged and promised is taken up again.
///
/// # Errors
/// [`ServiceError`].
pub async fn start(node: Node, config: NodeConfig) -> Result<Running, ServiceError> {
    let entry = config
        .carriers
        .iter()
        .find(|carrier| carrier.name == config.node)
        .ok_or_else(|| ServiceError::Setting(format!("no carrier is named {}", config.node)))?;
    let dialect = Dialect::of(entry.protocol);
    let opening = (node.clone(), entry.clone());
    let desk = node.blocking(move || Desk::open(&opening.0, &opening.1)).await?;
    let setting = |key: &str| config.settings.get(key).cloned().unwrap_or_default();
    let tls = config.identity.as_ref().map(|identity| Acceptor::new(&node, identity)).transpose();
    let tls = tls.map_err(|why| ServiceError::Setting(why.to_string()))?;
    let carrier = Arc::new(Carrier {
        tls,
        node: node.clone(),
        links: config.links.clone(),
        account: setting("account"),
        secret: setting("secret"),
        token: config.token.clone(),
        seed: config.seed,
        desk: Mutex::new(desk),
        wake: Notify::new(),
    });

    let mut addresses = BTreeMap::new();
    let port = if carrier.tls.is_some() { "https" } else { dialect.port };
    let traffic = listen(&node, &config, port, &mut addresses).await?;
    let control = listen(&node, &config, "control", &mut addresses).await?;
    let (stop, stopping, done, stopped) = stop_pair();
    let handler = Arc::new(control::Control(carrier.clone()));
    let limits = Limits::default();
    squall_wire::http::serve(&node, control, limits, stopping.clone(), done.clone(), handler);
    (dialect.serve)(carrier, traffic, stopping, done);
    Ok(Running { addresses, stop, stopped })
}
