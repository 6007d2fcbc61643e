//! What the edge counts for Prometheus.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

#[derive(Debug, Default)]
pub(super) struct Counts {
    pub accepted: Counter,
    pub refused: Counter,
    pub enqueued: Counter,
    pub held: Counter,
    pub spilled: Counter,
    pub callbacks: Counter,
    pub callback_failures: Counter,
    pub callbacks_given_up: Counter,
}

impl Counts {
    pub(super) fn new() -> (Counts, Registry) {
        let counts = Counts::default();
        let mut registry = Registry::with_prefix("edge");
        let all = [
            ("accepted", "Messages answered with 201", &counts.accepted),
            ("refused", "Creates refused", &counts.refused),
            ("enqueued", "Messages a queue has taken", &counts.enqueued),
            ("held", "Messages put on the spool", &counts.held),
            ("spilled", "Messages handed straight to a gateway", &counts.spilled),
            ("callbacks", "Status callbacks the sender has answered", &counts.callbacks),
            ("callback_failures", "Tries that failed", &counts.callback_failures),
            ("callbacks_given_up", "Callbacks given up", &counts.callbacks_given_up),
        ];
        for (name, help, counter) in all {
            registry.register(name, help, counter.clone());
        }
        (counts, registry)
    }
}
