//! What became of the verbs of a drill's calls, added up.

use crate::case::Case;
use crate::traffic::Item;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Of all calls of the drill, warm-up included, by the carriers' own logs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Calls {
    /// Answered, and ended before their script did.
    pub dropped: u64,
    /// In the order of their names and codes.
    pub verbs: Vec<VerbEnds>,
}

/// How often a verb ended in one way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VerbEnds {
    pub verb: String,
    /// The platform's code; null where it was heard in full.
    pub code: Option<String>,
    pub count: u64,
}

/// `None` for a drill of messages.
pub fn calls(case: &Case<'_>) -> Option<Calls> {
    let ends = |(verb, code, count): (&str, Option<&str>, u64)| VerbEnds {
        verb: verb.to_owned(),
        code: code.map(str::to_owned),
        count,
    };
    (case.plan.traffic.item == Item::Call).then(|| Calls {
        dropped: case.messages.attempted().filter(|(_, call)| call.dropped()).count() as u64,
        verbs: case.messages.verbs().counts().into_iter().map(ends).collect(),
    })
}
