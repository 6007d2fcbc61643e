//! The facts of a sample, as the recorder would have written them.

use super::Sample;
use squall_model::fact::*;
use squall_model::plan::Plan;
use squall_model::units::Micros;

/// Every fact, as the recorder would have written it.
pub fn facts(sample: &Sample, plan: &Plan) -> Vec<Fact> {
    let mut facts = around(sample, plan);
    let healed = sample.fault.map_or(Micros::ZERO, |span| span.end + Micros::from_millis(4_200));
    let (mut backlog, mut line) = (0u64, 0u64);
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
            seq: line,
            what: CarrierEvent::Delivered,
            via: Some(via.into()),
        }));
        line += 1;
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
                gauges: Default::default(),
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
