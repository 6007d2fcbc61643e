//! The whole reference stack in the simulation.

use crate::reference::{Sink, count, plan};
use squall_model::fact::{Fact, ProbePath, ProbeSaw, ProbeTarget};
use squall_model::fault::{LinkLatency, NodeKilled};
use squall_model::plan::Plan;
use squall_model::units::Micros;
use squall_run::{EngineKind, Options, Played, Wish, play};
use std::process::Command;
use tokio::sync::watch;

fn options() -> Options {
    Options {
        engine: EngineKind::Sim,
        drill: 0,
        roles: squall_node::roles(),
        squall: Default::default(),
        images: Default::default(),
        folder: Default::default(),
        progress: None,
        stop: Wish::none(),
    }
}

fn simulate(plan: &Plan) -> (Played, Vec<Fact>) {
    let sink = Sink::default();
    let played = play(plan, options(), Box::new(sink.clone())).unwrap();
    let facts = sink.facts();
    assert_eq!(played.facts, facts.len() as u64);
    (played, facts)
}

fn phases(facts: &[Fact]) -> Vec<&str> {
    let phase = |fact: &'_ Fact| matches!(fact, Fact::Phase(_));
    facts
        .iter()
        .filter(|fact| phase(fact))
        .filter_map(|fact| match fact {
            Fact::Phase(phase) => Some(phase.name.as_str()),
            _ => None,
        })
        .collect()
}

#[test]
fn without_a_fault_nothing_is_lost_doubled_or_refused() {
    let (played, facts) = simulate(&plan(100.0, 60, &[]));
    assert_eq!(played.interrupted, None);
    let count = count(&facts);
    assert!(count.accepted > 5_000, "{count:?}");
    assert_eq!((count.refused, count.indeterminate, count.lost, count.twice), (0, 0, 0, 0));
    assert_eq!((count.delivered, count.receipts), (count.accepted, count.accepted));
    assert_eq!(
        phases(&facts),
        ["reset", "raise", "ready", "warm-up", "baseline", "drain", "collect", "lower"]
    );
}

fn queue_lost() -> Plan {
    let fault = NodeKilled { nodes: vec!["queue-1".into()], called: "queue-1".into() };
    plan(50.0, 90, &[(fault.into(), 20, 50)])
}

#[test]
fn a_killed_queue_is_seen_dead_and_alive_again_and_loses_nothing() {
    let (played, facts) = simulate(&queue_lost());
    assert_eq!((played.interrupted, played.unhealed), (None, vec![]));
    let count = count(&facts);
    assert_eq!((count.lost, count.delivered), (0, count.accepted), "{count:?}");
    let saw = |from: u64, to: u64| -> Vec<&ProbeSaw> {
        let target = ProbeTarget::Node("queue-1".into());
        facts
            .iter()
            .filter_map(|fact| match fact {
                Fact::Probe(p) if p.target == target && p.path == ProbePath::New => Some(p),
                _ => None,
            })
            .filter(|p| p.sent >= Micros::from_secs(from) && p.at < Micros::from_secs(to))
            .map(|p| &p.saw)
            .collect()
    };
    let answered = |saw: &&ProbeSaw| matches!(saw, ProbeSaw::Answer { .. });
    assert!(saw(0, 20).iter().all(answered) && !saw(0, 20).is_empty());
    assert!(saw(21, 50).iter().all(|saw| **saw == ProbeSaw::Refused), "{:?}", saw(21, 50));
    assert!(saw(55, 90).iter().all(answered) && !saw(55, 90).is_empty());
    assert_eq!(
        phases(&facts)[3..],
        [
            "warm-up",
            "baseline",
            "inject",
            "under fault",
            "heal",
            "recovery",
            "drain",
            "collect",
            "lower"
        ]
    );
}

#[test]
fn latency_on_a_link_is_read_back_seen_and_gone() {
    let fault = LinkLatency {
        links: vec!["gateway-1->smartfren".into()],
        latency: Micros::from_millis(800),
        jitter: Micros::ZERO,
    };
    let (_, facts) = simulate(&plan(20.0, 60, &[(fault.into(), 20, 40)]));
    let levers: Vec<_> = facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Lever(lever) => Some((lever.undo, lever.read_back, lever.error.clone())),
            _ => None,
        })
        .collect();
    assert_eq!(levers, [(false, true, None), (true, true, None)]);
    let rtts = |path, from: u64, to: u64| -> Vec<u64> {
        let inside = |p: &&squall_model::fact::Probe| {
            p.path == path
                && matches!(p.target, ProbeTarget::Link(_))
                && p.sent >= Micros::from_secs(from)
                && p.at < Micros::from_secs(to)
        };
        facts
            .iter()
            .filter_map(|fact| if let Fact::Probe(probe) = fact { Some(probe) } else { None })
            .filter(inside)
            .map(|p| match p.saw {
                ProbeSaw::Answer { rtt } => rtt.as_millis(),
                ref saw => panic!("{saw:?}"),
            })
            .collect()
    };
    for path in [ProbePath::New, ProbePath::Existing] {
        assert!(rtts(path, 0, 20).iter().all(|ms| *ms < 20));
        assert!(rtts(path, 21, 40).iter().all(|ms| (800..820).contains(ms)));
        assert!(rtts(path, 42, 60).iter().all(|ms| *ms < 20));
    }
    assert!(rtts(ProbePath::Control, 21, 40).iter().all(|ms| *ms < 20));
}

#[test]
fn a_stopped_drill_heals_collects_and_says_so() {
    let (stop, stopped) = watch::channel(Wish::GoOn);
    let (progress, seen) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let under_fault = |look: &squall_run::Progress| look.phase == "under fault";
        if seen.iter().any(|look| under_fault(&look)) {
            stop.send_replace(Wish::Stop);
        }
        // Kept until the drill's end: a closed channel is no interrupt.
        for _ in seen.iter() {}
    });
    let fault = NodeKilled { nodes: vec!["queue-1".into()], called: "queue-1".into() };
    let plan = plan(50.0, 7200, &[(fault.into(), 20, 7000)]);
    let sink = Sink::default();
    let options = Options { progress: Some(progress), stop: stopped, ..options() };
    let played = play(&plan, options, Box::new(sink.clone())).unwrap();
    assert_eq!(played.interrupted.as_deref(), Some("stopped by the user"));
    assert_eq!(played.unhealed, Vec::<String>::new());
    let facts = sink.facts();
    let undone = |fact: &Fact| matches!(fact, Fact::Lever(lever) if lever.undo && lever.read_back);
    assert!(facts.iter().any(undone));
    assert!(facts.iter().any(|fact| matches!(fact, Fact::Interrupted { .. })));
    assert_eq!(phases(&facts)[7..], ["heal", "recovery", "collect", "lower"]);
}

/// Names the file that a child process writes its facts to.
const FACTS_TO: &str = "SQUALL_TEST_FACTS_TO";

/// Not a test of its own: the child process of the next one.
#[test]
fn child_that_writes_facts() {
    if let Some(path) = std::env::var_os(FACTS_TO) {
        let file = std::fs::File::create(path).unwrap();
        play(&queue_lost(), options(), Box::new(file)).unwrap();
    }
}

#[test]
fn the_same_plan_gives_the_same_bytes_in_two_processes() {
    let folder = tempfile::tempdir().unwrap();
    let facts = |name: &str| {
        let path = folder.path().join(name);
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "simulated::child_that_writes_facts"])
            .env(FACTS_TO, &path)
            .output()
            .unwrap();
        assert!(status.status.success(), "{status:?}");
        std::fs::read(path).unwrap()
    };
    let (one, two) = (facts("one"), facts("two"));
    assert!(one.len() > 100_000, "{}", one.len());
    assert!(one == two, "the facts of two processes differ");
}
