//! Nodes are asked to stop gracefully and started again at once.
//!
//! The restart is one lever call and heals itself. It may be over between two probes, so there is
//! no watch: its proof is the lever's read-back, which sees the old process end and the new one answer.

use super::{FaultKind, Watch};
use crate::lever::LeverCall;
use crate::stack::Stack;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NodeRestarted {
    pub nodes: Vec<String>,
}

impl FaultKind for NodeRestarted {
    fn target(&self) -> String {
        self.nodes.join(", ")
    }

    fn label(&self) -> String {
        format!("{} restarted", self.target())
    }

    fn inject(&self, _id: &str, _stack: &Stack) -> Vec<LeverCall> {
        self.nodes.iter().map(|node| LeverCall::RestartNode { node: node.clone() }).collect()
    }

    fn heal(&self, _id: &str, _stack: &Stack) -> Vec<LeverCall> {
        Vec::new()
    }

    fn watches(&self, _id: &str, _stack: &Stack) -> Vec<Watch> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::sample;

    #[test]
    fn a_restart_is_one_call_a_node_and_needs_no_undo() {
        let fault = NodeRestarted { nodes: vec!["a".into(), "b".into()] };
        let stack = sample::stack();
        assert_eq!(fault.inject("f", &stack).len(), 2);
        assert!(fault.heal("f", &stack).is_empty());
    }
}
