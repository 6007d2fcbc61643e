//! An origin's settings.

use squall_model::node_config::NodeConfig;
use squall_role::settings::{self, Settings};
use std::time::Duration;

/// What a call's script does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    Keypad,
    Play,
    Say,
    Tour,
}

/// Every script by the name that `mix` uses.
const SCRIPTS: [(&str, Script); 4] = [
    ("keypad", Script::Keypad),
    ("play", Script::Play),
    ("say", Script::Say),
    ("tour", Script::Tour),
];
const MIX: &str = "keypad=50,play=27,say=18,tour=5";

#[derive(Clone, Debug)]
pub(super) struct Tuning {
    /// Percent of calls, in this order; 100 in all.
    pub mix: Vec<(Script, u32)>,
    pub media_bytes: usize,
    pub media_files: u32,
    pub media_max_age_s: u32,
    pub service: Duration,
    pub workers: usize,
}

impl Settings for Tuning {
    const LIVE: &'static [&'static str] = &["origin_ms"];

    fn read(config: &NodeConfig) -> Result<Self, String> {
        let service_ms = settings::number(config, "origin_ms", 10, 0..=60_000)?;
        Ok(Tuning {
            mix: mix(config.settings.get("mix").map_or(MIX, String::as_str))?,
            media_bytes: settings::number(config, "media_bytes", 16_000, 1..=10 << 20)?,
            media_files: settings::number(config, "media_files", 200, 1..=1_000_000)?,
            media_max_age_s: settings::number(config, "media_max_age_s", 3_600, 0..=31_536_000)?,
            service: Duration::from_millis(service_ms),
            workers: settings::number(config, "origin_workers", 64, 1..=4_096)?,
        })
    }
}

fn mix(text: &str) -> Result<Vec<(Script, u32)>, String> {
    let mut mix: Vec<(Script, u32)> = Vec::new();
    for part in text.split(',') {
        let read = part.split_once('=').and_then(|(name, percent)| {
            let script = SCRIPTS.iter().find(|(known, _)| *known == name.trim())?.1;
            Some((script, percent.trim().parse().ok().filter(|percent| *percent <= 100)?))
        });
        let Some((script, percent)) = read else {
            let known = SCRIPTS.map(|(name, _)| name).join(", ");
            return Err(format!("setting mix: \"{part}\" is no name=percent with one of {known}"));
        };
        if mix.iter().any(|(other, _)| *other == script) {
            return Err(format!("setting mix names a script twice: \"{part}\""));
        }
        mix.push((script, percent));
    }
    match mix.iter().map(|(_, percent)| percent).sum() {
        100u32 => Ok(mix),
        sum => Err(format!("setting mix adds up to {sum} percent, not to 100")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mix_is_whole_or_refused() {
        assert_eq!(mix(MIX).expect("the usual").len(), 4);
        assert_eq!(mix(" tour = 100 ").expect("one"), [(Script::Tour, 100)]);
        for (wrong, word) in [
            ("", "\"\""),
            ("play=50", "50 percent"),
            ("play=50,play=50", "twice"),
            ("sing=100", "sing"),
            ("play=101", "101"),
            ("play=-1,say=101", "-1"),
            ("play=4294967295,say=101", "4294967295"),
        ] {
            let why = mix(wrong).expect_err(wrong);
            assert!(why.contains(word), "{why}");
        }
    }
}
