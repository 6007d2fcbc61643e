//! What a role is told at its start: the same JSON on every engine.

use crate::stack::{Carrier, Segment, Slo};
use crate::units::Micros;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The whole configuration of one node, of a carrier, or of the fault proxy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeConfig {
    pub node: String,
    pub region: Option<String>,
    /// Port name → address to listen on. Port 0 asks the system for one.
    pub listen: BTreeMap<String, String>,
    /// Target node or carrier → address to dial (its proxy's).
    pub links: BTreeMap<String, String>,
    /// The stack's settings with the node's own over them.
    pub settings: BTreeMap<String, String>,
    pub timers: BTreeMap<String, Micros>,
    pub segments: Vec<Segment>,
    pub carriers: Vec<Carrier>,
    /// Node → region, for those that a role may have to choose among.
    pub regions: BTreeMap<String, String>,
    pub slo: Option<Slo>,
    /// The same in every life of the node.
    pub seed: u64,
    /// How often the node was started before. An engine of processes counts it, so that a later
    /// life draws other numbers; the simulated world counts by itself.
    pub past_lives: u64,
    /// Wanted as `Authorization: Bearer …` by control ports; none where empty.
    pub token: String,
}

impl NodeConfig {
    /// A setting parsed as `T`, or `default` where absent.
    ///
    /// # Errors
    /// The setting's name and value where it does not parse.
    pub fn setting<T: std::str::FromStr>(&self, key: &str, default: T) -> Result<T, String> {
        match self.settings.get(key) {
            None => Ok(default),
            Some(text) => text
                .parse()
                .map_err(|_| format!("setting {key} of {}: cannot read \"{text}\"", self.node)),
        }
    }

    pub fn timer(&self, key: &str, default: Micros) -> Micros {
        self.timers.get(key).copied().unwrap_or(default)
    }
}
