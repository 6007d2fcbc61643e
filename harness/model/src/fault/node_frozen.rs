//! Nodes stand still as by SIGSTOP: their connections stay open and nothing answers.

use super::{FaultKind, Loss, Watch};
use crate::fact::ProbeTarget;
use crate::lever::LeverCall;
use crate::stack::Stack;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NodeFrozen {
    pub nodes: Vec<String>,
}

impl FaultKind for NodeFrozen {
    fn target(&self) -> String {
        self.nodes.join(", ")
    }

    fn label(&self) -> String {
        format!("{} frozen", self.target())
    }

    fn inject(&self, _id: &str, _stack: &Stack) -> Vec<LeverCall> {
        self.nodes.iter().map(|node| LeverCall::FreezeNode { node: node.clone() }).collect()
    }

    fn heal(&self, _id: &str, _stack: &Stack) -> Vec<LeverCall> {
        self.nodes.iter().map(|node| LeverCall::ThawNode { node: node.clone() }).collect()
    }

    fn watches(&self, _id: &str, _stack: &Stack) -> Vec<Watch> {
        self.nodes
            .iter()
            .map(|node| Watch::Lost { target: ProbeTarget::Node(node.clone()), how: Loss::Silent })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::sample;

    #[test]
    fn every_frozen_node_is_thawed_and_watched_for_silence() {
        let fault = NodeFrozen { nodes: vec!["a".into()] };
        let stack = sample::stack();
        assert_eq!(fault.inject("f", &stack), [LeverCall::FreezeNode { node: "a".into() }]);
        assert_eq!(fault.heal("f", &stack), [LeverCall::ThawNode { node: "a".into() }]);
        assert_eq!(
            fault.watches("f", &stack),
            [Watch::Lost { target: ProbeTarget::Node("a".into()), how: Loss::Silent }]
        );
    }
}
