//! The telemetry backend: takes batches of events and counts them. What is in them, it throws away.

use crate::ServiceError;
use http::{Method, StatusCode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;
use serde::Deserialize;
use serde::de::IgnoredAny;
use squall_model::node_config::NodeConfig;
use squall_platform::{Node, Running, running};
use squall_role::Ports;
use squall_role::admin::{Admin, Health, Shown};
use squall_role::settings::{Live, Settings};
use squall_wire::http::{Limits, Request, Response, reply, serve};
use std::sync::Arc;

/// Octets of a batch: a hundred thousand events of a replica.
const BATCH: usize = 32 << 20;

/// It has none.
#[derive(Debug)]
struct Tuning;

impl Settings for Tuning {
    const LIVE: &'static [&'static str] = &[];

    fn read(_config: &NodeConfig) -> Result<Self, String> {
        Ok(Tuning)
    }
}

/// A batch as the caches send it; what is in its events takes no room.
#[derive(Deserialize)]
struct Batch {
    events: Vec<IgnoredAny>,
}

#[derive(Debug, Default)]
struct Counts {
    batches: Counter,
    events: Counter,
    refused: Counter,
}

struct Telemetry;

/// Starts a telemetry backend on `node`. Ports: `http`, which takes `POST /events`, and `admin`.
///
/// # Errors
/// A port that cannot be bound.
pub async fn start(node: Node, config: NodeConfig) -> Result<Running, ServiceError> {
    let settings = Arc::new(Live::<Tuning>::new(config.clone())?);
    let counts = Arc::new(Counts::default());
    let mut registry = Registry::with_prefix("telemetry");
    registry.register("batches", "Batches taken", counts.batches.clone());
    registry.register("events", "Events in them", counts.events.clone());
    registry.register("refused", "Requests that are no batch", counts.refused.clone());
    let (stop, stopping, done, stopped) = running::stop_pair();
    let mut ports = Ports::new(&node, &config);
    let (http, admin) = (ports.bind("http").await?, ports.bind("admin").await?);
    let handler = move |request: Request| std::future::ready(answer(&counts, &request));
    let limits = Limits { body: BATCH, ..Limits::default() };
    serve(&node, http, limits, stopping.clone(), done.clone(), Arc::new(handler));
    let page = Admin { token: config.token, settings, registry, shown: Arc::new(Telemetry) };
    page.serve(&node, admin, stopping, done);
    Ok(Running { addresses: ports.addresses, stop, stopped })
}

fn answer(counts: &Counts, request: &Request) -> Response {
    let refused = |status, why| {
        counts.refused.inc();
        reply::error(status, why)
    };
    match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/health") => reply::text(StatusCode::OK, "taking events"),
        (&Method::POST, "/events") => match events(request) {
            Some(events) => {
                counts.batches.inc();
                counts.events.inc_by(events);
                reply::empty(StatusCode::NO_CONTENT)
            }
            None => refused(StatusCode::BAD_REQUEST, "a batch holds a list of events"),
        },
        (_, "/events") => refused(StatusCode::METHOD_NOT_ALLOWED, "events are posted"),
        _ => refused(StatusCode::NOT_FOUND, "nothing here"),
    }
}

/// How many there are.
fn events(request: &Request) -> Option<u64> {
    let batch: Batch = serde_json::from_slice(request.body()).ok()?;
    Some(batch.events.len() as u64)
}

impl Shown for Telemetry {
    fn health(&self) -> Health {
        Health { healthy: true, detail: "nothing waits here".to_owned(), ..Health::default() }
    }
}
