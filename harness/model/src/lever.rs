//! Commands as data: what an engine does to the running stack, and reads back afterwards.

use crate::behaviour::Behaviour;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One act on the stack. Links are named `from->to` as in [`crate::stack::Link::id`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "lever", rename_all = "snake_case", deny_unknown_fields)]
pub enum LeverCall {
    AddToxic {
        link: String,
        toxic: Toxic,
    },
    RemoveToxic {
        link: String,
        name: String,
    },
    /// The link's proxy stops listening and closes what is open ("down").
    DisableLink {
        link: String,
    },
    EnableLink {
        link: String,
    },
    /// SIGKILL, or its equal in the engine. Disk survives.
    KillNode {
        node: String,
    },
    StartNode {
        node: String,
    },
    FreezeNode {
        node: String,
    },
    ThawNode {
        node: String,
    },
    /// Nothing passes between this node and any other; its process goes on.
    CutNode {
        node: String,
    },
    MendNode {
        node: String,
    },
    /// Asked to stop gracefully, then started again.
    RestartNode {
        node: String,
    },
    /// The node gets no more than `to` of a resource, in its unit; a new life of it neither.
    LimitNode {
        node: String,
        resource: Resource,
        to: u64,
    },
    UnlimitNode {
        node: String,
        resource: Resource,
    },
    SetCarrierBehaviour {
        carrier: String,
        name: String,
        behaviour: Behaviour,
    },
    ClearCarrierBehaviour {
        carrier: String,
        name: String,
    },
    SetNodeSetting {
        node: String,
        key: String,
        value: String,
    },
    /// The name server fails to answer for the link's target, asked by the link's client.
    BreakName {
        link: String,
    },
    MendName {
        link: String,
    },
    /// New TLS connections are shown a certificate that has run out.
    ExpireCertificate {
        carrier: String,
    },
    RenewCertificate {
        carrier: String,
    },
}

/// What a machine gives to a node, and an engine with machines of its own can withhold.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// In thousandths of a core.
    Cpu,
    /// In bytes.
    Memory,
}

impl Resource {
    /// An amount as steps name it: `0.05 cores`, `7.5 MiB of memory`.
    pub fn amount(self, of: u64) -> String {
        match self {
            Resource::Cpu => format!("{} cores", of as f64 / 1000.0),
            Resource::Memory => format!("{} MiB of memory", of as f64 / f64::from(1 << 20)),
        }
    }
}

impl std::fmt::Display for Resource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Resource::Cpu => "CPU",
            Resource::Memory => "memory",
        })
    }
}

impl LeverCall {
    /// Whether only an engine that gives each node a machine of its own can do it.
    pub fn needs_machines(&self) -> bool {
        matches!(self, LeverCall::LimitNode { .. } | LeverCall::UnlimitNode { .. })
    }
}

/// A toxic in Toxiproxy's own terms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Toxic {
    pub name: String,
    /// `latency`, `bandwidth`, `slow_close`, `timeout`, `reset_peer`, `slicer`, `limit_data`.
    #[serde(rename = "type")]
    pub kind: String,
    pub stream: Stream,
    /// 0–1, drawn per connection and direction.
    pub toxicity: f64,
    pub attributes: BTreeMap<String, i64>,
}

/// Upstream is client → server, downstream server → client, as Toxiproxy means them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    Upstream,
    Downstream,
}
