//! What the application counts for Prometheus.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

#[derive(Debug, Default)]
pub(super) struct Counts {
    pub accepted: Counter,
    pub refused: Counter,
    pub by_sms: Counter,
    pub by_voice: Counter,
    pub failed: Counter,
    pub calls: Counter,
    pub lookups: Counter,
    pub lookups_failed: Counter,
    pub lookups_saved: Counter,
    pub untold: Counter,
}

impl Counts {
    pub(super) fn new() -> (Counts, Registry) {
        let counts = Counts::default();
        let mut registry = Registry::with_prefix("app");
        let all = [
            ("accepted", "Messages answered with 202", &counts.accepted),
            ("refused", "Submissions refused", &counts.refused),
            ("by_sms", "Messages that arrived as SMS first", &counts.by_sms),
            ("by_voice", "Messages that a call has read out first", &counts.by_voice),
            ("failed", "Messages that no channel brought", &counts.failed),
            ("calls", "Calls placed", &counts.calls),
            ("lookups", "Number lookups answered", &counts.lookups),
            ("lookups_failed", "Number lookups without an answer", &counts.lookups_failed),
            ("lookups_saved", "Lookups that the cache made unnecessary", &counts.lookups_saved),
            ("untold", "Receipts that the sender never took", &counts.untold),
        ];
        for (name, help, counter) in all {
            registry.register(name, help, counter.clone());
        }
        (counts, registry)
    }
}
