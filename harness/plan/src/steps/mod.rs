//! The step definitions, one file a family. Each function declares into the draft and does nothing else.
//!
//! A new step is one function in the file of its family and its line in that file's `PHRASES`; a
//! test holds the two equal.

mod budget;
mod calls;
mod carriers;
mod changes;
mod delivery;
mod given;
mod integrity;
mod links;
mod names;
mod nodes;
mod recovery;
mod routing;
mod traffic;

/// A step as the catalogue shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// Given, When or Then.
    pub keyword: &'static str,
    /// The phrase with its parameters.
    pub phrase: &'static str,
    /// A step that reads so.
    pub example: &'static str,
    pub doc: &'static str,
}

impl Phrase {
    const fn given(phrase: &'static str, example: &'static str, doc: &'static str) -> Phrase {
        Phrase { keyword: "Given", phrase, example, doc }
    }

    const fn when(phrase: &'static str, example: &'static str, doc: &'static str) -> Phrase {
        Phrase { keyword: "When", phrase, example, doc }
    }

    const fn then(phrase: &'static str, example: &'static str, doc: &'static str) -> Phrase {
        Phrase { keyword: "Then", phrase, example, doc }
    }
}

/// The families in the order of the catalogue.
pub fn families() -> Vec<(&'static str, &'static [Phrase])> {
    vec![
        ("The stack and the drill", given::PHRASES),
        ("Traffic", traffic::PHRASES),
        ("Faults of nodes and regions", nodes::PHRASES),
        ("Faults of links", links::PHRASES),
        ("Faults of names and certificates", names::PHRASES),
        ("Faults of carriers and receipts", carriers::PHRASES),
        ("Changes and the timeline", changes::PHRASES),
        ("Objectives: delivery", delivery::PHRASES),
        ("Objectives: calls and their verbs", calls::PHRASES),
        ("Objectives: integrity", integrity::PHRASES),
        ("Objectives: routing", routing::PHRASES),
        ("Objectives: recovery", recovery::PHRASES),
        ("Objectives: detection and budget", budget::PHRASES),
    ]
}
