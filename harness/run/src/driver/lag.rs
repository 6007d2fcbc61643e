//! How late the generator sends: its own honesty, beside every latency.

use crate::progress::Tally;
use hdrhistogram::Histogram;
use squall_model::fact::{Fact, Load};
use squall_model::units::Micros;

/// Lags beyond this read as this: a minute late is never honest load.
const MOST_US: u64 = 60_000_000;

/// Totals since the drill began.
pub(super) struct Lag {
    histogram: Option<Histogram<u64>>,
    max: Micros,
}

impl Lag {
    pub(super) fn new() -> Self {
        // Two significant digits over a fixed range: always valid.
        Lag { histogram: Histogram::new_with_max(MOST_US, 2).ok(), max: Micros::ZERO }
    }

    pub(super) fn sent(&mut self, lag: Micros) {
        self.max = self.max.max(lag);
        if let Some(histogram) = &mut self.histogram {
            histogram.saturating_record(lag.0);
        }
    }

    pub(super) fn fact(&self, at: Micros, tally: &Tally) -> Fact {
        let p99 = self.histogram.as_ref().map_or(self.max.0, |h| h.value_at_quantile(0.99));
        Fact::Load(Load {
            at,
            scheduled: Tally::read(&tally.scheduled),
            sent: Tally::read(&tally.sent),
            lag_p99: Micros(p99).min(self.max),
            lag_max: self.max,
        })
    }
}
