//! The gateway's settings.

use squall_model::node_config::NodeConfig;
use squall_role::settings::{self, Settings};
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Routing {
    PrimaryOnly,
    Priority,
    Weighted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Retry {
    None,
    Naive,
    Budgeted,
    Queued,
}

impl Retry {
    /// What failed for now waits in the queue and not in a worker.
    pub(super) fn hands_back(self) -> bool {
        matches!(self, Retry::Budgeted | Retry::Queued)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Tuning {
    pub routing: Routing,
    pub primary_weight: u32,
    pub retry: Retry,
    pub retry_budget: u32,
    pub breaker: bool,
    pub workers: u32,
    pub service: Duration,
    pub window: usize,
}

impl Settings for Tuning {
    const LIVE: &'static [&'static str] =
        &["routing", "primary_weight", "retry", "retry_budget", "breaker", "service_ms"];

    fn read(config: &NodeConfig) -> Result<Self, String> {
        let routings = [
            ("primary-only", Routing::PrimaryOnly),
            ("priority", Routing::Priority),
            ("weighted", Routing::Weighted),
        ];
        let retries = [
            ("none", Retry::None),
            ("naive", Retry::Naive),
            ("budgeted", Retry::Budgeted),
            ("queued", Retry::Queued),
        ];
        Ok(Tuning {
            routing: settings::word(config, "routing", "priority", &routings)?,
            primary_weight: settings::number(config, "primary_weight", 70, 0..=100)?,
            retry: settings::word(config, "retry", "budgeted", &retries)?,
            retry_budget: settings::number(config, "retry_budget", 10, 0..=100)?,
            breaker: settings::word(config, "breaker", "on", &[("on", true), ("off", false)])?,
            workers: settings::number(config, "workers", 64, 1..=4096)?,
            service: Duration::from_millis(settings::number(config, "service_ms", 5, 0..=60_000)?),
            window: settings::number(config, "window", 64, 1..=1000)?,
        })
    }
}

impl Tuning {
    /// In which order the uplinks are tried. `draw` lies in 0–99; `past_queue` marks a message that
    /// could not be queued: it goes to the next vendor, whose load the queue does not pace.
    pub(super) fn order(&self, uplinks: usize, draw: u32, past_queue: bool) -> Vec<usize> {
        let mut order: Vec<usize> = (0..uplinks).collect();
        let turned = match self.routing {
            Routing::PrimaryOnly => {
                order.truncate(1);
                false
            }
            Routing::Priority => past_queue,
            Routing::Weighted => draw >= self.primary_weight,
        };
        if turned && uplinks > 1 {
            order.rotate_left(1);
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(routing: &str, draw: u32, past_queue: bool) -> Vec<usize> {
        let mut config = NodeConfig::default();
        config.settings.insert("routing".into(), routing.into());
        Tuning::read(&config).expect("settings").order(2, draw, past_queue)
    }

    #[test]
    fn vendors_are_tried_in_the_order_that_routing_says() {
        assert_eq!(order("primary-only", 99, true), [0]);
        assert_eq!(order("priority", 99, false), [0, 1]);
        assert_eq!(order("priority", 0, true), [1, 0]);
        assert_eq!(order("weighted", 69, false), [0, 1]);
        assert_eq!(order("weighted", 70, false), [1, 0]);
    }

    #[test]
    fn a_wrong_word_or_number_is_named() {
        for (key, value) in [("routing", "primary"), ("workers", "0"), ("service_ms", "soon")] {
            let mut config = NodeConfig::default();
            config.settings.insert(key.into(), value.into());
            assert!(Tuning::read(&config).expect_err("a wrong one").contains(key));
        }
    }
}
