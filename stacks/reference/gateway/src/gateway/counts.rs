//! What a gateway counts for Prometheus.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

#[derive(Debug, Default)]
pub(super) struct Counts {
    pub accepted: Counter,
    pub refused: Counter,
    pub unsure: Counter,
    pub not_sent: Counter,
    pub retried: Counter,
    pub failed: Counter,
    pub receipts: Counter,
    pub passed_on: Counter,
    pub unmatched: Counter,
}

impl Counts {
    pub(super) fn new() -> (Counts, Registry) {
        let counts = Counts::default();
        let mut registry = Registry::with_prefix("gateway");
        let all = [
            ("accepted", "Messages that a vendor accepted", &counts.accepted),
            ("refused", "Submits refused by a vendor", &counts.refused),
            ("unsure", "Submits of unknown outcome", &counts.unsure),
            ("not_sent", "Submits that no vendor could be reached for", &counts.not_sent),
            ("retried", "Messages handed back for a retry", &counts.retried),
            ("failed", "Messages reported as failed by this gateway", &counts.failed),
            ("receipts", "Final receipts matched", &counts.receipts),
            ("receipts_passed_on", "Receipts that may be the other gateway's", &counts.passed_on),
            ("receipts_unmatched", "Receipts of no known message", &counts.unmatched),
        ];
        for (name, help, counter) in all {
            registry.register(name, help, counter.clone());
        }
        (counts, registry)
    }
}
