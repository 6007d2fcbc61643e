//! A link goes silent: connections stand, new ones are taken, and every byte is discarded.

use super::{FaultKind, Loss, Watch, add_both_ways, links_lost, remove_both_ways};
use crate::lever::LeverCall;
use crate::stack::Stack;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LinkSilent {
    /// Link ids, `from->to`.
    pub links: Vec<String>,
}

impl FaultKind for LinkSilent {
    fn target(&self) -> String {
        self.links.join(", ")
    }

    fn label(&self) -> String {
        "silent".to_owned()
    }

    /// A timeout toxic of 0 never closes and goes on discarding (Toxiproxy's API).
    fn inject(&self, id: &str, _stack: &Stack) -> Vec<LeverCall> {
        add_both_ways(&self.links, id, "timeout", &[("timeout", 0)])
    }

    fn heal(&self, id: &str, _stack: &Stack) -> Vec<LeverCall> {
        remove_both_ways(&self.links, id)
    }

    fn watches(&self, _id: &str, _stack: &Stack) -> Vec<Watch> {
        links_lost(&self.links, Loss::Silent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::sample;

    #[test]
    fn silence_falls_both_ways_and_lifts_by_the_same_names() {
        let fault = LinkSilent { links: vec!["b->c".into()] };
        let stack = sample::stack();
        let named: Vec<String> = fault
            .inject("f", &stack)
            .into_iter()
            .filter_map(|call| match call {
                LeverCall::AddToxic { toxic, .. } => Some(toxic.name),
                _ => None,
            })
            .collect();
        let removed: Vec<String> = fault
            .heal("f", &stack)
            .into_iter()
            .filter_map(|call| match call {
                LeverCall::RemoveToxic { name, .. } => Some(name),
                _ => None,
            })
            .collect();
        assert_eq!(named, ["f-up", "f-down"]);
        assert_eq!(named, removed);
    }
}
