//! What a queue counts for Prometheus.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

#[derive(Debug, Default)]
pub(super) struct Counts {
    pub taken: Counter,
    pub repeats: Counter,
    pub full: Counter,
    pub handed_out: Counter,
    pub finished: Counter,
    pub returned: Counter,
    pub expired: Counter,
}

impl Counts {
    pub(super) fn new() -> (Counts, Registry) {
        let counts = Counts::default();
        let mut registry = Registry::with_prefix("queue");
        let all = [
            ("enqueued", "Messages taken and answered for", &counts.taken),
            ("repeats", "Enqueues of a message known already", &counts.repeats),
            ("full", "Messages refused for want of room", &counts.full),
            ("handed_out", "Messages leased to gateways", &counts.handed_out),
            ("finished", "Messages acknowledged", &counts.finished),
            ("returned", "Messages handed back to rest", &counts.returned),
            ("leases_expired", "Leases that ran out", &counts.expired),
        ];
        for (name, help, counter) in all {
            registry.register(name, help, counter.clone());
        }
        (counts, registry)
    }
}
