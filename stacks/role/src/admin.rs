//! The admin port that every role has: health, metrics, settings, what still waits.

use crate::settings::{Live, Settings};
use http::{Method, StatusCode};
use prometheus_client::encoding::text;
use prometheus_client::registry::Registry;
use serde::{Deserialize, Serialize};
use squall_platform::running::{Done, Stopping};
use squall_platform::{Listener, Node};
use squall_wire::http::{Limits, Request, Response, guard, reply, serve};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

/// Most texts on one page of /pending.
const PAGE: usize = 10_000;

/// What a node says about itself.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Health {
    pub healthy: bool,
    /// Messages waiting here.
    pub backlog: u64,
    /// Age of the oldest of them.
    pub oldest_ms: u64,
    pub detail: String,
    /// What else it counts, for whoever looks for an effect: the fill of a buffer under the name of the
    /// setting that sizes it, requests of a kind so far.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub gauges: BTreeMap<&'static str, u64>,
}

/// Texts of messages that wait, or why nobody can tell.
pub type Pending<'a> = Pin<Box<dyn Future<Output = Result<Vec<String>, String>> + Send + 'a>>;

/// What a role shows on its admin port.
pub trait Shown: Send + Sync + 'static {
    fn health(&self) -> Health;
    /// What waits, from the `after`-th on, at most `max`. A role that holds nothing has nothing to name;
    /// one that has somebody else keep its messages asks there.
    fn pending(&self, after: usize, max: usize) -> Pending<'_> {
        let _ = (after, max);
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}

pub struct Admin<T> {
    pub token: String,
    pub settings: Arc<Live<T>>,
    pub registry: Registry,
    pub shown: Arc<dyn Shown>,
}

#[derive(Deserialize)]
struct Change {
    value: String,
}

#[derive(Serialize)]
struct Page {
    texts: Vec<String>,
    next: Option<usize>,
}

impl<T: Settings> Admin<T> {
    pub fn serve(self, node: &Node, listener: Listener, stopping: Stopping, done: Done) {
        let admin = Arc::new(self);
        let handler = move |request: Request| {
            let admin = admin.clone();
            async move { admin.answer(&request).await }
        };
        serve(node, listener, Limits::default(), stopping, done, Arc::new(handler));
    }

    async fn answer(&self, request: &Request) -> Response {
        let path = request.uri().path();
        match (request.method(), path) {
            (&Method::GET, "/health") => return health(&self.shown.health()),
            (&Method::GET, "/metrics") => return self.metrics(),
            _ => {}
        }
        if let Err(refusal) = guard::check(request, &self.token) {
            return *refusal;
        }
        match (request.method(), path, path.strip_prefix("/settings/")) {
            (&Method::GET, "/settings", _) => reply::json(StatusCode::OK, &self.settings.show()),
            (&Method::GET, "/pending", _) => self.pending(request).await,
            (&Method::PUT, _, Some(key)) => self.change(key, request.body()),
            _ => reply::error(StatusCode::NOT_FOUND, "nothing here"),
        }
    }

    fn metrics(&self) -> Response {
        let mut out = String::new();
        match text::encode(&mut out, &self.registry) {
            Ok(()) => reply::text(StatusCode::OK, &out),
            Err(error) => reply::error(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        }
    }

    fn change(&self, key: &str, body: &[u8]) -> Response {
        let changed = serde_json::from_slice::<Change>(body)
            .map_err(|error| error.to_string())
            .and_then(|change| self.settings.set(key, &change.value));
        match changed {
            Ok(()) => reply::empty(StatusCode::NO_CONTENT),
            Err(why) => reply::error(StatusCode::BAD_REQUEST, &why),
        }
    }

    async fn pending(&self, request: &Request) -> Response {
        let query = request.uri().query().unwrap_or_default();
        let after = url::form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key == "after")
            .map_or(Ok(0), |(_, value)| value.parse());
        let Ok(after) = after else {
            return reply::error(StatusCode::BAD_REQUEST, "after is a number");
        };
        let texts = match self.shown.pending(after, PAGE).await {
            Ok(texts) => texts,
            // Whoever asks must not take silence for an empty list.
            Err(why) => return reply::error(StatusCode::SERVICE_UNAVAILABLE, &why),
        };
        let next = (texts.len() == PAGE).then_some(after.saturating_add(PAGE));
        reply::json(StatusCode::OK, &Page { texts, next })
    }
}

fn health(health: &Health) -> Response {
    let status = if health.healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    reply::json(status, health)
}
