//! The reference stack as child processes on loopback.

use crate::reference::{Sink, count, plan};
use squall_model::fact::{Exit, Fact, ProbePath, ProbeSaw, ProbeTarget};
use squall_model::fault::{Fault, LinkLatency, LinkSilent, NodeFrozen, NodeKilled};
use squall_model::units::Micros;
use squall_run::{EngineKind, Options, Wish, play};
use std::path::Path;

fn options(folder: &Path) -> Options {
    Options {
        engine: EngineKind::Local,
        drill: 0,
        roles: squall_node::roles(),
        squall: env!("CARGO_BIN_EXE_squall-node").into(),
        images: Default::default(),
        folder: folder.to_owned(),
        progress: None,
        stop: Wish::none(),
    }
}

fn drill(faults: &[(Fault, u64, u64)], seconds: u64) -> Vec<Fact> {
    let folder = tempfile::tempdir().unwrap();
    let mut plan = plan(50.0, seconds, faults);
    plan.drain = Micros::from_secs(32);
    let sink = Sink::default();
    let played = play(&plan, options(folder.path()), Box::new(sink.clone())).unwrap();
    assert_eq!((played.interrupted, played.unhealed), (None, vec![]));
    assert!(!folder.path().join("children.jsonl").exists(), "children are left on the list");
    let facts = sink.facts();
    for fact in &facts {
        match fact {
            Fact::Lever(lever) => assert!(lever.read_back, "{lever:?}"),
            Fact::Exit(Exit { planned, .. }) => assert!(planned, "{fact:?}"),
            _ => {}
        }
    }
    facts
}

fn saw(facts: &[Fact], target: &ProbeTarget, path: ProbePath, from: u64, to: u64) -> Vec<ProbeSaw> {
    let probes = facts.iter().filter_map(|fact| match fact {
        Fact::Probe(probe) if probe.target == *target && probe.path == path => Some(probe),
        _ => None,
    });
    probes
        .filter(|p| p.sent >= Micros::from_secs(from) && p.at < Micros::from_secs(to))
        .map(|p| p.saw.clone())
        .collect()
}

#[test]
fn a_killed_queue_comes_back_with_everything_it_had() {
    let fault = NodeKilled { nodes: vec!["queue-1".into()], called: "queue-1".into() };
    let facts = drill(&[(fault.into(), 8, 14)], 22);
    let count = count(&facts);
    assert!(count.accepted > 900, "{count:?}");
    assert_eq!((count.lost, count.delivered), (0, count.accepted), "{count:?}");
    let target = ProbeTarget::Node("queue-1".into());
    let under = saw(&facts, &target, ProbePath::New, 9, 14);
    assert!(!under.is_empty() && under.iter().all(|saw| *saw == ProbeSaw::Refused), "{under:?}");
}

#[test]
fn a_frozen_gateway_and_a_slow_and_a_silent_link_are_seen_and_heal() {
    let frozen = NodeFrozen { nodes: vec!["gateway-2".into()] };
    let slow = LinkLatency {
        links: vec!["gateway-1->smartfren".into()],
        latency: Micros::from_millis(300),
        jitter: Micros::ZERO,
    };
    let silent = LinkSilent { links: vec!["edge->queue-1".into()] };
    let facts = drill(&[(frozen.into(), 8, 13), (slow.into(), 8, 13), (silent.into(), 16, 22)], 30);
    assert_eq!(count(&facts).lost, 0);
    let node = ProbeTarget::Node("gateway-2".into());
    let under = saw(&facts, &node, ProbePath::New, 9, 13);
    assert!(!under.is_empty() && under.iter().all(|saw| *saw == ProbeSaw::Silence), "{under:?}");
    let answered = |saw: &ProbeSaw| matches!(saw, ProbeSaw::Answer { .. });
    assert!(saw(&facts, &node, ProbePath::New, 14, 30).iter().all(answered));
    let link = ProbeTarget::Link("gateway-1->smartfren".into());
    let slow = |saw: &ProbeSaw| matches!(saw, ProbeSaw::Answer { rtt } if rtt.as_millis() >= 300);
    assert!(saw(&facts, &link, ProbePath::Existing, 9, 13).iter().all(slow));
    let link = ProbeTarget::Link("edge->queue-1".into());
    let under = saw(&facts, &link, ProbePath::New, 17, 22);
    assert!(!under.is_empty() && under.iter().all(|saw| *saw == ProbeSaw::Silence), "{under:?}");
    assert!(saw(&facts, &link, ProbePath::Control, 17, 22).iter().all(answered));
}
