//! Each request that a node serves is reported in more requests to its telemetry than before. What
//! that does to the node is its own affair.

use super::{FaultKind, Watch};
use crate::lever::LeverCall;
use crate::stack::Stack;
use crate::units::Micros;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TelemetryRises {
    pub nodes: Vec<String>,
    /// Times the ordinary number, more than 1.
    pub times: f64,
}

impl TelemetryRises {
    /// The setting: telemetry requests for each that the stack would make by itself.
    pub const SETTING: &'static str = "telemetry_factor";
    /// A rate is taken over so long: a few requests more or less in a second are chance.
    pub const SEEN_OVER: Micros = Micros::from_secs(20);
    /// Under this name a node counts its telemetry requests in its health.
    pub const GAUGE: &'static str = "telemetry_requests";

    /// Nodes that send telemetry: those with a link to a node of the role `telemetry`.
    pub fn senders(stack: &Stack) -> Vec<String> {
        let is_sender = |name: &str| {
            stack.links_between(name, "telemetry").iter().any(|link| link.from == name)
        };
        let nodes = stack.nodes.iter().filter(|node| is_sender(&node.name));
        nodes.map(|node| node.name.clone()).collect()
    }

    /// What the setting of a node becomes.
    pub fn value(&self, stack: &Stack, node: &str) -> String {
        (usual(stack, node) * self.times).to_string()
    }

    fn set(&self, value: impl Fn(&str) -> String) -> Vec<LeverCall> {
        let call = |node: &String| LeverCall::SetNodeSetting {
            node: node.clone(),
            key: Self::SETTING.to_owned(),
            value: value(node),
        };
        self.nodes.iter().map(call).collect()
    }
}

/// What the stack says of a node.
fn usual(stack: &Stack, node: &str) -> f64 {
    let own = stack.node(node).and_then(|node| node.settings.get(TelemetryRises::SETTING));
    let usual = own.or_else(|| stack.settings.get(TelemetryRises::SETTING));
    usual.and_then(|value| value.parse().ok()).unwrap_or(1.0)
}

impl FaultKind for TelemetryRises {
    fn target(&self) -> String {
        format!("telemetry of {}", self.nodes.join(", "))
    }

    fn label(&self) -> String {
        format!("telemetry \u{d7}{}", self.times)
    }

    fn inject(&self, _id: &str, stack: &Stack) -> Vec<LeverCall> {
        self.set(|node| self.value(stack, node))
    }

    fn heal(&self, _id: &str, stack: &Stack) -> Vec<LeverCall> {
        self.set(|node| usual(stack, node).to_string())
    }

    fn watches(&self, _id: &str, _stack: &Stack) -> Vec<Watch> {
        let (nodes, gauge) = (self.nodes.clone(), Self::GAUGE.to_owned());
        vec![Watch::Faster { nodes, gauge, times: self.times }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::sample;

    #[test]
    fn the_factor_multiplies_what_the_stack_says_and_is_put_back() {
        let mut stack = sample::stack();
        stack.settings.insert(TelemetryRises::SETTING.into(), "2".into());
        let fault = TelemetryRises { nodes: vec!["a".into(), "b".into()], times: 5.0 };
        let values = |calls: Vec<LeverCall>| -> Vec<String> {
            let value = |call| match call {
                LeverCall::SetNodeSetting { value, .. } => Some(value),
                _ => None,
            };
            calls.into_iter().filter_map(value).collect()
        };
        assert_eq!(values(fault.inject("f", &stack)), ["10", "10"]);
        assert_eq!(values(fault.heal("f", &stack)), ["2", "2"]);
    }

    #[test]
    fn senders_are_those_linked_to_the_telemetry() {
        let mut stack = sample::stack();
        assert!(TelemetryRises::senders(&stack).is_empty());
        stack.nodes[1].role = "telemetry".into();
        assert_eq!(TelemetryRises::senders(&stack), ["a"]);
    }
}
