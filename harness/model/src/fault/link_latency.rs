//! A link's round trip grows: one latency toxic downstream, so that the delay is added once.

use super::{FaultKind, Watch, add_toxic, remove_toxic};
use crate::lever::{LeverCall, Stream, Toxic};
use crate::stack::Stack;
use crate::units::Micros;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LinkLatency {
    /// Link ids, `from->to`.
    pub links: Vec<String>,
    pub latency: Micros,
    pub jitter: Micros,
}

impl FaultKind for LinkLatency {
    fn target(&self) -> String {
        self.links.join(", ")
    }

    fn label(&self) -> String {
        format!("+{} latency", self.latency)
    }

    fn inject(&self, id: &str, _stack: &Stack) -> Vec<LeverCall> {
        let toxic = Toxic {
            name: id.to_owned(),
            kind: "latency".into(),
            stream: Stream::Downstream,
            toxicity: 1.0,
            attributes: [
                ("latency".to_owned(), self.latency.as_millis() as i64),
                ("jitter".to_owned(), self.jitter.as_millis() as i64),
            ]
            .into(),
        };
        add_toxic(&self.links, &toxic)
    }

    fn heal(&self, id: &str, _stack: &Stack) -> Vec<LeverCall> {
        remove_toxic(&self.links, id)
    }

    fn watches(&self, _id: &str, _stack: &Stack) -> Vec<Watch> {
        self.links
            .iter()
            .map(|link| Watch::Slower {
                link: link.clone(),
                by: self.latency.saturating_sub(self.jitter),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::sample;

    #[test]
    fn the_delay_is_added_once_to_the_round_trip() {
        let fault = LinkLatency {
            links: vec!["a->b".into()],
            latency: Micros::from_millis(800),
            jitter: Micros::from_millis(200),
        };
        let stack = sample::stack();
        let calls = fault.inject("f", &stack);
        assert!(matches!(
            calls.as_slice(),
            [LeverCall::AddToxic { toxic, .. }]
                if toxic.stream == Stream::Downstream && toxic.attributes["latency"] == 800
        ));
        assert_eq!(
            fault.heal("f", &stack),
            [LeverCall::RemoveToxic { link: "a->b".into(), name: "f".into() }]
        );
        let by = Micros::from_millis(600);
        assert_eq!(fault.watches("f", &stack), [Watch::Slower { link: "a->b".into(), by }]);
    }
}
