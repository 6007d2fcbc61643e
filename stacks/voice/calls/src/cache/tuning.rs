//! A replica's settings.

use squall_model::node_config::NodeConfig;
use squall_role::settings::{self, Settings};
use std::time::Duration;

#[derive(Clone, Debug)]
pub(super) struct Tuning {
    /// Which of the fleet this one is, from 1.
    pub ordinal: u32,
    /// Those of the fleet that are in service.
    pub replicas: u32,
    pub workers: usize,
    pub hit: Duration,
    pub miss: Duration,
    pub queue_limit: usize,
    pub cache_bytes: usize,
    pub telemetry_per_fetch: u32,
    /// How many times as much telemetry as usual.
    pub telemetry_factor: u32,
    /// Events that wait for the next batch at most.
    pub telemetry_buffer: usize,
    pub error_collector: bool,
    /// Error events are the work of those who serve fetches.
    pub shared_workers: bool,
    pub collector_workers: usize,
    /// A worker's time for one error event.
    pub error_event: Duration,
}

impl Tuning {
    pub(super) fn in_service(&self) -> bool {
        self.ordinal <= self.replicas
    }
}

impl Settings for Tuning {
    const LIVE: &'static [&'static str] = &[
        "replicas",
        "telemetry_factor",
        "telemetry_buffer",
        "log_payload_bytes",
        "error_collector",
        "shared_workers",
    ];

    fn read(config: &NodeConfig) -> Result<Self, String> {
        let millis = |key, usual| {
            settings::number(config, key, usual, 0..=60_000).map(Duration::from_millis)
        };
        let switch = |key| settings::word(config, key, "on", &[("on", true), ("off", false)]);
        let payload: u64 = settings::number(config, "log_payload_bytes", 16_384, 0..=1 << 20)?;
        let us_per_kb: u64 = settings::number(config, "event_us_per_kb", 300, 0..=100_000)?;
        Ok(Tuning {
            ordinal: settings::number(config, "ordinal", 1, 1..=1_000)?,
            replicas: settings::number(config, "replicas", 4, 0..=1_000)?,
            workers: settings::number(config, "workers", 8, 1..=4_096)?,
            hit: millis("hit_ms", 20)?,
            miss: millis("miss_ms", 35)?,
            queue_limit: settings::number(config, "queue_limit", 2_000, 0..=1_000_000)?,
            cache_bytes: settings::number(config, "cache_bytes", 64 << 20, 0..=16 << 30)?,
            telemetry_per_fetch: settings::number(config, "telemetry_per_fetch", 2, 0..=100)?,
            telemetry_factor: settings::number(config, "telemetry_factor", 1, 0..=100)?,
            telemetry_buffer: settings::number(config, "telemetry_buffer", 200, 0..=100_000)?,
            error_collector: switch("error_collector")?,
            shared_workers: switch("shared_workers")?,
            collector_workers: settings::number(config, "collector_workers", 2, 1..=4_096)?,
            error_event: Duration::from_micros(us_per_kb * payload / 1_024),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(key: &str, value: &str) -> Result<Tuning, String> {
        let settings = [(key.to_owned(), value.to_owned())].into();
        Tuning::read(&NodeConfig { settings, ..NodeConfig::default() })
    }

    #[test]
    fn what_an_error_event_costs_goes_with_its_payload() {
        let usual = Tuning::read(&NodeConfig::default()).expect("the defaults read");
        assert_eq!(usual.error_event, Duration::from_micros(4_800));
        let small = with("log_payload_bytes", "512").expect("a size");
        assert_eq!(small.error_event, Duration::from_micros(150));
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        for (key, value) in [
            ("workers", "0"),
            ("hit_ms", "-1"),
            ("telemetry_factor", "five"),
            ("telemetry_buffer", "100001"),
            ("error_collector", "maybe"),
            ("log_payload_bytes", "99999999999999999999"),
        ] {
            let why = with(key, value).expect_err(key);
            assert!(why.contains(key) && why.contains(value), "{why}");
        }
    }
}
