//! The front of the media cache's fleet: a forward proxy that hands each fetch to the next replica
//! that is up, and gives up on it after `fetch_timeout`.
//!
//! Giving up closes the connection to the replica, which forgets the fetch by that, if no worker of
//! it has begun. A fetch that has reached a replica is never brought to a second one. It keeps
//! nothing and looks into nothing.

mod counts;
mod replicas;

use crate::ServiceError;
use crate::forward::{self, Asked, Target};
use counts::Counts;
use http::{StatusCode, header};
use replicas::{Checks, Replicas};
use squall_model::node_config::NodeConfig;
use squall_model::units::Micros;
use squall_platform::time::{self, Instant};
use squall_platform::{Node, Running, running};
use squall_role::admin::{Admin, Health, Shown};
use squall_role::settings::{self, Live, Settings};
use squall_role::{Ports, RoleError};
use squall_wire::http::{Client, HttpError, Limits, Request, Response, reply, serve};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Idle connections kept to each replica.
const POOL: usize = 256;

#[derive(Debug)]
struct Tuning {
    health_down_after: u32,
}

impl Settings for Tuning {
    const LIVE: &'static [&'static str] = &[];

    fn read(config: &NodeConfig) -> Result<Self, String> {
        Ok(Tuning {
            health_down_after: settings::number(config, "health_down_after", 3, 1..=1_000)?,
        })
    }
}

/// What all tasks of the balancer share.
struct Balancer {
    name: String,
    client: Client,
    replicas: Arc<Replicas>,
    counts: Arc<Counts>,
    fetch_timeout: Duration,
    under_way: AtomicU64,
}

/// Starts a balancer on `node`. Ports: `http` and `admin`. Timers: `fetch_timeout`,
/// `health_interval`, `health_timeout`. Every node that it is linked to is a replica.
///
/// # Errors
/// A setting that does not read, a port that cannot be bound.
pub async fn start(node: Node, config: NodeConfig) -> Result<Running, ServiceError> {
    let settings = Arc::new(Live::<Tuning>::new(config.clone())?);
    let (counts, registry) = Counts::new();
    let counts = Arc::new(counts);
    let (stop, stopping, done, stopped) = running::stop_pair();
    let mut ports = Ports::new(&node, &config);
    let (http, admin) = (ports.bind("http").await?, ports.bind("admin").await?);
    let client = Client::of(&node, &config, POOL).map_err(RoleError::Setting)?;
    let timer = |key: &str, usual: u64| config.timer(key, Micros::from_millis(usual)).std();

    let addresses = config.links.values().cloned().collect();
    let down_after = settings.get().health_down_after;
    let replicas = Arc::new(Replicas::new(addresses, down_after, counts.clone()));
    let checks =
        Checks { every: timer("health_interval", 1_000), patience: timer("health_timeout", 1_000) };
    // Of its own: a check must not wait for a connection that a fetch still holds.
    let checking = Client::of(&node, &config, 1).map_err(RoleError::Setting)?;
    replicas.watch(&node, &checking, checks, (&stopping, &done));

    let fetch_timeout = timer("fetch_timeout", 5_000);
    let (name, under_way) = (node.name().to_owned(), AtomicU64::new(0));
    let balancer = Arc::new(Balancer { name, client, replicas, counts, fetch_timeout, under_way });
    let asked = balancer.clone();
    let handler = Arc::new(move |request: Request| answer(asked.clone(), request));
    let limits = Limits { half_close: false, ..Limits::default() };
    serve(&node, http, limits, stopping.clone(), done.clone(), handler);
    let page = Admin { token: config.token.clone(), settings, registry, shown: balancer };
    page.serve(&node, admin, stopping, done);
    Ok(Running { addresses: ports.addresses, stop, stopped })
}

async fn answer(balancer: Arc<Balancer>, request: Request) -> Response {
    match forward::read(&request) {
        Ok(Asked::Health) => balancer.standing(),
        Ok(Asked::Fetch(target)) => {
            let _under_way = UnderWay::of(&balancer);
            balancer.counts.fetches.inc();
            balancer.fetch(target, request).await
        }
        Err(refusal) => {
            balancer.counts.refused.inc();
            *refusal
        }
    }
}

impl Balancer {
    /// Hands the fetch to the replica whose turn it is; to the next one only where that could not be
    /// connected to.
    async fn fetch(&self, target: Target, request: Request) -> Response {
        let deadline = Instant::now() + self.fetch_timeout;
        let (head, _) = request.into_parts();
        let mut headers = head.headers;
        forward::onward(&mut headers, head.version, &self.name);
        let replicas = self.replicas.in_turn();
        if replicas.is_empty() {
            self.counts.nobody.inc();
            return reply::error(StatusCode::SERVICE_UNAVAILABLE, "no replica is up");
        }
        let mut why = String::new();
        for (tried, replica) in replicas.into_iter().enumerate() {
            if tried > 0 {
                self.counts.tried_elsewhere.inc();
            }
            let mut request = Request::default();
            *request.method_mut() = head.method.clone();
            *request.uri_mut() = target.url.clone();
            *request.headers_mut() = headers.clone();
            // Dropped when the time is over, and its connection is closed with it.
            let sent = self.client.forward(&replica.address, request, self.fetch_timeout * 2);
            match time::timeout_at(deadline, sent).await {
                Ok(Ok(response)) => {
                    self.counts.answered.inc();
                    return self.backward(&head.method, response);
                }
                Ok(Err(HttpError::NotSent(error))) => why = error,
                Ok(Err(HttpError::Indeterminate(error))) => {
                    why = error;
                    break;
                }
                Err(_) => {
                    self.counts.given_up.inc();
                    let why = "no answer from the cache in time";
                    return reply::error(StatusCode::GATEWAY_TIMEOUT, why);
                }
            }
        }
        self.counts.broken.inc();
        reply::error(StatusCode::BAD_GATEWAY, &why)
    }

    fn backward(&self, method: &http::Method, mut response: Response) -> Response {
        let version = response.version();
        let headers = response.headers_mut();
        forward::end_to_end(headers);
        if *method != http::Method::HEAD {
            // The server writes it anew.
            headers.remove(header::CONTENT_LENGTH);
        }
        forward::via(headers, version, &self.name);
        response
    }

    fn standing(&self) -> Response {
        match self.replicas.standing() {
            (0, all) => {
                let why = format!("none of {all} replicas is up");
                reply::text(StatusCode::SERVICE_UNAVAILABLE, &why)
            }
            (up, all) => reply::text(StatusCode::OK, &format!("{up} of {all} replicas are up")),
        }
    }
}

/// Counts a fetch for as long as it lives.
struct UnderWay<'a>(&'a AtomicU64);

impl UnderWay<'_> {
    fn of(balancer: &Balancer) -> UnderWay<'_> {
        balancer.under_way.fetch_add(1, Relaxed);
        UnderWay(&balancer.under_way)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl Shown for Balancer {
    fn health(&self) -> Health {
        let (up, all) = self.replicas.standing();
        Health {
            healthy: up > 0,
            backlog: self.under_way.load(Relaxed),
            oldest_ms: 0,
            detail: format!("fetches under way; {up} of {all} replicas are up"),
            ..Health::default()
        }
    }
}
