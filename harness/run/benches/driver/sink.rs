//! The ideal gateway: takes every message at once, and calls back or stalls where it is told to.

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Method, StatusCode};
use squall_model::node_config::NodeConfig;
use squall_platform::time::{self, Instant};
use squall_platform::{Node, Running, running};
use squall_wire::http::{Client, Handler, Limits, Request, Response, reply};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Its name in the table of roles of this program.
pub(super) const ROLE: &str = "ideal";

const CONNECTIONS: usize = 8_192;

#[derive(Clone)]
struct Sink {
    client: Client,
    /// Where its callbacks go: the path of each message names the rest.
    receipts: bool,
    stall_after: Duration,
    stall: Duration,
    first: Arc<OnceLock<Instant>>,
}

/// Serves submits on `http`, and what the harness asks of every node on `admin`.
pub(super) fn start(node: Node, config: NodeConfig) -> BoxFuture<'static, Result<Running, String>> {
    async move {
        let ms = |key: &str| config.setting(key, 0).map(Duration::from_millis);
        let sink = Sink {
            client: Client::new(node.clone(), CONNECTIONS),
            receipts: config.setting("receipts", false)?,
            stall_after: ms("stall_after_ms")?,
            stall: ms("stall_ms")?,
            first: Arc::default(),
        };
        let (stop, stopping, done, stopped) = running::stop_pair();
        let mut addresses = BTreeMap::new();
        for (port, address) in &config.listen {
            let listener = node.bind(address).await.map_err(|error| error.to_string())?;
            addresses.insert(port.clone(), listener.local_addr());
            let limits = Limits { connections: CONNECTIONS, ..Limits::default() };
            let handler: Arc<dyn Handler> = Arc::new(sink.clone());
            squall_wire::http::serve(
                &node,
                listener,
                limits,
                stopping.clone(),
                done.clone(),
                handler,
            );
        }
        Ok(Running { addresses, stop, stopped })
    }
    .boxed()
}

impl Handler for Sink {
    fn handle(&self, request: Request) -> BoxFuture<'static, Response> {
        let path = request.uri().path();
        let known = match path {
            "/health" => Some(serde_json::json!({ "healthy": true })),
            "/pending" => Some(serde_json::json!({ "texts": [], "next": null })),
            _ => None,
        };
        if let Some(known) = known {
            return std::future::ready(reply::json(StatusCode::OK, &known)).boxed();
        }
        self.clone().take(request).boxed()
    }
}

impl Sink {
    async fn take(self, request: Request) -> Response {
        let first = *self.first.get_or_init(Instant::now);
        let stalls = first + self.stall_after;
        if (stalls..stalls + self.stall).contains(&Instant::now()) {
            time::sleep_until(stalls + self.stall).await;
        }
        if self.receipts && !self.call_back(&request).await {
            return reply::empty(StatusCode::BAD_REQUEST);
        }
        reply::json(StatusCode::CREATED, &serde_json::json!({ "status": "queued" }))
    }

    /// Before the answer, which is the worst order for the driver.
    async fn call_back(&self, request: &Request) -> bool {
        let form = std::str::from_utf8(request.body()).unwrap_or_default();
        let url =
            form.split('&').find_map(|pair| pair.strip_prefix("StatusCallback=http%3A%2F%2F"));
        let url = url.unwrap_or_default().replace("%3A", ":").replace("%2F", "/");
        let Some((host, path)) = url.split_once('/') else { return false };
        let mut receipt = Request::new(Bytes::from_static(b"MessageStatus=delivered"));
        let Ok(uri) = format!("/{path}").parse() else { return false };
        (*receipt.method_mut(), *receipt.uri_mut()) = (Method::POST, uri);
        self.client.send(host, receipt, Duration::from_secs(10)).await.is_ok()
    }
}
