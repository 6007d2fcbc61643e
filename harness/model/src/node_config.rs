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
    /// Target node or carrier → address to dial (its proxy's), or `http://name` or `https://name`
    /// of a target that is found through `names`.
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
    /// Who finds targets by name; none where all are dialled by address.
    pub names: Option<Names>,
    /// What it proves itself with as a server of TLS.
    pub identity: Option<Identity>,
    /// The certificate, in PEM, that those of TLS servers must be signed with.
    pub trust: Option<String>,
}

/// What resolv.conf is to a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// Address of the name server.
    pub server: String,
    /// Looked up names end in it.
    pub search: String,
}

/// A server's certificate, and one that ran out before the run began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub valid: Certificate,
    pub expired: Certificate,
}

/// In PEM.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    pub certificate: String,
    pub key: String,
}

impl std::fmt::Debug for Certificate {
    /// The key stays unsaid.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate")
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
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
