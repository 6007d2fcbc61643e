//! The reference stack as a value, small traffic on it, and facts to look at.

use squall_model::fact::{Answer, CarrierEvent, Fact, ReceiptState};
use squall_model::fault::Fault;
use squall_model::plan::{Clock, Expected, Plan, PlannedFault, SCHEMA};
use squall_model::stack::{
    Carrier, CarrierProtocol, Ingress, Link, LinkProtocol, Node, Receipts, RunAs, Segment, Slo,
    Stack,
};
use squall_model::traffic::{Pool, RateFrom, Traffic};
use squall_model::units::{Micros, Span};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

pub fn stack() -> Stack {
    let node = |name: &str, role: &str, region: Option<&str>, ports: &[&str]| Node {
        name: name.into(),
        role: role.into(),
        region: region.map(Into::into),
        run: RunAs::BuiltIn(role.into()),
        ports: ports.iter().map(|port| (*port).to_owned()).collect(),
        settings: BTreeMap::new(),
    };
    let mut nodes = vec![node("edge", "edge", None, &["http", "status", "admin"])];
    for (n, region) in [(1, "singapore"), (2, "sydney")] {
        let gateway = ["direct", "callback", "admin"];
        nodes.push(node(&format!("queue-{n}"), "queue", Some(region), &["frames", "admin"]));
        nodes.push(node(&format!("gateway-{n}"), "gateway", Some(region), &gateway));
    }
    let segment = |name: &str, region: &str, share: f64, prefix: &str| Segment {
        name: name.into(),
        carrier: "smartfren".into(),
        region: region.into(),
        share,
        prefix: prefix.into(),
    };
    let segments = vec![
        segment("jakarta", "singapore", 0.3, "+62001"),
        segment("rest", "sydney", 0.7, "+62009"),
    ];
    let carrier = |name: &str, vendor: Option<&str>, protocol, subscribers| Carrier {
        name: name.into(),
        vendor: vendor.map(Into::into),
        protocol,
        subscribers,
        capacity: None,
        capacity_counts: Default::default(),
        receipt_delay: Micros::from_millis(200),
    };
    Stack {
        name: "reference".into(),
        summary: String::new(),
        slo: Slo {
            target: 0.999,
            deadline: Micros::from_secs(60),
            period: Micros::from_secs(30 * 86_400),
        },
        settings: [("backlog_rate", "200"), ("service_ms", "5"), ("store", "durable")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        timers: [("lease", 20_000), ("submit_timeout", 5_000), ("queue_ping", 500)]
            .map(|(key, ms)| (key.to_owned(), Micros::from_millis(ms)))
            .into(),
        regions: vec!["singapore".into(), "sydney".into()],
        nodes,
        links: links(),
        carriers: vec![
            carrier("smartfren", Some("vendor-a"), CarrierProtocol::Smpp, 36_000_000),
            carrier("vendor-b", None, CarrierProtocol::Twilio, 0),
        ],
        segments,
        ingress: Ingress { kind: "twilio".into(), node: "edge".into() },
        receipts: Receipts::Callback,
        profile: None,
        external: None,
    }
}

fn links() -> Vec<Link> {
    use LinkProtocol::{Frames, Http, Https, Smpp};
    let link = |from: &str, to: &str, port: &str, protocol| Link {
        from: from.into(),
        to: to.into(),
        port: port.into(),
        protocol,
        latency: Micros::ZERO,
    };
    let mut links =
        vec![link("sender", "edge", "http", Http), link("edge", "sender", "http", Http)];
    for n in [1, 2] {
        let (queue, gateway) = (&format!("queue-{n}"), &format!("gateway-{n}"));
        links.push(link("edge", queue, "frames", Frames));
        links.push(link("edge", gateway, "direct", Frames));
        links.push(link(gateway, queue, "frames", Frames));
        links.push(link(gateway, "smartfren", "smpp", Smpp));
        links.push(link(gateway, "vendor-b", "https", Https));
        links.push(link("vendor-b", gateway, "callback", Http));
        links.push(link(gateway, "edge", "status", Frames));
    }
    links
}

/// `per_second` messages for `seconds`, one of `faults` each with its window in seconds.
pub fn plan(per_second: f64, seconds: u64, faults: &[(Fault, u64, u64)]) -> Plan {
    let stack = stack();
    let planned = faults.iter().enumerate().map(|(index, (fault, start, end))| {
        let id = format!("fault-{index}");
        PlannedFault {
            inject: fault.inject(&id, &stack),
            heal: fault.heal(&id, &stack),
            watches: fault.watches(&id, &stack),
            fault: fault.clone(),
            window: Span { start: Micros::from_secs(*start), end: Micros::from_secs(*end) },
            text: fault.label(),
            line: index + 1,
        }
    });
    Plan {
        schema: SCHEMA.into(),
        feature: "test".into(),
        scenario: "test".into(),
        file: "test.feature".into(),
        line: 1,
        tags: Vec::new(),
        expected: Expected::Pass,
        clock: Clock { start_unix_us: 0, offset_seconds: 0, stated: false },
        seed: 42,
        traffic: Traffic {
            item: Default::default(),
            rates: vec![RateFrom { at: Micros::ZERO, per_second }],
            population: stack
                .segments
                .iter()
                .map(|segment| Pool {
                    segment: segment.clone(),
                    subscribers: (segment.share * 100_000.0) as u32,
                })
                .collect(),
            sampled: 1,
            validity: None,
        },
        warm_up: Micros::from_secs(5),
        end: Micros::from_secs(seconds),
        drain: Micros::from_secs(40),
        faults: planned.collect(),
        changes: Vec::new(),
        objectives: Vec::new(),
        guards: Vec::new(),
        cost_per_hour: None,
        about: Default::default(),
        stack,
    }
}

/// Keeps what is written to it.
#[derive(Clone, Default)]
pub struct Sink(pub Arc<Mutex<Vec<u8>>>);

impl Sink {
    pub fn facts(&self) -> Vec<Fact> {
        let bytes = self.0.lock().unwrap();
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A rough count of what happened, enough for tests of the run; judging is elsewhere.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub accepted: usize,
    pub refused: usize,
    pub indeterminate: usize,
    /// Accepted and at a handset.
    pub delivered: usize,
    /// Accepted, at no handset, and in no queue.
    pub lost: usize,
    pub twice: usize,
    pub receipts: usize,
}

pub fn count(facts: &[Fact]) -> Count {
    let (mut accepted, mut delivered) = (Vec::new(), BTreeMap::<u64, u32>::new());
    let (mut pending, mut receipts) = (Vec::new(), BTreeMap::<u64, u32>::new());
    let mut count = Count::default();
    for fact in facts {
        match fact {
            Fact::Submit(submit) => match submit.answer {
                Answer::Accepted => accepted.push(submit.m),
                Answer::Rejected(_) => count.refused += 1,
                Answer::Indeterminate(_) => count.indeterminate += 1,
            },
            Fact::Carrier(saw) if saw.what == CarrierEvent::Delivered => {
                *delivered.entry(saw.m.unwrap()).or_default() += 1;
            }
            Fact::Receipt(receipt) if receipt.state == ReceiptState::Delivered => {
                *receipts.entry(receipt.m).or_default() += 1;
            }
            Fact::Pending { m, .. } => pending.push(*m),
            _ => {}
        }
    }
    count.accepted = accepted.len();
    count.delivered = accepted.iter().filter(|m| delivered.contains_key(m)).count();
    count.lost =
        accepted.iter().filter(|m| !delivered.contains_key(m) && !pending.contains(m)).count();
    count.twice = delivered.values().filter(|n| **n > 1).count();
    count.receipts = receipts.len();
    count
}
