//! A buffer of a node holds only so much: what comes when it is full meets the node's own way of
//! dealing with that.

use super::{FaultKind, Watch};
use crate::lever::LeverCall;
use crate::stack::Stack;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BufferLimited {
    pub nodes: Vec<String>,
    /// The buffer's name; its size is the setting `<name>_buffer`.
    pub buffer: String,
    pub events: u64,
}

impl BufferLimited {
    /// The setting that sizes a buffer of this name.
    pub fn setting(buffer: &str) -> String {
        format!("{buffer}_buffer")
    }

    fn set(&self, value: impl Fn(&str) -> String) -> Vec<LeverCall> {
        let call = |node: &String| LeverCall::SetNodeSetting {
            node: node.clone(),
            key: BufferLimited::setting(&self.buffer),
            value: value(node),
        };
        self.nodes.iter().map(call).collect()
    }
}

impl FaultKind for BufferLimited {
    fn target(&self) -> String {
        format!("{} of {}", self.buffer, self.nodes.join(", "))
    }

    fn label(&self) -> String {
        format!("{} holds {}", self.buffer, self.events)
    }

    fn inject(&self, _id: &str, _stack: &Stack) -> Vec<LeverCall> {
        self.set(|_| self.events.to_string())
    }

    /// Back to what the stack says; 0 is no limit.
    fn heal(&self, _id: &str, stack: &Stack) -> Vec<LeverCall> {
        let key = BufferLimited::setting(&self.buffer);
        self.set(|node| {
            let own = stack.node(node).and_then(|node| node.settings.get(&key));
            own.or_else(|| stack.settings.get(&key)).cloned().unwrap_or_else(|| "0".to_owned())
        })
    }

    fn watches(&self, _id: &str, _stack: &Stack) -> Vec<Watch> {
        let buffer = BufferLimited::setting(&self.buffer);
        vec![Watch::Full { nodes: self.nodes.clone(), buffer, events: self.events }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::sample;

    #[test]
    fn the_limit_is_set_and_put_back_to_what_the_stack_says() {
        let (nodes, buffer) = (vec!["a".into(), "b".into()], "queue".into());
        let fault = BufferLimited { nodes, buffer, events: 100 };
        let mut stack = sample::stack();
        stack.settings.insert("queue_buffer".into(), "5000".into());
        stack.nodes[1].settings.insert("queue_buffer".into(), "7000".into());
        let values = |calls: Vec<LeverCall>| -> Vec<(String, String)> {
            let set = calls.into_iter().filter_map(|call| match call {
                LeverCall::SetNodeSetting { node, key, value } if key == "queue_buffer" => {
                    Some((node, value))
                }
                _ => None,
            });
            set.collect()
        };
        let pair = |node: &str, value: &str| (node.to_owned(), value.to_owned());
        assert_eq!(values(fault.inject("f", &stack)), [pair("a", "100"), pair("b", "100")]);
        assert_eq!(values(fault.heal("f", &stack)), [pair("a", "5000"), pair("b", "7000")]);
    }
}
