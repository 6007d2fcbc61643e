//! A retry budget: retries may be at most a share of first attempts, so that they cannot feed an
//! overload. A small reserve refills with time, or a quiet system could never retry.

use squall_platform::time::Instant;

/// Retries saved up at most.
const RESERVE: f64 = 100.0;
/// Retries a second that are always granted.
const TRICKLE: f64 = 1.0;

#[derive(Debug)]
pub(super) struct Budget {
    tokens: f64,
    at: Instant,
}

impl Budget {
    pub(super) fn new(now: Instant) -> Budget {
        Budget { tokens: RESERVE, at: now }
    }

    /// A first attempt earns `percent` hundredths of a retry.
    pub(super) fn earn(&mut self, percent: u32) {
        self.tokens = (self.tokens + f64::from(percent) / 100.0).min(RESERVE);
    }

    /// Whether one more retry is granted.
    pub(super) fn spend(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = now;
        self.tokens = (self.tokens + passed * TRICKLE).min(RESERVE);
        let granted = self.tokens >= 1.0;
        self.tokens -= if granted { 1.0 } else { 0.0 };
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_stay_a_share_of_first_attempts() {
        let now = Instant::now();
        let mut budget = Budget::new(now);
        while budget.spend(now) {}
        let granted = (0..1000).filter(|_| {
            budget.earn(10);
            budget.spend(now)
        });
        assert!((95..=101).contains(&granted.count()));
    }

    #[test]
    fn a_quiet_system_may_still_retry() {
        let now = Instant::now();
        let mut budget = Budget::new(now);
        while budget.spend(now) {}
        assert!(budget.spend(now + std::time::Duration::from_secs(2)));
    }
}
