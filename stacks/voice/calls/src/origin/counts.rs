//! What an origin counts for Prometheus.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

#[derive(Debug, Default)]
pub(super) struct Counts {
    pub scripts: Counter,
    pub keys: Counter,
    pub fallbacks: Counter,
    pub media: Counter,
    pub speech: Counter,
    pub unchanged: Counter,
    pub refused: Counter,
    pub full: Counter,
}

impl Counts {
    pub(super) fn new() -> (Counts, Registry) {
        let counts = Counts::default();
        let mut registry = Registry::with_prefix("origin");
        let all = [
            ("scripts", "Scripts of calls given out", &counts.scripts),
            ("keys", "Scripts given out after a key was pressed", &counts.keys),
            ("fallbacks", "Scripts given out in place of another", &counts.fallbacks),
            ("media", "Media files given out", &counts.media),
            ("speech", "Texts read out", &counts.speech),
            ("unchanged", "Sound that who asked had already: 304", &counts.unchanged),
            ("refused", "Requests for what is not here", &counts.refused),
            ("full", "Requests answered 503, as too many waited", &counts.full),
        ];
        for (name, help, counter) in all {
            registry.register(name, help, counter.clone());
        }
        (counts, registry)
    }
}
