//! What the platform counts for Prometheus. Series are written in one order, as two plays of one seed
//! must show the same page.

use prometheus_client::encoding::{EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;
use squall_wire::twilio::CallStatus;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Debug, Default)]
pub(super) struct Counts {
    accepted: Counter,
    refused: Counter,
    ends: Series,
    verbs: Series,
    fetches: Series,
    fallbacks: Counter,
    callbacks: Counter,
    callback_failures: Counter,
    callbacks_given_up: Counter,
}

/// Exemplars are not kept.
type NoLabels = [(&'static str, &'static str); 0];

/// A counter for each pair of kind and code.
#[derive(Clone, Debug, Default)]
struct Series(Arc<Mutex<BTreeMap<(&'static str, String), u64>>>);

impl Series {
    fn count(&self, kind: &'static str, code: Option<u32>) {
        let code = code.map_or_else(|| "ok".to_owned(), |code| code.to_string());
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counted.entry((kind, code)).or_insert(0) += 1;
    }
}

impl EncodeMetric for Series {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        let counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for ((kind, code), count) in counted.iter() {
            let labels = [("kind", *kind), ("code", code.as_str())];
            let mut series = encoder.encode_family(&labels)?;
            series.encode_counter::<NoLabels, _, u64>(count, None)?;
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Counter
    }
}

impl Counts {
    pub(super) fn new() -> (Counts, Registry) {
        let counts = Counts::default();
        let mut registry = Registry::with_prefix("calls");
        let all = [
            ("accepted", "Calls answered with 201", &counts.accepted),
            ("refused", "Creates refused", &counts.refused),
            ("fallbacks", "Fallback URLs asked", &counts.fallbacks),
            ("callbacks", "Status callbacks taken", &counts.callbacks),
            ("callback_failures", "Tries that failed", &counts.callback_failures),
            ("callbacks_given_up", "Callbacks given up", &counts.callbacks_given_up),
        ];
        for (name, help, counter) in all {
            registry.register(name, help, counter.clone());
        }
        registry.register("ended", "Calls over, by status and error code", counts.ends.clone());
        registry.register("verbs", "Verbs over, by error code", counts.verbs.clone());
        registry.register("fetches", "Documents and sounds asked for", counts.fetches.clone());
        (counts, registry)
    }

    pub(super) fn accepted(&self) {
        self.accepted.inc();
    }

    pub(super) fn refused(&self) {
        self.refused.inc();
    }

    pub(super) fn ended(&self, status: CallStatus, code: Option<u32>) {
        self.ends.count(status.as_str(), code);
    }

    pub(super) fn verb(&self, verb: &'static str, code: Option<u32>) {
        self.verbs.count(verb, code);
    }

    /// Of a `twiml` document or a `media` file.
    pub(super) fn fetched(&self, kind: &'static str, code: Option<u32>) {
        self.fetches.count(kind, code);
    }

    pub(super) fn fallback(&self) {
        self.fallbacks.inc();
    }

    pub(super) fn callback_taken(&self) {
        self.callbacks.inc();
    }

    pub(super) fn callback_failed(&self) {
        self.callback_failures.inc();
    }

    pub(super) fn callback_given_up(&self) {
        self.callbacks_given_up.inc();
    }
}
