//! What a replica of the cache counts for Prometheus.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

#[derive(Debug, Default)]
pub(super) struct Counts {
    pub fetches: Counter,
    pub refused: Counter,
    pub full: Counter,
    pub expired: Counter,
    pub abandoned: Counter,
    pub hits: Counter,
    pub misses: Counter,
    pub revalidated: Counter,
    pub collapsed: Counter,
    pub passed: Counter,
    pub not_cached: Counter,
    pub unreachable: Counter,
    pub late: Counter,
    pub stored: Counter,
    pub evicted: Counter,
    pub events: Counter,
    pub events_sent: Counter,
    pub batches: Counter,
    pub batches_lost: Counter,
    pub error_events: Counter,
    pub error_events_handled: Counter,
    pub error_events_lost: Counter,
}

impl Counts {
    pub(super) fn new() -> (Counts, Registry) {
        let counts = Counts::default();
        let mut registry = Registry::with_prefix("cache");
        let all = [
            ("fetches", "Fetches that came in", &counts.fetches),
            ("refused", "Requests that are none for this proxy", &counts.refused),
            ("full", "Fetches answered 503, as too many waited", &counts.full),
            ("expired", "Fetches answered 504, as no worker was free in time", &counts.expired),
            (
                "abandoned",
                "Fetches given up by their client before a worker began",
                &counts.abandoned,
            ),
            ("hits", "Fetches answered from the store with nobody asked", &counts.hits),
            ("misses", "Fetches that the origin answered in full", &counts.misses),
            ("revalidated", "Fetches answered from the store after a 304", &counts.revalidated),
            ("collapsed", "Fetches that waited for another one's answer", &counts.collapsed),
            ("passed", "Requests passed on as they were", &counts.passed),
            ("not_cached", "Fetches of what is cached only, and was not", &counts.not_cached),
            ("unreachable", "Fetches answered 502", &counts.unreachable),
            ("late", "Fetches that the origin did not answer in time", &counts.late),
            ("stored", "Answers put into the store", &counts.stored),
            ("evicted", "Answers that had to make room", &counts.evicted),
            ("events", "Telemetry events", &counts.events),
            ("events_sent", "Telemetry events that the backend took", &counts.events_sent),
            ("batches", "Batches that the backend took", &counts.batches),
            ("batches_lost", "Batches that it did not take", &counts.batches_lost),
            ("error_events", "Events that found the buffer full", &counts.error_events),
            (
                "error_events_handled",
                "Error events that a worker has written down",
                &counts.error_events_handled,
            ),
            (
                "error_events_lost",
                "Error events that found no room in the queue",
                &counts.error_events_lost,
            ),
        ];
        for (name, help, counter) in all {
            registry.register(name, help, counter.clone());
        }
        (counts, registry)
    }
}
