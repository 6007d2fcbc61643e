//! Several drills side by side: one facts file in plan order, whatever ends first.

use crate::reference::plan;
use squall_model::fact::Fact;
use squall_model::fault::NodeKilled;
use squall_model::plan::Guard;
use squall_model::record::Header;
use squall_model::stack::RunAs;
use squall_model::units::Micros;
use squall_run::{Drill, EngineKind, Jobs, Played, RunError, Wish, play_all};
use std::num::NonZeroUsize;
use std::path::Path;
use tokio::sync::watch;

fn jobs(folder: &Path, at_once: usize, stop: watch::Receiver<Wish>) -> Jobs {
    Jobs {
        engine: EngineKind::Sim,
        at_once: NonZeroUsize::new(at_once).unwrap(),
        roles: squall_node::roles(),
        squall: Default::default(),
        images: Default::default(),
        folder: folder.to_owned(),
        version: "test".into(),
        progress: None,
        stop,
    }
}

/// The first plays longest; the second cannot be raised, for nobody knows its role.
fn drills() -> Vec<Drill> {
    let fault = NodeKilled { nodes: vec!["queue-1".into()], called: "queue-1".into() };
    let mut plans =
        [plan(50.0, 90, &[(fault.into(), 20, 50)]), plan(5.0, 10, &[]), plan(20.0, 20, &[])];
    plans[1].stack.nodes[0].run = RunAs::BuiltIn("oracle".into());
    let hashed = |(index, plan)| Drill { plan, hash: format!("hash-{index}") };
    plans.into_iter().enumerate().map(hashed).collect()
}

type Results = Vec<Result<Played, RunError>>;

fn play(folder: &Path, at_once: usize) -> (Results, Vec<u8>) {
    let results = play_all(&drills(), &jobs(folder, at_once, Wish::none())).unwrap();
    let names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("facts"))
        .collect();
    assert_eq!(names, ["facts.jsonl"], "parts are left behind");
    (results, std::fs::read(folder.join("facts.jsonl")).unwrap())
}

#[test]
fn facts_come_in_the_order_of_the_plans_however_many_play_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (results, facts) = play(&folder.path().join("three"), 3);
    assert!(matches!(&results[1], Err(RunError::Raise(why)) if why.contains("oracle")));
    let facts_of = |index: usize| results[index].as_ref().unwrap().facts;

    let (mut headers, mut counts) = (Vec::new(), Vec::new());
    for line in facts.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        if let Ok(header) = serde_json::from_slice::<Header>(line) {
            headers.push((header.drill, header.plan_hash, header.engine));
            counts.push(0);
        } else {
            serde_json::from_slice::<Fact>(line).unwrap();
            *counts.last_mut().unwrap() += 1;
        }
    }
    let expected: Vec<_> = (0..3).map(|n| (n, format!("hash-{n}"), "sim".to_owned())).collect();
    assert_eq!(headers, expected);
    assert_eq!((counts[0], counts[2]), (facts_of(0), facts_of(2)));
    assert!(counts[0] > 10_000 && counts[1] < 10, "{counts:?}");

    let (_, one_by_one) = play(&folder.path().join("one"), 1);
    assert!(facts == one_by_one, "drills at once change each other's facts");
}

#[test]
fn a_stopped_run_begins_no_further_drill() {
    let folder = tempfile::tempdir().unwrap();
    let (_tell, stop) = watch::channel(Wish::Stop);
    let results = play_all(&drills(), &jobs(folder.path(), 2, stop)).unwrap();
    assert_eq!(results.len(), 3);
    for result in results {
        assert!(matches!(result, Err(RunError::Plan(why)) if why.starts_with("not begun")));
    }
    assert_eq!(std::fs::read(folder.path().join("facts.jsonl")).unwrap(), b"");
}

#[test]
fn a_guard_ends_a_drill_whose_messages_arrive_no_more() {
    let queues = NodeKilled {
        nodes: vec!["queue-1".into(), "queue-2".into()],
        called: "both queues".into(),
    };
    let mut plan = plan(50.0, 7200, &[(queues.into(), 100, 7000)]);
    plan.guards = vec![Guard { delivered_share: 0.5, text: "below half".into(), line: 1 }];
    let folder = tempfile::tempdir().unwrap();
    let drill = Drill { plan, hash: "hash".into() };
    let results = play_all(&[drill], &jobs(folder.path(), 1, Wish::none())).unwrap();
    let played = results[0].as_ref().unwrap();
    let why = played.interrupted.as_deref().unwrap();
    assert!(why.starts_with("below half ("), "{why}");
    assert!(played.unhealed.is_empty(), "{played:?}");
    let text = std::fs::read_to_string(folder.path().join("facts.jsonl")).unwrap();
    let facts = text.lines().skip(1).map(|line| serde_json::from_str::<Fact>(line).unwrap());
    let (mut undone, mut stopped) = (0, None);
    for fact in facts {
        match fact {
            Fact::Lever(lever) if lever.undo && lever.read_back => undone += 1,
            Fact::Interrupted { at, .. } => stopped = Some(at),
            _ => {}
        }
    }
    assert_eq!(undone, 2, "both queues live again");
    // Half of the last minute's messages must be missing first.
    let stopped = stopped.unwrap();
    let expected = Micros::from_secs(125)..Micros::from_secs(170);
    assert!(expected.contains(&stopped), "stopped at {stopped}");
}
