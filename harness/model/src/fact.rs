//! What happened, one timestamped thing at a time. `at` is drill time.
//!
//! Facts about messages name them by number; phone numbers and texts never enter a record.

use crate::lever::{LeverCall, Resource};
use crate::units::Micros;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    Submit(Submit),
    Carrier(CarrierSaw),
    Receipt(Receipt),
    Phase(Phase),
    Lever(LeverResult),
    Probe(Probe),
    Draws(Draws),
    Health(Health),
    HeldBack(HeldBack),
    Exit(Exit),
    /// A queue or spool still names this message at the end of the drain.
    Pending {
        at: Micros,
        m: u64,
        node: String,
    },
    /// A foreign gateway tells only how many wait, not which.
    PendingCount {
        at: Micros,
        node: String,
        count: u64,
    },
    /// The generator's own state: how late it sent, what it never sent.
    Load(Load),
    /// The run was told to stop, or could not go on: `reason` says why.
    Interrupted {
        at: Micros,
        reason: String,
    },
    Note {
        at: Micros,
        text: String,
    },
}

/// A submit and its answer, written when the answer (or its absence) is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Submit {
    /// When the answer came, or when waiting for it ended.
    pub at: Micros,
    pub m: u64,
    /// The scheduled instant; every latency counts from here.
    pub due: Micros,
    /// When it was really sent.
    pub sent: Micros,
    /// Index of the subscriber in the sampled population.
    pub sub: u32,
    pub answer: Answer,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Accepted,
    /// Refused openly, with the protocol's own code.
    Rejected(String),
    /// No answer, or a broken connection: it may have happened.
    Indeterminate(String),
}

/// One line of a carrier's own log: the truth about a submit that reached it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CarrierSaw {
    pub at: Micros,
    /// `None`: a message that carries no token of this drill.
    pub m: Option<u64>,
    pub carrier: String,
    /// Position in the carrier's log, from 0.
    pub seq: u64,
    pub what: CarrierEvent,
    /// Who submitted it, as the submitter itself told the carrier: the SMPP system_type, the HTTP
    /// User-Agent. `None`: it told nothing, or the carrier does not log it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CarrierEvent {
    /// All parts reached the handset.
    Delivered,
    /// Accepted, and by a behaviour never delivered.
    Swallowed,
    /// Accepted part of a multipart message; the others have not come yet.
    Part,
    /// A call was over before its script was; the code is that of whoever hung up.
    Dropped(String),
    /// What the handset of a call in progress heard of one verb, or the code it failed with.
    Verb {
        verb: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
    },
    Refused(String),
}

/// A receipt as the sender got it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    pub at: Micros,
    pub m: u64,
    pub state: ReceiptState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptState {
    Delivered,
    Failed,
    Expired,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    pub at: Micros,
    /// reset, raise, ready, warm-up, baseline, inject, under fault, heal, recovery, drain, collect, lower.
    pub name: String,
}

/// A lever was pulled; `read_back` says whether the stack confirmed it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeverResult {
    pub at: Micros,
    /// Index into `plan.faults`, or `None` for a change.
    pub fault: Option<usize>,
    pub undo: bool,
    pub call: LeverCall,
    pub error: Option<String>,
    pub read_back: bool,
}

/// One look through a link, at a node, or along the untouched control path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// When the answer came or was given up.
    pub at: Micros,
    pub sent: Micros,
    pub target: ProbeTarget,
    pub path: ProbePath,
    pub saw: ProbeSaw,
}

#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ProbeTarget {
    Link(String),
    Node(String),
    /// The name of a link's target, as the link's client asks the name server for it.
    Name(String),
}

/// `link edge->queue-1`, `node gateway-1`, `the name behind gateway-1->vendor-b`.
impl std::fmt::Display for ProbeTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ProbeTarget::Link(link) => write!(f, "link {link}"),
            ProbeTarget::Node(node) => write!(f, "node {node}"),
            ProbeTarget::Name(link) => write!(f, "the name behind {link}"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbePath {
    /// A connection made for this probe.
    New,
    /// The connection kept open since before the fault.
    Existing,
    /// Beside the link: straight to the node. Beside a name: another one, at the same server.
    Control,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeSaw {
    Answer {
        rtt: Micros,
    },
    Refused,
    /// The connection was closed or reset before an answer.
    Closed,
    /// Nothing within the probe's patience.
    Silence,
    /// The name server answered that it cannot tell.
    Unresolved,
    /// The certificate was not accepted.
    Untrusted,
}

/// A carrier's own count of the draws of one behaviour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draws {
    pub at: Micros,
    pub carrier: String,
    pub name: String,
    pub drawn: u64,
    pub hit: u64,
}

/// A node's health endpoint, as it answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Health {
    pub at: Micros,
    pub node: String,
    /// `None`: no answer.
    pub healthy: Option<bool>,
    pub backlog: u64,
    pub oldest: Micros,
    /// What else it counts: the fill of a buffer by the name of its setting, requests of a kind so far.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub gauges: BTreeMap<String, u64>,
}

/// The engine's own count of how often a node was held back at a limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeldBack {
    pub at: Micros,
    pub node: String,
    pub resource: Resource,
    /// Since the node's present life began: for CPU scheduling periods of 100 ms in which it used up its
    /// quota (`throttled_periods` of the kernel's CFS), for memory attempts to get more than the limit
    /// (`failcnt` of cgroup v1) or pages that had to be looked through for some (`pgscan` of v2).
    pub times: u64,
}

/// A node's process ended; `planned` where a lever did it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exit {
    pub at: Micros,
    pub node: String,
    pub planned: bool,
    pub status: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    pub at: Micros,
    pub scheduled: u64,
    pub sent: u64,
    /// 99th percentile of sent − due.
    pub lag_p99: Micros,
    pub lag_max: Micros,
}
