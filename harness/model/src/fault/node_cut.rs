//! Nodes go on running, and nothing passes between them and anybody else.

use super::{FaultKind, Loss, Watch, links_lost};
use crate::lever::LeverCall;
use crate::stack::Stack;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NodeCut {
    pub nodes: Vec<String>,
}

impl FaultKind for NodeCut {
    fn target(&self) -> String {
        self.nodes.join(", ")
    }

    fn label(&self) -> String {
        format!("{} cut off", self.target())
    }

    fn inject(&self, _id: &str, _stack: &Stack) -> Vec<LeverCall> {
        self.nodes.iter().map(|node| LeverCall::CutNode { node: node.clone() }).collect()
    }

    fn heal(&self, _id: &str, _stack: &Stack) -> Vec<LeverCall> {
        self.nodes.iter().map(|node| LeverCall::MendNode { node: node.clone() }).collect()
    }

    /// Only links *to* a cut node: a probe over a link from it starts at the proxy and may pass.
    fn watches(&self, _id: &str, stack: &Stack) -> Vec<Watch> {
        let into: Vec<String> = stack
            .links
            .iter()
            .filter(|link| self.nodes.contains(&link.to))
            .map(|link| link.id())
            .collect();
        links_lost(&into, Loss::Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::ProbeTarget;
    use crate::fault::sample;

    #[test]
    fn a_cut_is_watched_on_the_links_that_lead_to_the_node() {
        let fault = NodeCut { nodes: vec!["a".into()] };
        let stack = sample::stack();
        assert_eq!(fault.inject("f", &stack), [LeverCall::CutNode { node: "a".into() }]);
        assert_eq!(fault.heal("f", &stack), [LeverCall::MendNode { node: "a".into() }]);
        let link = ProbeTarget::Link("sender->a".into());
        assert_eq!(
            fault.watches("f", &stack),
            [Watch::Lost { target: link, how: Loss::Any }]
        );
    }
}
