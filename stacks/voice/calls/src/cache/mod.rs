//! One replica of the media cache: a forward proxy over HTTP/1.1 with a shared cache (RFC 9111), a
//! bounded number of workers, and a telemetry client beside them.
//!
//! [`serve`] is the way of one fetch. [`store`] keeps answers, [`freshness`], [`directives`] and
//! [`conditional`] say what the RFCs say about them, [`answer`] makes of a kept one what was asked
//! for. [`events`] is the telemetry and what becomes of it when its buffer is full.
//!
//! It fetches from hosts that it has a link to and from no others. No tunnels, no requests but GET
//! and HEAD, no stale answers where the origin is gone, no parts put together, no disk.

mod answer;
mod conditional;
mod counts;
mod directives;
mod events;
mod flights;
mod freshness;
mod origin;
mod serve;
mod store;
mod tuning;

use crate::ServiceError;
use crate::pool::{Backlog, Pool};
use counts::Counts;
use events::Events;
use flights::Flights;
use squall_model::node_config::NodeConfig;
use squall_model::units::Micros;
use squall_platform::{Node, Running, running};
use squall_role::admin::{Admin, Health, Shown};
use squall_role::settings::Live;
use squall_role::{Ports, RoleError};
use squall_wire::http::{Client, Limits, Request, serve as serve_http};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::Store;
use tuning::Tuning;

/// Idle connections kept to each origin.
const POOL: usize = 64;

/// The name of the node that takes telemetry.
const BACKEND: &str = "telemetry";

/// Under this name telemetry events are counted in the health, one a request to the telemetry service.
const REQUESTS: &str = "telemetry_requests";

/// What all tasks of a replica share.
struct Cache {
    node: Node,
    settings: Arc<Live<Tuning>>,
    client: Client,
    /// Host of a URL → address to dial.
    links: BTreeMap<String, String>,
    pool: Pool,
    events: Arc<Events>,
    store: Mutex<Store>,
    flights: Flights,
    counts: Arc<Counts>,
    origin_timeout: Duration,
    /// A fetch that has waited for so long is not begun any more.
    queue_timeout: Duration,
}

/// Starts a replica on `node`. Ports: `http` and `admin`. Timers: `origin_timeout`, `queue_timeout`,
/// `telemetry_flush` and `telemetry_timeout`. A node `telemetry` that it is linked
/// to takes its batches; any node that it is linked to can be fetched from by its name.
///
/// # Errors
/// A setting that does not read, a port that cannot be bound.
pub async fn start(node: Node, config: NodeConfig) -> Result<Running, ServiceError> {
    let settings = Arc::new(Live::<Tuning>::new(config.clone())?);
    let (counts, registry) = Counts::new();
    let (stop, stopping, done, stopped) = running::stop_pair();
    let mut ports = Ports::new(&node, &config);
    let (http, admin) = (ports.bind("http").await?, ports.bind("admin").await?);
    let client = Client::of(&node, &config, POOL).map_err(RoleError::Setting)?;
    let cache = Arc::new(Cache::new((node.clone(), client), &config, settings.clone(), counts));
    node.spawn(cache.events.clone().flush(stopping.clone(), done.clone()));

    let asked = cache.clone();
    let handler = Arc::new(move |request: Request| serve::answer(asked.clone(), request));
    let limits = Limits { half_close: false, ..Limits::default() };
    serve_http(&node, http, limits, stopping.clone(), done.clone(), handler);
    let page = Admin { token: config.token.clone(), settings, registry, shown: cache };
    page.serve(&node, admin, stopping, done);
    Ok(Running { addresses: ports.addresses, stop, stopped })
}

impl Cache {
    fn new(
        (node, client): (Node, Client),
        config: &NodeConfig,
        settings: Arc<Live<Tuning>>,
        counts: Counts,
    ) -> Cache {
        let timer = |key: &str, usual: u64| config.timer(key, Micros::from_millis(usual)).std();
        let (tuning, counts) = (settings.get(), Arc::new(counts));
        let pool = Pool::new(&node, tuning.workers, tuning.queue_limit);
        let collectors = Pool::new(&node, tuning.collector_workers, 0);
        let events = Events::new(
            (node.clone(), client.clone()),
            config.links.get(BACKEND).cloned(),
            counts.clone(),
            (pool.clone(), collectors),
            (timer("telemetry_flush", 1_000), timer("telemetry_timeout", 2_000)),
        );
        let lower =
            |(name, address): (&String, &String)| (name.to_ascii_lowercase(), address.clone());
        Cache {
            links: config.links.iter().map(lower).collect(),
            pool,
            events: Arc::new(events),
            store: Mutex::new(Store::new(tuning.cache_bytes)),
            flights: Flights::default(),
            counts,
            origin_timeout: timer("origin_timeout", 3_000),
            queue_timeout: timer("queue_timeout", 4_000),
            node,
            settings,
            client,
        }
    }

    /// A panic elsewhere may lose an entry of it, no more.
    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shown for Cache {
    fn health(&self) -> Health {
        let Backlog { jobs, oldest } = self.pool.backlog();
        let detail = match self.settings.get().in_service() {
            true => "fetches and error events that wait for a worker",
            false => "standing by",
        };
        Health {
            // Not only when fetches expire: half-way there nobody should call it well.
            healthy: oldest < self.queue_timeout / 2,
            backlog: jobs as u64,
            oldest_ms: u64::try_from(oldest.as_millis()).unwrap_or(u64::MAX),
            detail: detail.to_owned(),
            gauges: [
                (REQUESTS, self.counts.events.get()),
                (events::BUFFER, self.events.waiting() as u64),
            ]
            .into(),
        }
    }
}
