//! Drill time: microseconds since the traffic's start, on the engine's own clock.

use squall_model::units::Micros;
use squall_platform::time::Instant;

/// Maps the engine's clock to drill time. Before zero every instant reads as zero.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DrillClock {
    zero: Instant,
    zero_unix_us: u64,
}

impl DrillClock {
    pub(crate) fn starting_at(zero: Instant, zero_unix_us: u64) -> Self {
        DrillClock { zero, zero_unix_us }
    }

    pub(crate) fn now(&self) -> Micros {
        self.at(Instant::now())
    }

    pub(crate) fn at(&self, instant: Instant) -> Micros {
        Micros(instant.saturating_duration_since(self.zero).as_micros() as u64)
    }

    pub(crate) fn instant(&self, at: Micros) -> Instant {
        self.zero + at.std()
    }

    /// Drill time of a wall-clock instant, as carriers' logs carry it.
    pub(crate) fn of_unix_us(&self, unix_us: u64) -> Micros {
        Micros(unix_us.saturating_sub(self.zero_unix_us))
    }
}
