//! The two kinds of INFO a call carries: what its handset heard, and the keys its handset pressed. The
//! first stands for the sound itself, which would be RTP; its media type is our own.

use serde::{Deserialize, Serialize};

/// The media type of [`Heard`] in JSON.
pub const HEARD: &str = "application/vnd.squall.heard+json";

/// The media type of a key, as telephone networks have it.
pub const DTMF: &str = "application/dtmf-relay";

/// One verb that has ended, or the code it failed with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// In lower case: play, say, gather, pause, redirect, hangup.
    pub verb: String,
    /// Octets of sound that were played.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Of the sound, in lower-case hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Why it failed, such as 11200.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// The body that tells of a key, pressed for 160 ms.
pub fn dtmf(key: char) -> String {
    format!("Signal={key}\r\nDuration=160\r\n")
}

/// The key such a body tells of; 10 and 11 are * and #.
pub fn key(body: &[u8]) -> Option<char> {
    let text = std::str::from_utf8(body).ok()?;
    let mut pairs = text.lines().filter_map(|line| line.split_once('='));
    let (_, signal) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("Signal"))?;
    let mut keys = match signal.trim() {
        "10" => "*",
        "11" => "#",
        other => other,
    }
    .chars();
    let key = keys.next().filter(|key| "0123456789*#ABCD".contains(*key))?;
    keys.next().is_none().then_some(key)
}
