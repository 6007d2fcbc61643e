//! The replica's telemetry: a bounded buffer of events, sent as one batch every `telemetry_flush`.
//!
//! An event that finds the buffer full is dropped, and an error event about that is handed to the
//! error collector. Where the collector shares its workers with the fetches, it takes them from the
//! fetches: that is the whole mechanism of the outage this stack replays. A batch that the backend
//! does not take is lost; diagnostics are not worth a retry.

use super::counts::Counts;
use super::tuning::Tuning;
use crate::pool::Pool;
use http::{HeaderValue, Method, Uri, header};
use serde::{Serialize, Serializer};
use squall_platform::Node;
use squall_platform::running::{Done, Stopping};
use squall_platform::time::{self, Instant};
use squall_wire::http::{Client, Request};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The setting that sizes the buffer; its fill goes by the same name.
pub(super) const BUFFER: &str = "telemetry_buffer";

/// Characters of a URL that an event repeats.
const URL: usize = 64;

/// As it stands in a batch.
#[derive(Debug, Serialize)]
struct Event {
    event: &'static str,
    at_us: u64,
    #[serde(serialize_with = "as_text")]
    url: Arc<str>,
}

fn as_text<S: Serializer>(url: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(url)
}

#[derive(Debug, Serialize)]
struct Batch<'a> {
    node: &'a str,
    events: Vec<Event>,
}

pub(super) struct Events {
    pub node: Node,
    pub client: Client,
    /// Where the backend is; `None` where the stack has none, and events go nowhere.
    pub backend: Option<String>,
    pub counts: Arc<Counts>,
    /// The workers that serve fetches, and those that only collect.
    pub pools: (Pool, Pool),
    pub every: Duration,
    pub patience: Duration,
    buffer: Mutex<Vec<Event>>,
}

impl Events {
    pub(super) fn new(
        (node, client): (Node, Client),
        backend: Option<String>,
        counts: Arc<Counts>,
        pools: (Pool, Pool),
        (every, patience): (Duration, Duration),
    ) -> Events {
        let buffer = Mutex::default();
        Events { node, client, backend, counts, pools, every, patience, buffer }
    }

    /// Events that wait for the next batch.
    pub(super) fn waiting(&self) -> usize {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// A fetch of `url` has come in.
    pub(super) fn arrived(&self, url: &str, tuning: &Tuning) {
        let made = tuning.telemetry_per_fetch.saturating_mul(tuning.telemetry_factor);
        let url: Arc<str> = url.chars().take(URL).collect::<String>().into();
        let dropped = {
            let mut buffer = self.buffer.lock().unwrap_or_else(PoisonError::into_inner);
            let room = tuning.telemetry_buffer.saturating_sub(buffer.len());
            let kept = room.min(made as usize);
            let at_us = self.node.unix_us();
            buffer.extend((0..kept).map(|_| Event { event: "fetch", at_us, url: url.clone() }));
            made as usize - kept
        };
        self.counts.events.inc_by(made.into());
        for _ in 0..dropped {
            self.error(tuning);
        }
    }

    fn error(&self, tuning: &Tuning) {
        self.counts.error_events.inc();
        if !tuning.error_collector {
            return;
        }
        let (fetching, collecting) = &self.pools;
        let pool = if tuning.shared_workers { fetching } else { collecting };
        if !pool.post(tuning.error_event, self.counts.error_events_handled.clone()) {
            self.counts.error_events_lost.inc();
        }
    }

    /// Sends batches until `stopping` is asked; what waits then goes out at once.
    pub(super) async fn flush(self: Arc<Self>, mut stopping: Stopping, done: Done) {
        let mut next = Instant::now();
        let mut stop = false;
        while !stop {
            next = Instant::now().max(next + self.every);
            stop = tokio::select! {
                biased;
                () = stopping.asked() => true,
                () = time::sleep_until(next) => false,
            };
            let events = {
                let mut buffer = self.buffer.lock().unwrap_or_else(PoisonError::into_inner);
                std::mem::take(&mut *buffer)
            };
            if !events.is_empty() {
                self.send(events).await;
            }
        }
        drop(done);
    }

    async fn send(&self, events: Vec<Event>) {
        let Some(address) = &self.backend else { return };
        let sent = events.len() as u64;
        let body = serde_json::to_vec(&Batch { node: self.node.name(), events });
        let mut request = Request::new(body.unwrap_or_default().into());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = Uri::from_static("/events");
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(header::CONTENT_TYPE, json);
        let answer = self.client.send(address, request, self.patience).await;
        if answer.is_ok_and(|answer| answer.status().is_success()) {
            self.counts.batches.inc();
            self.counts.events_sent.inc_by(sent);
        } else {
            self.counts.batches_lost.inc();
        }
    }
}
