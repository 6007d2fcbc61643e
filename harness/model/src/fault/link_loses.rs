//! A link loses a share of its connections, existing and new, drawn by the proxy's seed.

use super::{FaultKind, Watch, add_toxic, remove_toxic};
use crate::lever::{LeverCall, Stream, Toxic};
use crate::stack::Stack;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LinkLoses {
    /// Link ids, `from->to`.
    pub links: Vec<String>,
    /// 0–1 of connections.
    pub share: f64,
}

impl FaultKind for LinkLoses {
    fn target(&self) -> String {
        self.links.join(", ")
    }

    fn label(&self) -> String {
        format!("loses {}% of connections", self.share * 100.0)
    }

    /// One direction only: toxicity is drawn once a connection and direction, and two draws would
    /// lose more than the share.
    fn inject(&self, id: &str, _stack: &Stack) -> Vec<LeverCall> {
        let toxic = Toxic {
            name: id.to_owned(),
            kind: "reset_peer".into(),
            stream: Stream::Upstream,
            toxicity: self.share,
            attributes: [("timeout".to_owned(), 0)].into(),
        };
        add_toxic(&self.links, &toxic)
    }

    fn heal(&self, id: &str, _stack: &Stack) -> Vec<LeverCall> {
        remove_toxic(&self.links, id)
    }

    fn watches(&self, _id: &str, _stack: &Stack) -> Vec<Watch> {
        self.links
            .iter()
            .map(|link| Watch::SomeLost { link: link.clone(), share: self.share })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::sample;

    #[test]
    fn the_share_is_drawn_once_a_connection() {
        let fault = LinkLoses { links: vec!["a->b".into()], share: 0.3 };
        let stack = sample::stack();
        let calls = fault.inject("f", &stack);
        assert!(matches!(
            calls.as_slice(),
            [LeverCall::AddToxic { toxic, .. }] if toxic.toxicity == 0.3
        ));
        assert_eq!(fault.heal("f", &stack).len(), 1);
    }
}
