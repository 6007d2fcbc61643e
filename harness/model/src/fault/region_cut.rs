//! A region is cut off: every link across its border is down, those inside it stay up.

use super::{FaultKind, Loss, Watch, links_lost};
use crate::lever::LeverCall;
use crate::stack::Stack;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RegionCut {
    pub region: String,
}

impl RegionCut {
    /// Links with exactly one end in the region; the sender and the carriers stand in none.
    pub fn border(&self, stack: &Stack) -> Vec<String> {
        let inside = |node: &str| stack.region_of(node) == Some(self.region.as_str());
        stack
            .links
            .iter()
            .filter(|link| inside(&link.from) != inside(&link.to))
            .map(|link| link.id())
            .collect()
    }
}

impl FaultKind for RegionCut {
    fn target(&self) -> String {
        format!("region {}", self.region)
    }

    fn label(&self) -> String {
        format!("region {} cut off", self.region)
    }

    fn inject(&self, _id: &str, stack: &Stack) -> Vec<LeverCall> {
        self.border(stack).into_iter().map(|link| LeverCall::DisableLink { link }).collect()
    }

    fn heal(&self, _id: &str, stack: &Stack) -> Vec<LeverCall> {
        self.border(stack).into_iter().map(|link| LeverCall::EnableLink { link }).collect()
    }

    fn watches(&self, _id: &str, stack: &Stack) -> Vec<Watch> {
        links_lost(&self.border(stack), Loss::Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::sample;

    #[test]
    fn the_border_is_every_link_with_one_end_inside() {
        let stack = sample::stack();
        let north = RegionCut { region: "north".into() };
        assert_eq!(north.border(&stack), ["sender->a", "a->b"]);
        let south = RegionCut { region: "south".into() };
        assert_eq!(south.border(&stack), ["a->b", "b->c"]);
        assert_eq!(south.inject("f", &stack).len(), south.heal("f", &stack).len());
        assert_eq!(south.watches("f", &stack).len(), 2);
    }
}
