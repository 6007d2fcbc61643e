//! A link resets connections: each is cut with RST as soon as a byte passes in either direction.

use super::{FaultKind, Loss, Watch, add_both_ways, links_lost, remove_both_ways};
use crate::lever::LeverCall;
use crate::stack::Stack;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LinkResets {
    /// Link ids, `from->to`.
    pub links: Vec<String>,
}

impl FaultKind for LinkResets {
    fn target(&self) -> String {
        self.links.join(", ")
    }

    fn label(&self) -> String {
        "resets connections".to_owned()
    }

    fn inject(&self, id: &str, _stack: &Stack) -> Vec<LeverCall> {
        add_both_ways(&self.links, id, "reset_peer", &[("timeout", 0)])
    }

    fn heal(&self, id: &str, _stack: &Stack) -> Vec<LeverCall> {
        remove_both_ways(&self.links, id)
    }

    fn watches(&self, _id: &str, _stack: &Stack) -> Vec<Watch> {
        links_lost(&self.links, Loss::Broken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::sample;

    #[test]
    fn resets_come_at_once_and_in_both_directions() {
        let fault = LinkResets { links: vec!["a->b".into()] };
        let stack = sample::stack();
        let calls = serde_json::to_value(fault.inject("f", &stack)).expect("calls are data");
        assert_eq!(calls.as_array().map(Vec::len), Some(2));
        assert_eq!(calls[0]["toxic"]["type"], "reset_peer");
        assert_eq!(calls[0]["toxic"]["attributes"]["timeout"], 0);
        assert_eq!(fault.heal("f", &stack).len(), 2);
    }
}
