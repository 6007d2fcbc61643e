//! The two drills: nothing but a sender, its link and an ideal gateway.

use serde_json::json;
use squall_model::objective::Objective;
use squall_model::objective::latency_percentile::{Latency, LatencyPercentile};
use squall_model::plan::{PhaseName, Plan, PlannedObjective};
use squall_model::units::Micros;

const SECOND: u64 = 1_000_000;

/// A fifth of the messages is due while the server stalls, evenly over its second: half of those,
/// a tenth of all, wait for 500 ms and more, and a hundredth of all for 950 ms and more.
pub(super) const STALLED_MS: [f64; 2] = [500.0, 950.0];

/// `per_second` for `seconds`; with `receipts`, the gateway calls back for each.
pub(super) fn steady(per_second: u64, seconds: u64, receipts: bool) -> serde_json::Result<Plan> {
    let settings = json!({ "receipts": receipts.to_string() });
    plan(per_second, seconds, settings, Vec::new())
}

/// 2,000 a second for five seconds; from the second one on, the gateway takes requests for one
/// second without answering any.
pub(super) fn stalled() -> serde_json::Result<Plan> {
    let settings = json!({ "stall_after_ms": "2000", "stall_ms": "1000" });
    let objectives = [(90.0, STALLED_MS[0]), (99.0, STALLED_MS[1])].map(|(percentile, ms)| {
        let under = Micros::from_millis(ms as u64);
        LatencyPercentile { of: Latency::Accept, percentile, under }.into()
    });
    plan(2_000, 5, settings, objectives.into())
}

fn plan(
    per_second: u64,
    seconds: u64,
    settings: serde_json::Value,
    objectives: Vec<Objective>,
) -> serde_json::Result<Plan> {
    let planned = objectives.into_iter().map(|objective| PlannedObjective {
        text: objective.kind().to_owned(),
        objective,
        phase: PhaseName::Whole,
        line: 1,
    });
    let link = |from: &str, to: &str| json!({"from": from, "to": to, "port": "http", "protocol": "http", "latency": 0});
    serde_json::from_value(json!({
        "schema": "squall.plan/1", "feature": "", "scenario": "", "file": "", "line": 1, "tags": [],
        "expected": "pass", "seed": 1, "warm_up": 0, "end": seconds * SECOND, "drain": 5 * SECOND,
        "stack": {
            "name": "ideal", "summary": "", "settings": settings, "timers": {}, "regions": ["r"],
            "nodes": [{
                "name": "edge", "role": "edge", "region": "r", "run": {"built_in": super::sink::ROLE},
                "ports": ["http"], "settings": {}
            }],
            "slo": {"target": 0.999, "deadline": 5 * SECOND, "period": 2_592_000 * SECOND},
            "links": [link("sender", "edge"), link("edge", "sender")], "carriers": [], "segments": [],
            "ingress": {"kind": "twilio", "node": "edge"}, "receipts": "callback"
        },
        "clock": {"start_unix_us": 0, "offset_seconds": 0, "stated": false},
        "traffic": {
            "rates": [{"at": 0, "per_second": per_second as f64}], "sampled": 1, "validity": null,
            "population": [{"subscribers": 1_000_000, "segment": {
                "name": "all", "carrier": "carrier", "region": "r", "share": 1.0, "prefix": "+6200"
            }}]
        },
        "faults": [], "changes": [], "guards": [], "cost_per_hour": null,
        "objectives": planned.collect::<Vec<_>>()
    }))
}
