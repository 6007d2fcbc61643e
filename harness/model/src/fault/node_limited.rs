//! Nodes get less of a machine than they want: a share of a core, or so much memory.
//!
//! Only an engine that gives each node a machine of its own can do that. In the simulation what a node
//! can do is a setting of its own: its workers and their service times.

use super::{FaultKind, Watch};
use crate::lever::{LeverCall, Resource};
use crate::stack::Stack;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NodeLimited {
    pub nodes: Vec<String>,
    pub resource: Resource,
    /// In the resource's unit.
    pub to: u64,
}

impl NodeLimited {
    /// Below it Docker refuses: a quota of 1 ms in each period of 100 ms, and 6 MiB.
    pub const fn least(resource: Resource) -> u64 {
        match resource {
            Resource::Cpu => 10,
            Resource::Memory => 6 << 20,
        }
    }
}

impl FaultKind for NodeLimited {
    fn target(&self) -> String {
        self.nodes.join(", ")
    }

    fn label(&self) -> String {
        self.resource.amount(self.to)
    }

    fn inject(&self, _id: &str, _stack: &Stack) -> Vec<LeverCall> {
        let (resource, to) = (self.resource, self.to);
        let limit = |node: &String| LeverCall::LimitNode { node: node.clone(), resource, to };
        self.nodes.iter().map(limit).collect()
    }

    fn heal(&self, _id: &str, _stack: &Stack) -> Vec<LeverCall> {
        let resource = self.resource;
        let lift = |node: &String| LeverCall::UnlimitNode { node: node.clone(), resource };
        self.nodes.iter().map(lift).collect()
    }

    /// A limit that nobody reaches changes nothing.
    fn watches(&self, _id: &str, _stack: &Stack) -> Vec<Watch> {
        let resource = self.resource;
        let held = |node: &String| Watch::HeldBack { node: node.clone(), resource };
        self.nodes.iter().map(held).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::sample;

    #[test]
    fn every_limit_is_lifted_and_has_to_bite() {
        let (node, resource) = ("a".to_owned(), Resource::Cpu);
        let fault = NodeLimited { nodes: vec![node.clone()], resource, to: 50 };
        let stack = sample::stack();
        assert_eq!(fault.label(), "0.05 cores");
        assert_eq!(Resource::Memory.amount(15 << 19), "7.5 MiB of memory");
        let limit = LeverCall::LimitNode { node: node.clone(), resource, to: 50 };
        assert_eq!(fault.inject("f", &stack), [limit]);
        let lift = LeverCall::UnlimitNode { node: node.clone(), resource };
        assert_eq!(fault.heal("f", &stack), [lift]);
        assert_eq!(fault.watches("f", &stack), [Watch::HeldBack { node, resource }]);
    }
}
