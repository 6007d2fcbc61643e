//! A circuit breaker: a vendor that fails again and again is left alone, then probed.
//!
//! Closed → open after [`FAILURES`] failures in a row → after a pause one message may probe it →
//! closed if it succeeds, open again if not. Pure: it is told the time.

use squall_platform::time::Instant;
use std::time::Duration;

pub(super) const FAILURES: u32 = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
    },
    /// One probe is under way; another may follow should it never report back.
    Probing {
        until: Instant,
    },
}

#[derive(Debug)]
pub(super) struct Breaker {
    state: State,
    pause: Duration,
}

impl Breaker {
    pub(super) fn new(pause: Duration) -> Breaker {
        Breaker { state: State::Closed { failures: 0 }, pause }
    }

    /// Whether a message may go this way now.
    pub(super) fn admits(&mut self, now: Instant) -> bool {
        match self.state {
            State::Closed { .. } => true,
            State::Open { until } | State::Probing { until } if now >= until => {
                self.state = State::Probing { until: now + self.pause };
                true
            }
            State::Open { .. } | State::Probing { .. } => false,
        }
    }

    pub(super) fn succeeded(&mut self) {
        self.state = State::Closed { failures: 0 };
    }

    /// Stragglers that fail while it is open change nothing.
    pub(super) fn failed(&mut self, now: Instant) {
        self.state = match self.state {
            State::Closed { failures } if failures + 1 < FAILURES => {
                State::Closed { failures: failures + 1 }
            }
            State::Closed { .. } | State::Probing { .. } => State::Open { until: now + self.pause },
            open @ State::Open { .. } => open,
        };
    }

    pub(super) fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_probes_and_closes() {
        let (pause, start) = (Duration::from_secs(5), Instant::now());
        let mut breaker = Breaker::new(pause);
        for _ in 0..FAILURES - 1 {
            breaker.failed(start);
        }
        breaker.succeeded();
        for _ in 0..FAILURES {
            assert!(breaker.admits(start));
            breaker.failed(start);
        }
        assert!(!breaker.admits(start + pause / 2));
        assert!(breaker.admits(start + pause), "one probe");
        assert!(!breaker.admits(start + pause), "and only one");
        breaker.failed(start + pause);
        assert!(!breaker.admits(start + pause + pause / 2));
        assert!(breaker.admits(start + pause * 2));
        breaker.succeeded();
        assert!(breaker.is_closed() && breaker.admits(start + pause * 2));
    }
}
