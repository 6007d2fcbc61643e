//! A link is down: its proxy refuses new connections and closes those that stand.

use super::{FaultKind, Loss, Watch, links_lost};
use crate::lever::LeverCall;
use crate::stack::Stack;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LinkDown {
    /// Link ids, `from->to`.
    pub links: Vec<String>,
}

impl FaultKind for LinkDown {
    fn target(&self) -> String {
        self.links.join(", ")
    }

    fn label(&self) -> String {
        "down".to_owned()
    }

    fn inject(&self, _id: &str, _stack: &Stack) -> Vec<LeverCall> {
        self.links.iter().map(|link| LeverCall::DisableLink { link: link.clone() }).collect()
    }

    fn heal(&self, _id: &str, _stack: &Stack) -> Vec<LeverCall> {
        self.links.iter().map(|link| LeverCall::EnableLink { link: link.clone() }).collect()
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
    fn every_disabled_link_is_enabled_again() {
        let fault = LinkDown { links: vec!["a->b".into(), "b->c".into()] };
        let stack = sample::stack();
        assert_eq!(fault.inject("f", &stack)[0], LeverCall::DisableLink { link: "a->b".into() });
        assert_eq!(fault.heal("f", &stack)[1], LeverCall::EnableLink { link: "b->c".into() });
        assert_eq!(fault.watches("f", &stack).len(), 2);
    }
}
