//! The control API: health, behaviours, certificate, log. See the carrier's own ports for traffic.

use super::Carrier;
use super::journal::Entry;
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use squall_model::behaviour::Behaviour;
use squall_model::fact::CarrierEvent;
use squall_wire::http::{Handler, Request, Response, guard, reply};
use std::sync::Arc;

/// Entries of one answer.
const PAGE: u64 = 10_000;

/// Names of behaviours in force at once.
const NAMES: usize = 1_000;

pub(super) struct Control(pub Arc<Carrier>);

#[derive(Serialize)]
struct Health {
    healthy: bool,
    backlog: usize,
    oldest_ms: u64,
    detail: &'static str,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shown {
    expired: bool,
}

#[derive(Serialize)]
struct Page {
    next: u64,
    entries: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    seq: u64,
    unix_us: u64,
    message: Option<u64>,
    event: CarrierEvent,
    /// Who submitted it, as it said of itself.
    via: Option<String>,
}

impl Handler for Control {
    fn handle(&self, request: Request) -> futures::future::BoxFuture<'static, Response> {
        let carrier = self.0.clone();
        Box::pin(async move { answer(&carrier, &request).await })
    }
}

async fn answer(carrier: &Carrier, request: &Request) -> Response {
    let path = request.uri().path();
    if path == "/health" {
        return health(carrier);
    }
    if let Err(refusal) = guard::check(request, &carrier.token) {
        return *refusal;
    }
    match (request.method(), path, path.strip_prefix("/behaviours/")) {
        (&Method::GET, "/behaviours", _) => {
            reply::json(StatusCode::OK, &carrier.desk().behaviours.show())
        }
        (&Method::PUT, _, Some(name)) => put(carrier, name, request.body()),
        (&Method::DELETE, _, Some(name)) => {
            carrier.desk().behaviours.clear(name);
            reply::empty(StatusCode::NO_CONTENT)
        }
        (method, "/certificate", _) => certificate(carrier, method, request.body()),
        (&Method::GET, "/log", _) => log(carrier, request.uri().query().unwrap_or("")).await,
        _ => reply::error(StatusCode::NOT_FOUND, "no such resource"),
    }
}

/// The backlog is of receipts: messages never wait here.
pub(super) fn health(carrier: &Carrier) -> Response {
    let now_us = carrier.node.unix_us();
    let desk = carrier.desk();
    let oldest_us = desk.promises.next_due_us().map_or(0, |due_us| now_us.saturating_sub(due_us));
    let health = Health {
        healthy: true,
        backlog: desk.promises.len(),
        oldest_ms: oldest_us / 1_000,
        detail: "receipts owed",
    };
    drop(desk);
    reply::json(StatusCode::OK, &health)
}

fn put(carrier: &Carrier, name: &str, body: &[u8]) -> Response {
    let known = |c: char| c.is_ascii_alphanumeric() || "-_.:>".contains(c);
    if name.is_empty() || name.len() > 200 || !name.chars().all(known) {
        return reply::error(StatusCode::BAD_REQUEST, "a name of letters, digits and -_.:>");
    }
    let behaviour: Behaviour = match serde_json::from_slice(body) {
        Ok(behaviour) => behaviour,
        Err(error) => return reply::error(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    let mut desk = carrier.desk();
    if desk.behaviours.show().len() >= NAMES {
        return reply::error(StatusCode::BAD_REQUEST, "too many behaviours");
    }
    match desk.set(&carrier.node, name, behaviour) {
        Ok(()) => reply::empty(StatusCode::NO_CONTENT),
        Err(why) => reply::error(StatusCode::BAD_REQUEST, &why),
    }
}

/// Which certificate new connections are shown; DELETE shows the valid one again.
fn certificate(carrier: &Carrier, method: &Method, body: &[u8]) -> Response {
    let Some(tls) = &carrier.tls else {
        return reply::error(StatusCode::NOT_FOUND, "this carrier speaks no TLS");
    };
    let given = match *method {
        Method::GET => {
            return reply::json(StatusCode::OK, &Shown { expired: tls.is_expired() });
        }
        Method::PUT => serde_json::from_slice(body),
        Method::DELETE => Ok(Shown { expired: false }),
        _ => return reply::empty(StatusCode::METHOD_NOT_ALLOWED),
    };
    match given {
        Ok(Shown { expired }) => {
            tls.show_expired(expired);
            reply::empty(StatusCode::NO_CONTENT)
        }
        Err(error) => reply::error(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

async fn log(carrier: &Carrier, query: &str) -> Response {
    let (mut from, mut max) = (0, PAGE);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let value = |text: &str| text.parse::<u64>().ok();
        match pair.split_once('=').map(|(key, text)| (key, value(text))) {
            Some(("from", Some(given))) => from = given,
            Some(("max", Some(given))) => max = given.min(PAGE),
            _ => return reply::error(StatusCode::BAD_REQUEST, "only from=SEQ and max=N"),
        }
    }
    let (log, codes) = {
        let desk = carrier.desk();
        (desk.log(), desk.codes)
    };
    let reader = log.clone();
    match carrier.node.blocking(move || reader.read(from, max)).await {
        Ok(entries) => {
            let line = |(entry, seq): (Entry, u64)| Line {
                seq,
                unix_us: entry.unix_us,
                message: entry.message,
                event: entry.event.fact(codes),
                via: log.name(&entry).map(str::to_owned),
            };
            let next = from + entries.len() as u64;
            let entries = entries.into_iter().zip(from..).map(line).collect();
            reply::json(StatusCode::OK, &Page { next, entries })
        }
        Err(error) => reply::error(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}
