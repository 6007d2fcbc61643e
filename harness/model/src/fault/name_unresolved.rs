//! A name does not resolve: the name server fails for it, and answers for every other name.
//!
//! Connections that stand, and answers that a client has kept, outlive its beginning.

use super::{FaultKind, Watch};
use crate::lever::LeverCall;
use crate::stack::Stack;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NameUnresolved {
    /// As the step says it.
    pub name: String,
    /// Ids of the links whose clients look it up.
    pub links: Vec<String>,
}

impl FaultKind for NameUnresolved {
    fn target(&self) -> String {
        format!("the name {}", self.name)
    }

    fn label(&self) -> String {
        "does not resolve".to_owned()
    }

    fn inject(&self, _id: &str, _stack: &Stack) -> Vec<LeverCall> {
        self.links.iter().map(|link| LeverCall::BreakName { link: link.clone() }).collect()
    }

    fn heal(&self, _id: &str, _stack: &Stack) -> Vec<LeverCall> {
        self.links.iter().map(|link| LeverCall::MendName { link: link.clone() }).collect()
    }

    fn watches(&self, _id: &str, _stack: &Stack) -> Vec<Watch> {
        self.links.iter().map(|link| Watch::Unresolved { link: link.clone() }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::sample;

    #[test]
    fn every_client_that_looks_it_up_is_hit_and_watched() {
        let links = vec!["a->c".to_owned(), "b->c".to_owned()];
        let fault = NameUnresolved { name: "c".into(), links: links.clone() };
        let stack = sample::stack();
        let broken = links.iter().map(|link| LeverCall::BreakName { link: link.clone() });
        let mended = links.iter().map(|link| LeverCall::MendName { link: link.clone() });
        let watched = links.iter().map(|link| Watch::Unresolved { link: link.clone() });
        assert_eq!(fault.inject("f", &stack), broken.collect::<Vec<_>>());
        assert_eq!(fault.heal("f", &stack), mended.collect::<Vec<_>>());
        assert_eq!(fault.watches("f", &stack), watched.collect::<Vec<_>>());
    }
}
