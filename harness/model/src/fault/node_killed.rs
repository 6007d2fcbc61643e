//! Nodes are killed as by SIGKILL and started again at the end; their disks survive.

use super::{FaultKind, Loss, Watch};
use crate::fact::ProbeTarget;
use crate::lever::LeverCall;
use crate::stack::Stack;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NodeKilled {
    pub nodes: Vec<String>,
    /// What the step called them: `node "gateway-1"` or `the queue in region "singapore"`.
    pub called: String,
}

impl FaultKind for NodeKilled {
    fn target(&self) -> String {
        self.called.clone()
    }

    fn label(&self) -> String {
        format!("{} killed", self.called)
    }

    fn inject(&self, _id: &str, _stack: &Stack) -> Vec<LeverCall> {
        self.nodes.iter().map(|node| LeverCall::KillNode { node: node.clone() }).collect()
    }

    fn heal(&self, _id: &str, _stack: &Stack) -> Vec<LeverCall> {
        self.nodes.iter().map(|node| LeverCall::StartNode { node: node.clone() }).collect()
    }

    fn watches(&self, _id: &str, _stack: &Stack) -> Vec<Watch> {
        self.nodes
            .iter()
            .map(|node| Watch::Lost { target: ProbeTarget::Node(node.clone()), how: Loss::Broken })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::sample;

    #[test]
    fn every_killed_node_is_started_again() {
        let fault = NodeKilled { nodes: vec!["a".into(), "b".into()], called: "both".into() };
        let stack = sample::stack();
        assert_eq!(fault.inject("f", &stack)[1], LeverCall::KillNode { node: "b".into() });
        assert_eq!(fault.heal("f", &stack)[0], LeverCall::StartNode { node: "a".into() });
        assert_eq!(fault.watches("f", &stack).len(), 2);
    }
}
