//! Where a stack already runs: the addresses that may be talked to, and what is found at them.
//!
//! Plain data out of `[external]`. Nothing is resolved or dialled here, and no secret is held: where
//! one is wanted, the name of the environment variable that holds it stands here.

use crate::stack::{Link, SENDER};
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A system under test that somebody else has started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct External {
    /// What `--confirm` wants typed where an address lies beyond loopback.
    pub name: String,
    /// The only addresses that are ever dialled, beside what Squall has started itself.
    pub allow: BTreeSet<SocketAddr>,
    /// `host:port` of a Toxiproxy API that runs already; else Squall starts a fault proxy.
    pub proxy: Option<String>,
    /// Environment variable with the token of the control ports.
    pub token: Option<String>,
    /// Environment variables with what the sender submits with; else the settings of these names.
    pub account: Option<String>,
    pub secret: Option<String>,
    /// Where the sender listens for receipts, on a port of the system's choice.
    pub callback: IpAddr,
    /// Node or carrier → its port name → `host:port`. What is not named here Squall starts.
    pub nodes: BTreeMap<String, BTreeMap<String, String>>,
    /// Link id → `host:port` that the link's client dials. A proxy is made there where none is yet.
    pub links: BTreeMap<String, String>,
}

impl External {
    /// Where the sender takes receipts unless something else is said.
    pub const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    /// Whether somebody else has started this node or carrier.
    pub fn runs(&self, name: &str) -> bool {
        self.nodes.contains_key(name)
    }

    /// Whether `name` can be asked for its health, its settings and what waits in it.
    pub fn tells(&self, name: &str) -> bool {
        self.nodes.get(name).is_some_and(|ports| ports.contains_key("admin"))
    }

    /// Whether the run puts a proxy into this link: where it tells the link's client what to dial, or
    /// was told what the client dials. Else there is one only if the proxy that runs already has it.
    pub fn is_led(&self, link: &Link) -> bool {
        let told = [&link.from, &link.to].into_iter().any(|end| end == SENDER);
        told || !self.runs(&link.from) || self.links.contains_key(&link.id())
    }

    /// Those addresses that another machine may have.
    pub fn beyond_loopback(&self) -> impl Iterator<Item = &SocketAddr> {
        self.allow.iter().filter(|address| !address.ip().is_loopback())
    }
}
