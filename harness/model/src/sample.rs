//! A small drill for tests: a stack of two regions and two carriers, a queue killed for a while, every
//! message accepted, delivered and receipted unless the test says otherwise.

use crate::fact::*;
use crate::fault::{Fault, FaultKind, NodeKilled};
use crate::judged::Judged;
use crate::objective::Objective;
use crate::plan::*;
use crate::record::{Header, Record, SCHEMA};
use crate::stack::*;
use crate::traffic::{Pool, RateFrom, Traffic};
use crate::units::{Micros, Span};
use std::collections::BTreeMap;

pub const A: &str = "carrier-a";
pub const B: &str = "carrier-b";

pub fn s(seconds: u64) -> Micros {
    Micros::from_secs(seconds)
}

fn node(name: &str, region: &str) -> Node {
    Node {
        name: name.into(),
        role: "queue".into(),
        region: Some(region.into()),
        run: RunAs::BuiltIn("queue".into()),
        ports: vec!["admin".into()],
        settings: Default::default(),
    }
}

fn carrier(name: &str, vendor: &str) -> Carrier {
    Carrier {
        name: name.into(),
        vendor: Some(vendor.into()),
        protocol: CarrierProtocol::Smpp,
        subscribers: 1_000_000,
        capacity: None,
        capacity_counts: Default::default(),
        receipt_delay: Micros::from_millis(100),
    }
}

fn segment(name: &str, region: &str, share: f64, prefix: &str) -> Segment {
    let (name, region) = (name.into(), region.into());
    Segment { name, carrier: A.into(), region, share, prefix: prefix.into() }
}

pub fn stack() -> Stack {
    Stack {
        name: "small".into(),
        summary: String::new(),
        slo: Slo { target: 0.999, deadline: s(5), period: s(30 * 86_400) },
        settings: Default::default(),
        timers: Default::default(),
        regions: vec!["north".into(), "south".into()],
        nodes: vec![node("queue-1", "north"), node("queue-2", "south")],
        links: Vec::new(),
        carriers: vec![carrier(A, "vendor-a"), carrier(B, "vendor-b")],
        segments: Vec::new(),
        ingress: Ingress { kind: "twilio".into(), node: "queue-1".into() },
        receipts: Receipts::Callback,
        profile: None,
        external: None,
    }
}

/// 100 messages a second for 300 s after 10 s of warm-up; `queue-1` killed from 60 s to 120 s.
pub fn plan(objectives: Vec<Objective>) -> Plan {
    let stack = stack();
    let fault = NodeKilled { nodes: vec!["queue-1".into()], called: "queue-1".into() };
    let planned = PlannedFault {
        window: Span { start: s(60), end: s(120) },
        text: "node \"queue-1\" is killed".into(),
        line: 1,
        inject: fault.inject("f0", &stack),
        heal: fault.heal("f0", &stack),
        watches: fault.watches("f0", &stack),
        fault: Fault::from(fault),
    };
    let pool = |name, region, subscribers, prefix| Pool {
        segment: segment(name, region, 0.5, prefix),
        subscribers,
    };
    Plan {
        schema: crate::plan::SCHEMA.into(),
        feature: "f".into(),
        scenario: "s".into(),
        file: "f.feature".into(),
        line: 1,
        tags: Vec::new(),
        expected: Expected::Pass,
        stack,
        clock: Clock { start_unix_us: 0, offset_seconds: 0, stated: false },
        seed: 1,
        traffic: Traffic {
            item: Default::default(),
            rates: vec![RateFrom { at: Micros::ZERO, per_second: 100.0 }],
            population: vec![
                pool("n", "north", 3_000, "+62001"),
                pool("s", "south", 7_000, "+62002"),
            ],
            sampled: 1,
            validity: None,
        },
        warm_up: s(10),
        end: s(300),
        drain: s(30),
        faults: vec![planned],
        changes: Vec::new(),
        objectives: objectives
            .into_iter()
            .map(|objective| PlannedObjective {
                objective,
                phase: PhaseName::Whole,
                text: "it holds".into(),
                line: 2,
            })
            .collect(),
        guards: Vec::new(),
        cost_per_hour: Some(3_600),
        about: Default::default(),
    }
}

/// What becomes of one message; all delays count from its due instant.
#[derive(Clone, Debug)]
pub struct Fate {
    pub answer: Answer,
    pub deliveries: Vec<(Micros, &'static str)>,
    /// The node that brought it to the carrier, where the carrier tells.
    pub via: Option<&'static str>,
    pub receipt: Option<(Micros, ReceiptState)>,
}

impl Fate {
    pub fn good() -> Fate {
        Fate {
            answer: Answer::Accepted,
            deliveries: vec![(Micros::from_millis(500), A)],
            via: None,
            receipt: Some((s(1), ReceiptState::Delivered)),
        }
    }

    pub fn by(carrier: &'static str) -> Fate {
        Fate { deliveries: vec![(Micros::from_millis(500), carrier)], ..Fate::good() }
    }

    pub fn via(self, node: &'static str) -> Fate {
        Fate { via: Some(node), ..self }
    }

    pub fn after(delay: Micros) -> Fate {
        let receipt = Some((delay + s(1), ReceiptState::Delivered));
        Fate { deliveries: vec![(delay, A)], receipt, ..Fate::good() }
    }

    pub fn gone() -> Fate {
        Fate { deliveries: Vec::new(), receipt: None, ..Fate::good() }
    }

    pub fn refused() -> Fate {
        Fate { answer: Answer::Rejected("503".into()), ..Fate::gone() }
    }
}

/// The facts of a drill in which message number `m`, due at that second, meets `fate`.
pub fn facts(plan: &Plan, fate: impl Fn(u64, u64) -> Fate) -> Vec<Fact> {
    let mut facts = probes(plan);
    let mut logs: BTreeMap<&str, u64> = BTreeMap::new();
    let mut sent = 0;
    for arrival in plan.traffic.arrivals(plan.seed, plan.end) {
        sent += 1;
        let (m, due) = (arrival.m, arrival.due);
        let fate = fate(m, due.0 / 1_000_000);
        let at = due + Micros::from_millis(10);
        let sub = arrival.subscriber;
        facts.push(Fact::Submit(Submit { at, m, due, sent: due, sub, answer: fate.answer }));
        for (delay, carrier) in fate.deliveries {
            let line = logs.entry(carrier).or_default();
            facts.push(Fact::Carrier(CarrierSaw {
                at: due + delay,
                m: Some(m),
                carrier: carrier.into(),
                seq: *line,
                what: CarrierEvent::Delivered,
                via: fate.via.map(str::to_owned),
            }));
            *line += 1;
        }
        if let Some((delay, state)) = fate.receipt {
            facts.push(Fact::Receipt(Receipt { at: due + delay, m, state }));
        }
    }
    let count = |node: &str| Fact::PendingCount { at: plan.end, node: node.into(), count: 0 };
    facts.extend([count("queue-1"), count("queue-2")]);
    let (at, lag) = (plan.end, Micros::ZERO);
    facts.push(Fact::Load(Load { at, scheduled: sent, sent, lag_p99: lag, lag_max: lag }));
    facts
}

/// What is left of the facts where the drill is stopped at `at`: its faults are healed there.
pub fn stop(facts: &mut Vec<Fact>, at: Micros) {
    facts.retain_mut(|fact| match fact {
        Fact::Submit(submit) => submit.due < at,
        Fact::Carrier(saw) => saw.at < at,
        Fact::Receipt(receipt) => receipt.at < at,
        Fact::Probe(probe) => probe.at < at,
        Fact::Lever(lever) => {
            lever.at = lever.at.min(at + Micros::from_millis(20));
            true
        }
        _ => false,
    });
    facts.push(Fact::Interrupted { at, reason: "a guard".into() });
}

/// Lever calls that read back, and probes each second that saw the kill.
pub fn probes(plan: &Plan) -> Vec<Fact> {
    let mut facts = Vec::new();
    for (index, planned) in plan.faults.iter().enumerate() {
        let Span { start, end } = planned.window;
        for (undo, at, calls) in [(false, start, &planned.inject), (true, end, &planned.heal)] {
            facts.extend(calls.iter().map(|call| {
                Fact::Lever(LeverResult {
                    at: at + Micros::from_millis(20),
                    fault: Some(index),
                    undo,
                    call: call.clone(),
                    error: None,
                    read_back: true,
                })
            }));
        }
    }
    for second in 1..plan.end.0 / 1_000_000 {
        let sent = s(second) + Micros::from_millis(500);
        let down = plan.faults.iter().any(|planned| planned.window.contains(sent));
        let rtt = Micros::from_millis(1);
        let mut probe = |node: &str, path, saw| {
            let target = ProbeTarget::Node(node.into());
            facts.push(Fact::Probe(Probe { at: sent + rtt, sent, target, path, saw }));
        };
        let answer = ProbeSaw::Answer { rtt };
        probe("queue-2", ProbePath::New, answer.clone());
        let saw = if down { ProbeSaw::Refused } else { answer.clone() };
        probe("queue-1", ProbePath::New, saw);
        probe("queue-1", ProbePath::Existing, if down { ProbeSaw::Closed } else { answer });
    }
    facts
}

pub fn record(plan: Plan, facts: Vec<Fact>) -> Record {
    let header = Header {
        schema: SCHEMA.into(),
        squall: "0".into(),
        engine: "sim".into(),
        plan_hash: String::new(),
        drill: 0,
    };
    let mut builder = Record::builder(header, plan);
    builder.extend(facts);
    builder.finish()
}

/// Plays one objective over the small drill and judges it.
pub fn judged(objective: impl Into<Objective>, fate: impl Fn(u64, u64) -> Fate) -> Judged {
    let plan = plan(vec![objective.into()]);
    let facts = facts(&plan, fate);
    crate::judge::judge(&record(plan, facts))
}

/// As [`judged`], with the plan and the facts changed first.
pub fn changed(
    objective: impl Into<Objective>,
    fate: impl Fn(u64, u64) -> Fate,
    change: impl FnOnce(&mut Plan),
    more: impl FnOnce(&mut Vec<Fact>),
) -> Judged {
    let mut plan = plan(vec![objective.into()]);
    change(&mut plan);
    let mut facts = facts(&plan, fate);
    more(&mut facts);
    crate::judge::judge(&record(plan, facts))
}
