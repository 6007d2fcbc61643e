//! The platform's settings.

use squall_model::node_config::NodeConfig;
use squall_role::settings::{self, Settings};
use std::time::Duration;
use url::Url;

/// Longest call, in seconds: Twilio's four hours.
const LONGEST_S: u64 = 14_400;

#[derive(Clone, Debug)]
pub(super) struct Tuning {
    /// Calls accepted and not over.
    pub max_calls: usize,
    /// A call that was answered ends after so long.
    pub time_limit: Duration,
    /// Where speech is rendered: `text` is added to its query.
    pub speech_url: Url,
}

impl Settings for Tuning {
    const LIVE: &'static [&'static str] = &["max_calls", "time_limit_s", "speech_url"];

    fn read(config: &NodeConfig) -> Result<Self, String> {
        let limit_s = settings::number(config, "time_limit_s", LONGEST_S, 1..=LONGEST_S)?;
        let speech =
            config.settings.get("speech_url").map_or("http://media/speech", String::as_str);
        let plain = |url: &Url| url.scheme() == "http" && url.has_host();
        let speech_url = Url::parse(speech).ok().filter(plain);
        Ok(Tuning {
            max_calls: settings::number(config, "max_calls", 5_000, 1..=1_000_000)?,
            time_limit: Duration::from_secs(limit_s),
            speech_url: speech_url
                .ok_or_else(|| format!("setting speech_url is an http URL, not \"{speech}\""))?,
        })
    }
}
