//! The edge: takes messages from senders, brings each to a safe place, and tells the sender what
//! became of it.
//!
//! [`api`] is the ingress, [`place`] decides where a message goes, [`spool`] keeps what no queue
//! takes, [`callbacks`] is the way back.

mod api;
mod callbacks;
mod counts;
mod place;
mod regions;
mod spool;
mod states;
mod tuning;

use crate::ServiceError;
use crate::message;
use crate::serve;
use counts::Counts;
use regions::Regions;
use spool::Spool;
use squall_model::node_config::NodeConfig;
use squall_model::units::Micros;
use squall_platform::running;
use squall_platform::{Node, Rng, Running};
use squall_role::Ports;
use squall_role::admin::{Admin, Health, Pending, Shown};
use squall_role::callbacks::Callbacks;
use squall_role::settings::Live;
use squall_wire::http::{Client, Limits, Request};
use states::States;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tuning::Tuning;

/// What all tasks of the edge share.
struct Edge {
    node: Node,
    settings: Arc<Live<Tuning>>,
    account: String,
    secret: String,
    regions: Regions,
    spool: Spool,
    states: States,
    callbacks: Callbacks,
    rng: Mutex<Rng>,
    counts: Counts,
    enqueue_timeout: Duration,
    spill_timeout: Duration,
    stuck_after: Micros,
}

/// Starts an edge on `node`.
///
/// # Errors
/// A setting that does not read, a port that cannot be bound, a disk that cannot be read.
pub async fn start(node: Node, config: NodeConfig) -> Result<Running, ServiceError> {
    let settings = Arc::new(Live::<Tuning>::new(config.clone())?);
    let text = |key: &str| config.settings.get(key).cloned().unwrap_or_default();
    let (counts, registry) = Counts::new();
    let (stop, mut stopping, done, stopped) = running::stop_pair();
    let mut ports = Ports::new(&node, &config);
    let (http, status) = (ports.bind("http").await?, ports.bind("status").await?);
    let admin = ports.bind("admin").await?;
    let regions = Regions::open(&node, &config)?;
    let spool = Spool::open(&node, regions.all.len(), |number| regions.home(number)).await?;
    let submit = config.timer("submit_timeout", Micros::from_secs(5)).std();
    let longest = config.timer("callback_interval_max", Micros::from_secs(8)).std();
    let edge = Arc::new(Edge {
        node: node.clone(),
        settings: settings.clone(),
        account: text("account"),
        secret: text("secret"),
        spool,
        states: States::default(),
        callbacks: Callbacks {
            client: Client::new(node.clone(), 64),
            links: config.links.clone(),
            tries: callbacks::TRIES,
            patience: config.timer("callback_timeout", Micros::from_secs(5)).std(),
            pauses: (callbacks::FIRST_PAUSE, longest),
            rng: Callbacks::rng(&node),
            stopping: stopping.clone(),
        },
        rng: Mutex::new(node.rng("sid")),
        counts,
        enqueue_timeout: config.timer("enqueue_timeout", Micros::from_secs(2)).std(),
        // A gateway may wait for two vendors in turn.
        spill_timeout: submit * 2 + Duration::from_secs(1),
        stuck_after: config.slo.as_ref().map_or(Micros::from_secs(60), |slo| slo.deadline),
        regions,
    });
    for home in 0..edge.regions.all.len() {
        node.spawn(place::work_off(edge.clone(), home));
    }
    let api = edge.clone();
    let handler = move |request: Request| api.clone().answer(request);
    let limits = Limits { header_timeout: Duration::from_secs(60), ..Limits::default() };
    let (s, d) = (stopping.clone(), done.clone());
    squall_wire::http::serve(&node, http, limits, s, d, Arc::new(handler));
    let front = Arc::new(callbacks::Front(edge.clone()));
    serve::frames(&node, status, stopping.clone(), done.clone(), front);
    let shown = edge.clone();
    let page = Admin { token: config.token.clone(), settings, registry, shown };
    page.serve(&node, admin, stopping.clone(), done.clone());
    let closing = edge.clone();
    node.spawn(async move {
        stopping.asked().await;
        closing.spool.settle().await;
        drop(done);
    });
    Ok(Running { addresses: ports.addresses, stop, stopped })
}

impl Shown for Edge {
    fn health(&self) -> Health {
        let lost: Vec<&str> = self
            .regions
            .all
            .iter()
            .filter(|region| !region.queue.presence().is_up())
            .map(|region| region.name.as_str())
            .collect();
        let now = self.node.unix_us();
        let oldest = self.spool.oldest_sid();
        let oldest_us = oldest.map_or(0, |sid| now.saturating_sub(message::accepted_us(sid)));
        let detail = match lost.is_empty() {
            true => "ok".to_owned(),
            false => format!("no queue in {}", lost.join(", ")),
        };
        Health {
            healthy: lost.is_empty() && oldest_us <= self.stuck_after.0,
            backlog: self.spool.len() as u64,
            oldest_ms: oldest_us / 1000,
            detail,
            ..Health::default()
        }
    }

    fn pending(&self, after: usize, max: usize) -> Pending<'_> {
        Box::pin(async move { Ok(self.spool.texts(after, max)) })
    }
}
