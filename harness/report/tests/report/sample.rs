//! Made-up records that look like real ones: for tests and for looking at the page, nowhere else.
//!
//! The scenario names say that the data is a sample. A queue is lost; its region's messages wait (or
//! are refused, or vanish) and are delivered after the heal at a stated rate.

use squall_model::fact::*;
use squall_model::fault::{Fault, FaultKind, NodeKilled};
use squall_model::judged::Judged;
use squall_model::objective::recovers::RecoversFrom;
use squall_model::objective::*;
use squall_model::plan::*;
use squall_model::record::{Header, Record, SCHEMA};
use squall_model::stack::*;
use squall_model::traffic::{Pool, RateFrom, Traffic};
use squall_model::units::{Micros, Span};

/// What differs between samples.
#[derive(Clone)]
pub struct Sample {
    pub scenario: &'static str,
    pub clock: Clock,
    pub end: Micros,
    pub fault: Option<Span>,
    pub per_second: f64,
    pub subscribers: u32,
    pub sampled: u64,
    pub failover: bool,
    pub lose_one_in: u64,
    pub refuse: Option<Span>,
    pub expected: Expected,
}

/// 9 hours and a half with seven hours of loss, as long as the incident that drills replay.
pub fn long() -> Sample {
    let at = |minutes: u64| Micros::from_secs(minutes * 60);
    Sample {
        scenario: "Sample data: the queue of one region is lost for seven hours",
        clock: Clock { start_unix_us: 1_768_001_400_000_000, offset_seconds: 25_200, stated: true },
        end: at(570),
        fault: Some(Span { start: at(30), end: at(450) }),
        per_second: 11.574,
        subscribers: 360_000,
        sampled: 100,
        failover: false,
        lose_one_in: 900,
        refuse: Some(Span { start: at(200), end: at(260) }),
        expected: Expected::Pass,
    }
}

/// The same with another region that takes over.
#[allow(dead_code)] // looked at, by the example
pub fn with_failover() -> Sample {
    Sample {
        scenario: "Sample data: another region takes over",
        failover: true,
        lose_one_in: 0,
        refuse: None,
        ..long()
    }
}

/// Three minutes, small enough to be looked at line by line.
pub fn short() -> Sample {
    Sample {
        scenario: "Sample data: the queue is lost for a minute",
        clock: Clock { start_unix_us: 0, offset_seconds: 0, stated: false },
        end: Micros::from_secs(180),
        fault: Some(Span { start: Micros::from_secs(60), end: Micros::from_secs(120) }),
        per_second: 20.0,
        subscribers: 2_000,
        sampled: 1,
        failover: false,
        lose_one_in: 100,
        refuse: None,
        expected: Expected::Pass,
    }
}

/// No fault at all.
pub fn calm() -> Sample {
    Sample { scenario: "Sample data: nothing happens", fault: None, lose_one_in: 0, ..short() }
}

pub fn judged(sample: &Sample) -> (Judged, Record) {
    let record = record(sample);
    (squall_model::judge::judge(&record), record)
}

pub fn header(drill: usize) -> Header {
    Header {
        schema: SCHEMA.into(),
        squall: "0.1.0".into(),
        engine: "sim".into(),
        plan_hash: "5d02a1c4b81c".into(),
        drill,
    }
}

pub fn record(sample: &Sample) -> Record {
    let plan = plan(sample);
    let mut record = Record::builder(header(0), plan.clone());
    facts(sample, &plan).into_iter().for_each(|fact| record.push(fact));
    record.finish()
}

/// Every fact, as the recorder would have written it.
pub fn facts(sample: &Sample, plan: &Plan) -> Vec<Fact> {
    let mut facts = around(sample, plan);
    let healed = sample.fault.map_or(Micros::ZERO, |span| span.end + Micros::from_millis(4_200));
    let mut backlog = 0u64;
    for arrival in plan.traffic.arrivals(plan.seed, plan.end) {
        let m = arrival.m;
        let home = plan.traffic.segment(arrival.subscriber).map(|s| s.region.as_str());
        let hit =
            home == Some("singapore") && sample.fault.is_some_and(|f| f.contains(arrival.due));
        let out = hit && !(sample.failover && after(sample, arrival.due, 40));
        let accept = Micros::from_millis(4 + noise(m, 1) % 9);
        let refused = out && sample.refuse.is_some_and(|span| span.contains(arrival.due));
        let answer = if refused { Answer::Rejected("30001".into()) } else { Answer::Accepted };
        let at = arrival.due + accept;
        facts.push(Fact::Submit(Submit {
            at,
            m,
            due: arrival.due,
            sent: arrival.due,
            sub: arrival.subscriber,
            answer,
        }));
        if refused
            || (out && sample.lose_one_in > 0 && noise(m, 2).is_multiple_of(sample.lose_one_in))
        {
            continue;
        }
        let usual = 320
            + noise(m, 3) % 400
            + if noise(m, 4).is_multiple_of(50) { noise(m, 5) % 3_000 } else { 0 };
        let delivered = if out {
            backlog += 1;
            // Worked off at so many a second after the heal.
            let rate = if sample.failover { 200 } else { 40 };
            let start = if sample.failover {
                sample.fault.map_or(at, |f| f.start + Micros::from_secs(41))
            } else {
                healed
            };
            start + Micros(backlog * 1_000_000 / rate) + Micros::from_millis(usual)
        } else {
            arrival.due + Micros::from_millis(usual)
        };
        let carrier = "smartfren".to_owned();
        let own = home == Some("singapore") && !(hit && sample.failover);
        let via = if own { "gateway-1" } else { "gateway-2" };
        facts.push(Fact::Carrier(CarrierSaw {
            at: delivered,
            m: Some(m),
            carrier,
            seq: m,
            what: CarrierEvent::Delivered,
            via: Some(via.into()),
        }));
        let at = delivered + Micros::from_millis(900 + noise(m, 6) % 300);
        facts.push(Fact::Receipt(Receipt { at, m, state: ReceiptState::Delivered }));
    }
    facts
}

fn after(sample: &Sample, at: Micros, seconds: u64) -> bool {
    sample.fault.is_some_and(|fault| at >= fault.start + Micros::from_secs(seconds))
}

/// Phases, levers, probes, health and load.
fn around(sample: &Sample, plan: &Plan) -> Vec<Fact> {
    let mut facts = vec![phase("warm-up", Micros::ZERO), phase("baseline", plan.warm_up)];
    let step = if plan.end > Micros::from_secs(600) { 10 } else { 1 };
    let up = |at: Micros| !sample.fault.is_some_and(|f| f.contains(at));
    for s in (0..(plan.end + plan.drain).0 / 1_000_000).step_by(step) {
        let sent = Micros::from_secs(s) + Micros::from_millis(1);
        let target = ProbeTarget::Node("queue-1".into());
        for path in [ProbePath::New, ProbePath::Existing] {
            let saw = match (up(sent), path) {
                (true, _) => ProbeSaw::Answer { rtt: Micros(800) },
                (false, ProbePath::New) => ProbeSaw::Refused,
                (false, _) => ProbeSaw::Closed,
            };
            facts.push(Fact::Probe(Probe {
                at: sent + Micros(800),
                sent,
                target: target.clone(),
                path,
                saw,
            }));
        }
        let control = ProbeTarget::Node("queue-2".into());
        let saw = ProbeSaw::Answer { rtt: Micros(700) };
        facts.push(Fact::Probe(Probe {
            at: sent + Micros(700),
            sent,
            target: control,
            path: ProbePath::Control,
            saw,
        }));
        for (node, lost) in [("queue-1", true), ("queue-2", false), ("edge", false)] {
            let healthy = (!lost || up(sent)).then_some(true);
            let waits = if node == "edge" { waiting(sample, plan, sent) } else { noise(s, 9) % 3 };
            facts.push(Fact::Health(Health {
                at: sent + Micros(900),
                node: node.into(),
                healthy,
                backlog: waits,
                oldest: Micros::ZERO,
            }));
        }
    }
    for planned in &plan.faults {
        for (at, undo, call) in [
            (planned.window.start, false, &planned.inject[0]),
            (planned.window.end, true, &planned.heal[0]),
        ] {
            facts.push(Fact::Lever(LeverResult {
                at,
                fault: Some(0),
                undo,
                call: call.clone(),
                error: None,
                read_back: true,
            }));
        }
        facts.push(phase("under fault", planned.window.start));
        facts.push(phase("recovery", planned.window.end));
    }
    facts.push(phase("drain", plan.end));
    let scheduled = plan.traffic.arrivals(plan.seed, plan.end).count() as u64;
    facts.push(Fact::Load(Load {
        at: plan.end,
        scheduled,
        sent: scheduled,
        lag_p99: Micros(0),
        lag_max: Micros(0),
    }));
    let at = plan.end + plan.drain;
    for node in ["edge", "queue-1", "queue-2", "gateway-1", "gateway-2"] {
        facts.push(Fact::PendingCount { at, node: node.into(), count: 0 });
    }
    facts
}

fn waiting(sample: &Sample, plan: &Plan, at: Micros) -> u64 {
    let Some(fault) = sample.fault.filter(|f| at >= f.start && !sample.failover) else { return 0 };
    let rate = plan.traffic.rates[0].per_second * 0.3;
    let grown = (at.min(fault.end) - fault.start).as_secs_f64() * rate;
    let worked = (at - fault.end).as_secs_f64() * (40.0 - rate);
    (grown - worked).max(0.0) as u64
}

fn phase(name: &str, at: Micros) -> Fact {
    Fact::Phase(Phase { at, name: name.into() })
}

fn noise(m: u64, salt: u64) -> u64 {
    let z =
        (m ^ (salt << 56)).wrapping_add(0x9E37_79B9_7F4A_7C15).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (z ^ (z >> 29)).wrapping_mul(0x94D0_49BB_1331_11EB) >> 33
}

pub fn plan(sample: &Sample) -> Plan {
    let stack = stack(sample);
    let segments = stack.segments.clone();
    let pool = |segment: &Segment| Pool {
        segment: segment.clone(),
        subscribers: (f64::from(sample.subscribers) * segment.share) as u32,
    };
    let fault = NodeKilled { nodes: vec!["queue-1".into()], called: "queue-1 (singapore)".into() };
    let faults = sample.fault.map(|window| PlannedFault {
        inject: fault.inject("fault-0", &stack),
        heal: fault.heal("fault-0", &stack),
        watches: fault.watches("fault-0", &stack),
        fault: Fault::NodeKilled(fault.clone()),
        window,
        text: "the queue in region \"singapore\" is lost".into(),
        line: 12,
    });
    Plan {
        schema: squall_model::plan::SCHEMA.into(),
        feature: "Regional queue loss".into(),
        scenario: sample.scenario.into(),
        file: "features/incidents/queue-loss.feature".into(),
        line: 7,
        tags: Vec::new(),
        expected: sample.expected,
        clock: sample.clock,
        seed: 42,
        traffic: Traffic {
            rates: vec![RateFrom { at: Micros::ZERO, per_second: sample.per_second }],
            population: segments.iter().map(pool).collect(),
            sampled: sample.sampled,
            validity: None,
        },
        warm_up: Micros(sample.end.0 / 60),
        end: sample.end,
        drain: Micros::from_secs(130),
        faults: faults.into_iter().collect(),
        changes: Vec::new(),
        objectives: objectives(sample),
        guards: Vec::new(),
        cost_per_hour: Some(350_000),
        stack,
    }
}

fn objectives(sample: &Sample) -> Vec<PlannedObjective> {
    let minute = Micros::from_secs(60);
    let mut line = 13;
    let mut say = |text: &str, objective: Objective| {
        line += 1;
        PlannedObjective { objective, phase: PhaseName::Whole, text: text.into(), line }
    };
    let share = DeliveredWithin { at_least: 0.99, within: minute };
    let mut all = vec![
        say("at least 99% of messages are delivered within 1 minute", share.into()),
        say("no accepted message is lost", NoLoss {}.into()),
        say("no message is delivered more than once", NoDuplicates {}.into()),
    ];
    if sample.fault.is_some() {
        let affected = SubscribersAffected { carrier: "smartfren".into(), low: 0.28, high: 0.32 };
        all.push(say(
            "between 28% and 32% of subscribers of \"smartfren\" are affected",
            affected.into(),
        ));
        all.push(say(
            "the outage is detected within 5 minutes",
            Detected { within: Micros::from_secs(300) }.into(),
        ));
        all.push(say(
            "delivery recovers within 2 hours",
            Recovers { within: Micros::from_secs(7_200), from: RecoversFrom::LastHeal }.into(),
        ));
        all.push(say(
            "the backlog drains within 3 hours",
            BacklogDrains { within: Micros::from_secs(10_800) }.into(),
        ));
        let over = FailsOver { to: "sydney".into(), within: Micros::from_secs(120) };
        all.push(say("traffic fails over to \"sydney\" within 2 minutes", over.into()));
    }
    all
}

fn stack(sample: &Sample) -> Stack {
    let node = |name: &str, role: &str, region: Option<&str>| Node {
        name: name.into(),
        role: role.into(),
        region: region.map(str::to_owned),
        run: RunAs::BuiltIn(role.into()),
        ports: vec!["admin".into()],
        settings: Default::default(),
    };
    let segment = |name: &str, region: &str, share: f64, prefix: &str| Segment {
        name: name.into(),
        carrier: "smartfren".into(),
        region: region.into(),
        share,
        prefix: prefix.into(),
    };
    let carrier = |name: &str, vendor: Option<&str>, protocol, subscribers| Carrier {
        name: name.into(),
        vendor: vendor.map(str::to_owned),
        protocol,
        subscribers,
        capacity: None,
        receipt_delay: Micros::from_secs(1),
    };
    let settings = [
        ("region_failover", if sample.failover { "on" } else { "off" }),
        ("routing", "primary-only"),
        ("on_queue_loss", "hold"),
        ("store", "durable"),
        ("backlog_rate", "40"),
    ];
    Stack {
        name: "reference".into(),
        summary: "Two regions, two vendors, one carrier".into(),
        slo: Slo {
            target: 0.999,
            deadline: Micros::from_secs(60),
            period: Micros::from_secs(30 * 86_400),
        },
        settings: settings.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
        timers: [("retry".to_owned(), Micros::from_secs(120))].into(),
        regions: vec!["singapore".into(), "sydney".into()],
        nodes: vec![
            node("edge", "edge", None),
            node("gateway-1", "gateway", Some("singapore")),
            node("queue-1", "queue", Some("singapore")),
            node("gateway-2", "gateway", Some("sydney")),
            node("queue-2", "queue", Some("sydney")),
        ],
        links: Vec::new(),
        carriers: vec![
            carrier("smartfren", Some("vendor-a"), CarrierProtocol::Smpp, 36_000_000),
            carrier("vendor-b", None, CarrierProtocol::Twilio, 0),
        ],
        segments: vec![
            segment("jakarta", "singapore", 0.12, "+6200"),
            segment("west-java", "singapore", 0.10, "+6201"),
            segment("east-java", "singapore", 0.08, "+6202"),
            segment("rest", "sydney", 0.70, "+6203"),
        ],
        ingress: Ingress { kind: "twilio".into(), node: "edge".into() },
        receipts: Receipts::Callback,
    }
}
