//! A link carries at most so much in each direction: a bandwidth toxic on both streams.

use super::{FaultKind, Watch, add_both_ways, remove_both_ways};
use crate::lever::LeverCall;
use crate::stack::{LinkProtocol, Stack};
use crate::units::Micros;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LinkBandwidth {
    /// Link ids, `from->to`.
    pub links: Vec<String>,
    /// Thousand bytes a second, each direction, each connection.
    pub kilobytes_per_second: u64,
}

impl LinkBandwidth {
    /// Fewest bytes a probe of this protocol sends and gets back, headers of HTTP included.
    const fn probe_bytes(protocol: LinkProtocol) -> u64 {
        match protocol {
            LinkProtocol::Http => 100,
            // On a connection that stands: two records of TLS 1.3 with 22 octets around each.
            LinkProtocol::Https => 144,
            LinkProtocol::Smpp => 32,
            // The shortest OPTIONS that RFC 3261 allows.
            LinkProtocol::Sip => 200,
            LinkProtocol::Frames => 8,
            // On connections that stand: Channel.Open and Close with their answers; PING and PONG.
            LinkProtocol::Amqp => 60,
            LinkProtocol::Nats => 12,
            LinkProtocol::Redis => 21,
        }
    }
}

impl FaultKind for LinkBandwidth {
    fn target(&self) -> String {
        self.links.join(", ")
    }

    fn label(&self) -> String {
        format!("{} kB/s", self.kilobytes_per_second)
    }

    fn inject(&self, id: &str, _stack: &Stack) -> Vec<LeverCall> {
        let rate = i64::try_from(self.kilobytes_per_second).unwrap_or(i64::MAX);
        add_both_ways(&self.links, id, "bandwidth", &[("rate", rate)])
    }

    fn heal(&self, id: &str, _stack: &Stack) -> Vec<LeverCall> {
        remove_both_ways(&self.links, id)
    }

    /// A probe grows by the time its own bytes take, which only a tight limit makes visible.
    fn watches(&self, _id: &str, stack: &Stack) -> Vec<Watch> {
        stack
            .links
            .iter()
            .filter(|link| self.links.contains(&link.id()))
            .map(|link| Watch::Slower {
                link: link.id(),
                by: Micros(
                    Self::probe_bytes(link.protocol) * 1000 / self.kilobytes_per_second.max(1),
                ),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::sample;

    #[test]
    fn both_directions_are_limited_and_freed() {
        let fault = LinkBandwidth { links: vec!["sender->a".into()], kilobytes_per_second: 20 };
        let stack = sample::stack();
        let calls = serde_json::to_value(fault.inject("f", &stack)).expect("calls are data");
        assert_eq!(calls[0]["toxic"]["stream"], "upstream");
        assert_eq!(calls[1]["toxic"]["stream"], "downstream");
        assert_eq!(calls[1]["toxic"]["attributes"]["rate"], 20);
        assert_eq!(fault.heal("f", &stack).len(), 2);
        assert_eq!(
            fault.watches("f", &stack),
            [Watch::Slower { link: "sender->a".into(), by: Micros::from_millis(5) }]
        );
    }
}
