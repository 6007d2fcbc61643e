//! The application's settings.

use squall_model::node_config::NodeConfig;
use squall_role::settings::{self, Settings};
use std::time::Duration;

/// Whether a number's network is asked for before a message goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberLookup {
    Off,
    /// For every message.
    Live,
    /// Once for every block of a thousand numbers.
    Cached,
}

#[derive(Clone, Debug)]
pub(super) struct Tuning {
    pub number_lookup: NumberLookup,
    /// Blocks of a hundred whose numbers have to be looked up, the rest being of a known network.
    pub lookup_percent: u32,
    /// A call reads the text out where the message is late or failed.
    pub voice_fallback: bool,
    pub voice_after: Duration,
    /// What cannot be handed over now is tried until nobody wants it any more.
    pub queued: bool,
}

impl Settings for Tuning {
    const LIVE: &'static [&'static str] =
        &["number_lookup", "lookup_percent", "voice_fallback", "voice_after_s", "retry"];

    fn read(config: &NodeConfig) -> Result<Self, String> {
        let lookups = [
            ("off", NumberLookup::Off),
            ("live", NumberLookup::Live),
            ("cached", NumberLookup::Cached),
        ];
        let switch = [("on", true), ("off", false)];
        let after_s = settings::number(config, "voice_after_s", 20, 1..=3600)?;
        Ok(Tuning {
            number_lookup: settings::word(config, "number_lookup", "off", &lookups)?,
            lookup_percent: settings::number(config, "lookup_percent", 100, 0..=100)?,
            voice_fallback: settings::word(config, "voice_fallback", "off", &switch)?,
            voice_after: Duration::from_secs(after_s),
            queued: config.settings.get("retry").is_some_and(|retry| retry == "queued"),
        })
    }
}
