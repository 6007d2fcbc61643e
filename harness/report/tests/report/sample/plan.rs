//! The plan of a sample, and the stack that it is played on.

use super::Sample;
use squall_model::about::{About, Harm, SettingAbout};
use squall_model::fault::{Fault, FaultKind, NodeKilled};
use squall_model::objective::recovers::RecoversFrom;
use squall_model::objective::*;
use squall_model::plan::*;
use squall_model::stack::*;
use squall_model::traffic::{Pool, RateFrom, Traffic};
use squall_model::units::Micros;

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
            item: Default::default(),
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
        about: about(),
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
        capacity_counts: Default::default(),
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
        profile: None,
        external: None,
    }
}

/// What the feature and the stack's file say in words.
fn about() -> About {
    let setting = |name: &str, default: &str, doc: &str, mends: Option<(Harm, &str)>| {
        let mends = mends.into_iter().map(|(harm, value)| (harm, value.to_owned())).collect();
        (name.to_owned(), SettingAbout { default: default.into(), doc: doc.into(), mends })
    };
    let outage = |value| Some((Harm::Outage, value));
    About {
        description: vec!["As reported, unverified: a made-up incident.".into()],
        settings: [
            setting("region_failover", "off", "who takes over", outage("on")),
            setting("routing", "priority", "one vendor or both", outage("priority")),
            setting("on_queue_loss", "hold", "hold or spill", outage("spill")),
            setting("store", "durable", "disk or memory", Some((Harm::Loss, "durable"))),
            setting("backlog_rate", "50", "a second", Some((Harm::SlowDrain, "higher"))),
        ]
        .into(),
        published: Vec::new(),
        repeat: None,
    }
}
