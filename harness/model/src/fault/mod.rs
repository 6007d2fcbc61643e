//! The kinds of fault. A fault is parameters; it compiles to lever calls and their undo, and never acts.
//!
//! A new kind is one file here and its line in the table below.

use crate::fact::ProbeTarget;
use crate::lever::{LeverCall, Resource, Stream, Toxic};
use crate::stack::Stack;
use crate::units::Micros;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What every kind of fault can say about itself. `id` is unique in the plan and names its toxics.
pub trait FaultKind {
    /// The part of the stack it acts on, for reports.
    fn target(&self) -> String;
    /// A few words for the plot.
    fn label(&self) -> String;
    fn inject(&self, id: &str, stack: &Stack) -> Vec<LeverCall>;
    fn heal(&self, id: &str, stack: &Stack) -> Vec<LeverCall>;
    /// How an engine sees that it took effect, and that it went.
    fn watches(&self, id: &str, stack: &Stack) -> Vec<Watch>;
}

/// An effect to look for; a fault is proven when all its watches saw theirs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "watch", rename_all = "snake_case")]
pub enum Watch {
    /// Probes of `target` stop being answered, in the way named.
    Lost { target: ProbeTarget, how: Loss },
    /// Probes over the link take at least half of `by` longer than before.
    Slower { link: String, by: Micros },
    /// The carrier's own draws: their interval excludes 0 and contains `share`.
    Draws { carrier: String, name: String, share: f64 },
    /// The carrier's own log shows at least one hit, where the share follows from load and not from a draw.
    Hits { carrier: String, name: String },
    /// One of the nodes says that its buffer of this name holds as much as it may: on a node whose
    /// buffer never fills, such as one that stands by, a smaller one is no other. A node that tells
    /// nothing of that name has one buffer, its backlog.
    Full { nodes: Vec<String>, buffer: String, events: u64 },
    /// What the nodes together count under `gauge` grows `times` as fast as before.
    Faster { nodes: Vec<String>, gauge: String, times: f64 },
    /// The engine had to hold the node back at a limit of this resource, which it never had to before.
    HeldBack { node: String, resource: Resource },
    /// A share of probe connections breaks.
    SomeLost { link: String, share: f64 },
    /// The name server fails for the link's target, and answers for others.
    Unresolved { link: String },
    /// New connections over the link end at the certificate; the one that stands goes on.
    Untrusted { link: String },
}

impl Watch {
    /// What probes look at for it; `None` where something else tells.
    pub fn target(&self) -> Option<ProbeTarget> {
        match self {
            Watch::Lost { target, .. } => Some(target.clone()),
            Watch::Slower { link, .. }
            | Watch::SomeLost { link, .. }
            | Watch::Untrusted { link } => Some(ProbeTarget::Link(link.clone())),
            Watch::Unresolved { link } => Some(ProbeTarget::Name(link.clone())),
            Watch::Draws { .. }
            | Watch::Hits { .. }
            | Watch::Full { .. }
            | Watch::Faster { .. }
            | Watch::HeldBack { .. } => None,
        }
    }
}

/// In which way a probe goes unanswered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Connections are refused or broken.
    Broken,
    /// Connections stand, and nothing answers.
    Silent,
    /// Either.
    Any,
}

macro_rules! faults {
    ($($module:ident :: $kind:ident),* $(,)?) => {
        $(pub mod $module; pub use $module::$kind;)*

        /// Any fault, tagged with its kind in files.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        pub enum Fault { $($kind($kind)),* }

        impl Fault {
            /// The kind's name as it stands in `run.json`.
            pub fn kind(&self) -> &'static str {
                match self { $(Fault::$kind(_) => stringify!($module)),* }
            }

            /// The module names of the table, for the test that holds folder and table equal.
            pub const KINDS: &'static [&'static str] = &[$(stringify!($module)),*];
        }

        impl std::ops::Deref for Fault {
            type Target = dyn FaultKind;
            fn deref(&self) -> &(dyn FaultKind + 'static) {
                match self { $(Fault::$kind(fault) => fault),* }
            }
        }

        $(impl From<$kind> for Fault { fn from(fault: $kind) -> Fault { Fault::$kind(fault) } })*
    };
}

faults! {
    node_killed::NodeKilled,
    node_frozen::NodeFrozen,
    node_cut::NodeCut,
    node_restarted::NodeRestarted,
    node_limited::NodeLimited,
    region_cut::RegionCut,
    link_latency::LinkLatency,
    link_bandwidth::LinkBandwidth,
    link_silent::LinkSilent,
    link_down::LinkDown,
    link_resets::LinkResets,
    link_loses::LinkLoses,
    carrier_behaves::CarrierBehaves,
    buffer_limited::BufferLimited,
    telemetry_rises::TelemetryRises,
    name_unresolved::NameUnresolved,
    certificate_expired::CertificateExpired,
}

/// Puts the same toxic on every link.
fn add_toxic(links: &[String], toxic: &Toxic) -> Vec<LeverCall> {
    links
        .iter()
        .map(|link| LeverCall::AddToxic { link: link.clone(), toxic: toxic.clone() })
        .collect()
}

/// Takes the toxic called `name` off every link.
fn remove_toxic(links: &[String], name: &str) -> Vec<LeverCall> {
    links
        .iter()
        .map(|link| LeverCall::RemoveToxic { link: link.clone(), name: name.to_owned() })
        .collect()
}

/// The same toxic once a direction; its name ends in the direction, as names are unique in a proxy.
fn add_both_ways(
    links: &[String],
    id: &str,
    kind: &str,
    attributes: &[(&str, i64)],
) -> Vec<LeverCall> {
    let directions = [Stream::Upstream, Stream::Downstream].into_iter().zip(both_names(id));
    let toxics = directions.map(|(stream, name)| Toxic {
        name,
        kind: kind.to_owned(),
        stream,
        toxicity: 1.0,
        attributes: attributes.iter().map(|(key, value)| ((*key).to_owned(), *value)).collect(),
    });
    toxics.flat_map(|toxic| add_toxic(links, &toxic)).collect()
}

fn remove_both_ways(links: &[String], id: &str) -> Vec<LeverCall> {
    both_names(id).iter().flat_map(|name| remove_toxic(links, name)).collect()
}

fn both_names(id: &str) -> [String; 2] {
    [format!("{id}-up"), format!("{id}-down")]
}

/// Every one of these links stops answering in the way named.
fn links_lost(links: &[String], how: Loss) -> Vec<Watch> {
    links.iter().map(|link| Watch::Lost { target: ProbeTarget::Link(link.clone()), how }).collect()
}

/// A small stack for the tests of the kinds.
#[cfg(test)]
pub(crate) mod sample {
    use crate::stack::*;
    use crate::units::Micros;
    use std::collections::BTreeMap;

    fn node(name: &str, region: &str) -> Node {
        Node {
            name: name.into(),
            role: "gateway".into(),
            region: Some(region.into()),
            run: RunAs::BuiltIn("gateway".into()),
            ports: vec!["admin".into()],
            settings: BTreeMap::new(),
        }
    }

    fn link(from: &str, to: &str, protocol: LinkProtocol) -> Link {
        Link { from: from.into(), to: to.into(), port: "p".into(), protocol, latency: Micros::ZERO }
    }

    /// Gateways `a` (north) and `b` (south), linked to each other, to carrier `c` and from the sender.
    pub fn stack() -> Stack {
        Stack {
            name: "sample".into(),
            summary: String::new(),
            slo: Slo {
                target: 0.999,
                deadline: Micros::from_secs(60),
                period: Micros::from_secs(30 * 86_400),
            },
            settings: BTreeMap::new(),
            timers: BTreeMap::new(),
            regions: vec!["north".into(), "south".into()],
            nodes: vec![node("a", "north"), node("b", "south")],
            links: vec![
                link("sender", "a", LinkProtocol::Http),
                link("a", "b", LinkProtocol::Frames),
                link("b", "c", LinkProtocol::Smpp),
            ],
            carriers: vec![Carrier {
                name: "c".into(),
                vendor: None,
                protocol: CarrierProtocol::Smpp,
                subscribers: 1000,
                capacity: None,
                capacity_counts: Default::default(),
                receipt_delay: Micros::ZERO,
            }],
            segments: Vec::new(),
            ingress: Ingress { kind: "twilio".into(), node: "a".into() },
            receipts: Receipts::Callback,
            profile: None,
            external: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_and_table_are_equal() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/fault");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .expect("the folder of the kinds")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .filter(|name| name != "mod.rs")
            .map(|name| name.trim_end_matches(".rs").to_owned())
            .collect();
        let mut table: Vec<String> = Fault::KINDS.iter().map(|kind| kind.to_string()).collect();
        files.sort();
        table.sort();
        assert_eq!(files, table);
    }
}
