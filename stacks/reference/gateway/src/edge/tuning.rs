//! The edge's settings.

use squall_model::node_config::NodeConfig;
use squall_role::settings::{self, Settings};

/// What becomes of a message that no queue can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnLoss {
    Hold,
    Spill,
    Reject,
}

#[derive(Clone, Debug)]
pub(super) struct Tuning {
    pub region_failover: bool,
    pub on_queue_loss: OnLoss,
    /// New messages join the tail of what is held.
    pub oldest_first: bool,
    /// Held messages handed over a second, per home region.
    pub backlog_rate: f64,
}

impl Settings for Tuning {
    const LIVE: &'static [&'static str] =
        &["region_failover", "on_queue_loss", "backlog_order", "backlog_rate"];

    fn read(config: &NodeConfig) -> Result<Self, String> {
        let losses = [("hold", OnLoss::Hold), ("spill", OnLoss::Spill), ("reject", OnLoss::Reject)];
        let orders = [("fresh-first", false), ("oldest-first", true)];
        let switch = [("on", true), ("off", false)];
        Ok(Tuning {
            region_failover: settings::word(config, "region_failover", "off", &switch)?,
            on_queue_loss: settings::word(config, "on_queue_loss", "hold", &losses)?,
            oldest_first: settings::word(config, "backlog_order", "fresh-first", &orders)?,
            backlog_rate: settings::number(config, "backlog_rate", 50.0, 1.0..=100_000.0)?,
        })
    }
}
