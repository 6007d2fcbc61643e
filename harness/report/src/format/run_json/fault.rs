//! A fault in `run.json`: when it took effect, how probes were answered, what waited meanwhile.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use squall_model::fact::ProbePath;
use squall_model::judged::{Answers, FaultSeen, Waited};
use squall_model::units::Micros;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FaultJson {
    pub kind: String,
    pub target: String,
    pub requested_ms: u64,
    /// The first observation of the effect.
    pub effective_ms: Option<u64>,
    pub healed_ms: Option<u64>,
    pub proven: bool,
    pub reason: String,
    /// What became of the probes sent while the fault was asked for.
    pub probes: Vec<ProbesJson>,
}

/// Probes of one target on one path under a fault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProbesJson {
    /// `node gateway-1`, `link edge->queue-1`, `the name behind gateway-1->vendor-b`.
    pub target: String,
    /// `new`, `existing` or `control`: the path beside the link, another name.
    pub path: String,
    pub answered: u64,
    pub refused: u64,
    pub closed: u64,
    pub silent: u64,
    /// The name server answered that it cannot tell.
    pub unresolved: u64,
    /// The certificate was not accepted.
    pub untrusted: u64,
    /// When the first was sent that was not answered.
    pub since_ms: Option<u64>,
    /// The longest it took until one knew that was told or cut off; null where none was.
    pub told_after_ms: Option<u64>,
    /// The longest that one waited in silence.
    pub waited_ms: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WaitedJson {
    pub node: String,
    /// The most it told of, and when.
    pub backlog: u64,
    pub at_ms: Option<u64>,
    /// The greatest age of the oldest message there.
    pub oldest_ms: u64,
    /// How often it was asked, and how often it gave no answer.
    pub asked: u64,
    pub unanswered: u64,
}

pub(super) fn fault_json(fault: &FaultSeen) -> FaultJson {
    let FaultSeen {
        kind,
        target,
        label: _,
        requested,
        effective,
        healed,
        proven,
        reason,
        answers,
    } = fault;
    FaultJson {
        kind: kind.clone(),
        target: target.clone(),
        requested_ms: requested.start.as_millis(),
        effective_ms: effective.map(|bracket| bracket.by.as_millis()),
        healed_ms: healed.map(|bracket| bracket.by.as_millis()),
        proven: *proven,
        reason: reason.clone(),
        probes: answers.iter().map(probes_json).collect(),
    }
}

fn probes_json(line: &Answers) -> ProbesJson {
    let Answers {
        target,
        path,
        answered,
        refused,
        closed,
        silent,
        unresolved,
        untrusted,
        since,
        told_after,
        waited,
    } = line;
    let path = match path {
        ProbePath::New => "new",
        ProbePath::Existing => "existing",
        ProbePath::Control => "control",
    };
    ProbesJson {
        target: target.to_string(),
        path: path.into(),
        answered: *answered,
        refused: *refused,
        closed: *closed,
        silent: *silent,
        unresolved: *unresolved,
        untrusted: *untrusted,
        since_ms: since.map(Micros::as_millis),
        told_after_ms: told_after.map(Micros::as_millis),
        waited_ms: waited.as_millis(),
    }
}

pub(super) fn waited_json(waited: &Waited) -> WaitedJson {
    let Waited { node, backlog, at, oldest, asked, unanswered } = waited;
    WaitedJson {
        node: node.clone(),
        backlog: *backlog,
        at_ms: at.map(Micros::as_millis),
        oldest_ms: oldest.as_millis(),
        asked: *asked,
        unanswered: *unanswered,
    }
}
