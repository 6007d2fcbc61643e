//! What a watcher of a running drill sees: counts and the phase, never single messages.

use squall_model::units::Micros;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// One look at a running drill.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// Index of the drill in the run.
    pub drill: usize,
    pub at: Micros,
    /// End of the drill, drain included.
    pub ends: Micros,
    pub phase: String,
    /// Messages a second over the last look's span.
    pub rate: f64,
    pub scheduled: u64,
    /// Receipts that claim delivery.
    pub delivered: u64,
    pub faults_active: usize,
}

/// Running totals, counted by driver and callback server.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) scheduled: AtomicU64,
    pub(crate) sent: AtomicU64,
    pub(crate) delivered: AtomicU64,
    /// The driver came to its end by itself; one that is gone without it died.
    pub(crate) ended: AtomicBool,
}

impl Tally {
    pub(crate) fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Relaxed);
    }

    pub(crate) fn read(counter: &AtomicU64) -> u64 {
        counter.load(Relaxed)
    }
}
