//! Measures the judge on ten million messages: `cargo run --release -p squall-model --example judge_ten_million`.
//! Prints seconds and peak resident memory; the aim is under 5 s and 2 GiB once decoded.

use squall_model::fact::{Answer, CarrierEvent, CarrierSaw, Fact, Receipt, ReceiptState, Submit};
use squall_model::objective::{latency_percentile::Latency, *};
use squall_model::plan::{PhaseName, Plan, PlannedObjective};
use squall_model::record::{Header, Record, SCHEMA};
use squall_model::units::Micros;
use std::time::Instant;

const MESSAGES: u64 = 10_000_000;

fn main() -> Result<(), serde_json::Error> {
    let plan = plan()?;
    let header = Header {
        schema: SCHEMA.into(),
        squall: "0".into(),
        engine: "sim".into(),
        plan_hash: String::new(),
        drill: 0,
    };
    let started = Instant::now();
    let mut builder = Record::builder(header, plan);
    for m in 0..MESSAGES {
        let due = Micros(m * 400);
        let at = due + Micros::from_millis(20);
        let sub = (m * 7_919 % 1_000_000) as u32;
        builder.push(Fact::Submit(Submit { at, m, due, sent: due, sub, answer: Answer::Accepted }));
        let slow = if m % 5_000 == 0 { 9_000 } else { 300 + m % 700 };
        let at = due + Micros::from_millis(slow);
        let (carrier, what) = ("carrier".into(), CarrierEvent::Delivered);
        builder.push(Fact::Carrier(CarrierSaw {
            at,
            m: Some(m),
            carrier,
            seq: m,
            what,
            via: None,
        }));
        let at = at + Micros::from_millis(100);
        builder.push(Fact::Receipt(Receipt { at, m, state: ReceiptState::Delivered }));
    }
    builder.push(Fact::PendingCount { at: Micros(0), node: "q".into(), count: 0 });
    let record = builder.finish();
    println!("built in {:.2} s", started.elapsed().as_secs_f64());
    let started = Instant::now();
    let judged = squall_model::judge::judge(&record);
    println!("judged in {:.2} s: {:?}", started.elapsed().as_secs_f64(), judged.verdict);
    for finding in &judged.findings {
        println!("  {:?} {}", finding.verdict, finding.reason);
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!(
        "{}",
        status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("no VmHWM here")
    );
    Ok(())
}

fn plan() -> Result<Plan, serde_json::Error> {
    let within = Micros::from_secs(5);
    let objectives: Vec<Objective> = vec![
        DeliveredWithin { at_least: 0.999, within }.into(),
        LatencyPercentile { of: Latency::Delivery, percentile: 99.0, under: within }.into(),
        NoLoss {}.into(),
        NoDuplicates {}.into(),
        NoFalseReceipts {}.into(),
        EveryOutcomeHasReceipt {}.into(),
        InOrder {}.into(),
        Attempts { at_most: 1.1 }.into(),
        BudgetSpent { at_most: 0.1, target: 0.999 }.into(),
    ];
    let objectives: Vec<PlannedObjective> = objectives
        .into_iter()
        .map(|objective| {
            let text = objective.kind().to_owned();
            PlannedObjective { objective, phase: PhaseName::Whole, text, line: 1 }
        })
        .collect();
    serde_json::from_value(serde_json::json!({
        "schema": "squall.plan/1", "feature": "", "scenario": "", "file": "", "line": 1, "tags": [],
        "expected": "pass", "seed": 1, "warm_up": 0, "end": MESSAGES * 400, "drain": 10_000_000,
        "stack": {
            "name": "s", "summary": "", "settings": {}, "timers": {}, "regions": ["r"], "nodes": [],
            "slo": {"target": 0.999, "deadline": 5_000_000, "period": 2_592_000_000_000u64},
            "links": [], "carriers": [], "segments": [],
            "ingress": {"kind": "twilio", "node": "edge"}, "receipts": "callback"
        },
        "clock": {"start_unix_us": 0, "offset_seconds": 0, "stated": false},
        "traffic": {
            "rates": [{"at": 0, "per_second": 2_500.0}], "sampled": 1, "validity": null,
            "population": [{"subscribers": 1_000_000, "segment": {
                "name": "all", "carrier": "carrier", "region": "r", "share": 1.0, "prefix": "+6200"
            }}]
        },
        "faults": [], "changes": [], "guards": [], "cost_per_hour": null,
        "objectives": objectives
    }))
}
