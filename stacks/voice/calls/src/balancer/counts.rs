//! What the balancer counts for Prometheus.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Debug, Default)]
pub(super) struct Counts {
    pub fetches: Counter,
    pub refused: Counter,
    pub answered: Counter,
    pub given_up: Counter,
    pub broken: Counter,
    pub nobody: Counter,
    pub tried_elsewhere: Counter,
    pub up: Gauge,
}

impl Counts {
    pub(super) fn new() -> (Counts, Registry) {
        let counts = Counts::default();
        let mut registry = Registry::with_prefix("balancer");
        let all = [
            ("fetches", "Fetches that came in", &counts.fetches),
            ("refused", "Requests that are none for a proxy", &counts.refused),
            ("answered", "Fetches that a replica answered, whatever it said", &counts.answered),
            ("given_up", "Fetches answered 504, as no replica answered in time", &counts.given_up),
            ("broken", "Fetches answered 502, as a replica broke off", &counts.broken),
            ("nobody", "Fetches answered 503, as no replica was up", &counts.nobody),
            (
                "tried_elsewhere",
                "Fetches taken to another replica, as one could not be connected to",
                &counts.tried_elsewhere,
            ),
        ];
        for (name, help, counter) in all {
            registry.register(name, help, counter.clone());
        }
        registry.register("up", "Replicas that are up", counts.up.clone());
        (counts, registry)
    }
}
