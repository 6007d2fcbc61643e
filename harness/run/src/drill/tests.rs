//! The order of a drill, against levers that only note that they were pulled: also when a lever
//! fails, and when a part of the harness itself panics.

use super::{Conductor, Ended, Props};
use crate::engine::sim::SimEngine;
use crate::engine::{Addresses, Done, Engine, EngineError, Life};
use crate::levers::{Pull, Pulled};
use crate::play::LEAD;
use crate::recorder::Recorder;
use crate::reference::{Sink, plan};
use crate::stage::raise::Stage;
use crate::testing::Panics;
use crate::wish::Wish;
use futures::FutureExt;
use futures::future::LocalBoxFuture;
use squall_model::fact::Fact;
use squall_model::fault::{LinkLatency, NodeFrozen};
use squall_model::judge::judge;
use squall_model::lever::LeverCall;
use squall_model::node_config::NodeConfig;
use squall_model::plan::Plan;
use squall_model::record::{Header, Record, SCHEMA};
use squall_model::units::Micros;
use squall_model::verdict::Verdict;
use squall_platform::{Node, Task, sim::World, time};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// What engine and levers were asked to do, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn note(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }

    fn seen(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// What a lever does when it is pulled.
#[derive(Clone, Copy)]
enum Lever {
    Works,
    Fails,
    Panics,
}

struct MockLevers {
    log: Log,
    script: fn(&str) -> Lever,
}

impl Pull for MockLevers {
    fn pull<'a>(
        &'a mut self,
        _: &'a mut Stage,
        _: &'a Plan,
        call: &'a LeverCall,
    ) -> LocalBoxFuture<'a, Pulled> {
        async move {
            let name = name(call);
            self.log.note(format!("pull {name}"));
            match (self.script)(&name) {
                Lever::Works => Ok(()).into(),
                Lever::Fails => Err("planned".to_owned()).into(),
                Lever::Panics => panic!("planned: {name} panics"),
            }
        }
        .boxed_local()
    }
}

/// `add_toxic edge->queue-1`.
fn name(call: &LeverCall) -> String {
    let value = serde_json::to_value(call).unwrap();
    let target = ["link", "node"].iter().find_map(|key| value[key].as_str()).unwrap();
    format!("{} {target}", value["lever"].as_str().unwrap())
}

/// The simulated engine, which notes whom it starts and ends.
struct Noted {
    engine: SimEngine,
    log: Log,
    panics_after: Option<&'static str>,
}

impl Engine for Noted {
    fn harness(&self) -> Node {
        self.engine.harness()
    }

    fn token(&self) -> String {
        self.engine.token()
    }

    fn start<'a>(&'a mut self, role: &'a str, config: &'a NodeConfig) -> Done<'a, Addresses> {
        self.log.note(format!("start {}", config.node));
        self.engine.start(role, config)
    }

    fn stop<'a>(&'a mut self, node: &'a str) -> Done<'a, ()> {
        self.engine.stop(node)
    }

    fn kill<'a>(&'a mut self, node: &'a str) -> Done<'a, ()> {
        self.engine.kill(node)
    }

    fn freeze(&mut self, node: &str) -> Result<(), EngineError> {
        self.engine.freeze(node)
    }

    fn thaw(&mut self, node: &str) -> Result<(), EngineError> {
        self.engine.thaw(node)
    }

    fn life(&mut self, node: &str) -> Life {
        self.engine.life(node)
    }

    fn exits(&mut self) -> Vec<(String, String)> {
        let seen = self.log.seen();
        let due = self.panics_after.is_some_and(|last| seen.iter().any(|line| line == last));
        assert!(!due, "planned: the engine panics");
        self.engine.exits()
    }

    fn lower(&mut self) -> LocalBoxFuture<'_, ()> {
        self.log.note("lower".into());
        self.engine.lower()
    }

    fn end_now(&mut self) -> LocalBoxFuture<'_, ()> {
        self.log.note("end now".into());
        self.engine.end_now()
    }
}

/// How a drill is played, and what goes wrong in it.
struct Rehearsal {
    plan: Plan,
    script: fn(&str) -> Lever,
    engine_panics_after: Option<&'static str>,
    understudy: Option<fn(&Node) -> Task>,
    /// At a second of drill time (negative: before it); several at once are one.
    wish: Option<(i64, Wish)>,
}

struct Seen {
    ended: Ended,
    facts: Vec<Fact>,
    log: Vec<String>,
    plan: Plan,
}

const SLOW: [&str; 2] = ["gateway-1->smartfren", "gateway-2->smartfren"];

impl Default for Rehearsal {
    /// Two faults of which the second lies within the first: seconds 10–30 and 15–25 of 40.
    fn default() -> Self {
        let slow = LinkLatency {
            links: SLOW.map(str::to_owned).into(),
            latency: Micros::from_millis(50),
            jitter: Micros::ZERO,
        };
        let frozen = NodeFrozen { nodes: vec!["gateway-2".into()] };
        Rehearsal {
            plan: plan(20.0, 40, &[(slow.into(), 10, 30), (frozen.into(), 15, 25)]),
            script: |_| Lever::Works,
            engine_panics_after: None,
            understudy: None,
            wish: None,
        }
    }
}

impl Rehearsal {
    fn play(self) -> Seen {
        let (log, sink) = (Log::default(), Sink::default());
        let plan = self.plan.clone();
        let recorder = Recorder::new(Box::new(sink.clone()));
        let ended = World::run(self.plan.seed, 0, |world| {
            let (tell, wishes) = watch::channel(Wish::GoOn);
            let user = world.harness_node("user");
            let engine = SimEngine::new(world, squall_node::roles());
            let engine = Noted { engine, log: log.clone(), panics_after: self.engine_panics_after };
            let props = Props {
                drill: 0,
                engine: Box::new(engine),
                levers: Box::new(MockLevers { log: log.clone(), script: self.script }),
                lead: Some(LEAD),
                recorder: recorder.clone(),
                progress: None,
                wishes,
            };
            async move {
                if let Some((second, wish)) = self.wish {
                    let at = LEAD.as_secs().saturating_add_signed(second);
                    user.spawn(async move {
                        time::sleep(Duration::from_secs(at)).await;
                        tell.send_replace(wish);
                    });
                }
                let mut conductor = Conductor::new(self.plan, props);
                conductor.understudy = self.understudy;
                conductor.play().await.unwrap()
            }
        });
        recorder.finish().unwrap();
        Seen { ended, facts: sink.facts(), log: log.seen(), plan }
    }
}

impl Seen {
    /// Phases by name, levers as `pull …` or `undo …`, in the order of the facts.
    fn order(&self) -> Vec<String> {
        let line = |fact: &Fact| match fact {
            Fact::Phase(phase) => Some(phase.name.clone()),
            Fact::Lever(lever) if lever.undo => Some(format!("undo {}", name(&lever.call))),
            Fact::Lever(lever) => Some(format!("pull {}", name(&lever.call))),
            _ => None,
        };
        self.facts.iter().filter_map(line).collect()
    }

    /// From the first injection on.
    fn from_inject(&self) -> Vec<String> {
        self.order().into_iter().skip_while(|line| line != "inject").collect()
    }

    fn pulled(&self) -> Vec<&str> {
        self.log.iter().filter_map(|line| line.strip_prefix("pull ")).collect()
    }

    fn errors(&self) -> Vec<&str> {
        let error = |fact: &'_ Fact| matches!(fact, Fact::Lever(l) if l.error.is_some());
        let text = |fact| match fact {
            &Fact::Lever(ref lever) => lever.error.as_deref(),
            _ => None,
        };
        self.facts.iter().filter(|fact| error(fact)).filter_map(text).collect()
    }

    fn count(&self, what: fn(&Fact) -> bool) -> usize {
        self.facts.iter().filter(|fact| what(fact)).count()
    }

    fn verdict(&self) -> Verdict {
        let header = Header {
            schema: SCHEMA.to_owned(),
            squall: String::new(),
            engine: "sim".into(),
            plan_hash: String::new(),
            drill: 0,
        };
        let mut record = Record::builder(header, self.plan.clone());
        record.extend(self.facts.clone());
        judge(&record.finish()).verdict
    }

    fn was_interrupted(&self, why: &str) {
        assert_eq!(self.ended.interrupted.as_deref(), Some(why));
        let told = |fact: &Fact| matches!(fact, Fact::Interrupted { reason, .. } if reason == why);
        assert!(self.facts.iter().any(told));
        assert_eq!(self.verdict(), Verdict::Inconclusive);
    }
}

const FIRST: [&str; 4] = ["reset", "raise", "ready", "warm-up"];
const INJECTED: [&str; 7] = [
    "inject",
    "pull add_toxic gateway-1->smartfren",
    "pull add_toxic gateway-2->smartfren",
    "under fault",
    "inject",
    "pull freeze_node gateway-2",
    "under fault",
];
const HEALED: [&str; 7] = [
    "heal",
    "undo thaw_node gateway-2",
    "under fault",
    "heal",
    "undo remove_toxic gateway-2->smartfren",
    "undo remove_toxic gateway-1->smartfren",
    "recovery",
];

#[test]
fn every_phase_comes_in_its_order_and_undo_in_reverse() {
    let seen = Rehearsal::default().play();
    assert_eq!((&seen.ended.interrupted, &seen.ended.unhealed), (&None, &vec![]));
    let last = ["drain", "collect", "lower"];
    let expected = [&FIRST[..], &["baseline"], &INJECTED, &HEALED, &last].concat();
    assert_eq!(seen.order(), expected);

    let starts = seen.log.iter().take_while(|line| line.starts_with("start ")).count();
    assert_eq!(seen.log[0], "start fault-proxy");
    assert_eq!(starts, 1 + seen.plan.stack.carriers.len() + seen.plan.stack.nodes.len());
    let levers = seen.log[starts..seen.log.len() - 1].iter();
    assert!(levers.clone().all(|line| line.starts_with("pull ")), "{:?}", seen.log);
    assert_eq!(levers.count(), 6);
    assert_eq!(seen.log.last().unwrap(), "lower");
}

#[test]
fn probes_look_before_during_and_after_each_fault() {
    let seen = Rehearsal::default().play();
    let (mut spans, mut probes) = (Vec::new(), 0);
    for fact in &seen.facts {
        match fact {
            Fact::Probe(_) => probes += 1,
            Fact::Phase(phase) if ["inject", "recovery", "collect"].contains(&&*phase.name) => {
                spans.push(std::mem::take(&mut probes));
            }
            _ => {}
        }
    }
    assert!(spans.len() == 4 && spans.iter().all(|probes| *probes > 0), "{spans:?}");
}

#[test]
fn a_lever_that_fails_changes_no_order_and_its_undo_runs() {
    let fails = |name: &str| match name {
        "add_toxic gateway-1->smartfren" => Lever::Fails,
        _ => Lever::Works,
    };
    let seen = Rehearsal { script: fails, ..Rehearsal::default() }.play();
    assert_eq!((&seen.ended.interrupted, &seen.ended.unhealed), (&None, &vec![]));
    assert_eq!(seen.pulled(), Rehearsal::default().play().pulled());
    assert_eq!(seen.errors(), ["planned"]);
    assert_eq!(seen.verdict(), Verdict::Inconclusive);
}

#[test]
fn a_lever_that_panics_is_one_that_failed() {
    let panics = |name: &str| match name {
        "freeze_node gateway-2" => Lever::Panics,
        _ => Lever::Works,
    };
    let seen = Rehearsal { script: panics, ..Rehearsal::default() }.play();
    assert_eq!((&seen.ended.interrupted, &seen.ended.unhealed), (&None, &vec![]));
    assert_eq!(seen.pulled(), Rehearsal::default().play().pulled());
    assert_eq!(seen.errors(), ["the lever panicked"]);
    assert_eq!(seen.verdict(), Verdict::Inconclusive);
}

#[test]
fn an_undo_that_fails_is_tried_again_at_the_end_and_then_told() {
    let fails = |name: &str| match name {
        "thaw_node gateway-2" => Lever::Fails,
        _ => Lever::Works,
    };
    let seen = Rehearsal { script: fails, ..Rehearsal::default() }.play();
    assert_eq!(seen.ended.unhealed.len(), 1);
    assert!(seen.ended.unhealed[0].contains("gateway-2"), "{:?}", seen.ended);
    let pulled = seen.pulled();
    assert_eq!(
        pulled[pulled.len() - 3..],
        [
            "remove_toxic gateway-2->smartfren",
            "remove_toxic gateway-1->smartfren",
            "thaw_node gateway-2"
        ]
    );
    assert_eq!(
        seen.order().iter().rev().take(3).rev().collect::<Vec<_>>(),
        ["drain", "collect", "lower"]
    );
}

#[test]
fn a_driver_that_panics_heals_everything_and_ends_with_the_facts_so_far() {
    let mut rehearsal = Rehearsal::default();
    rehearsal.plan.stack.ingress.kind = "panics".into();
    let seen = rehearsal.play();
    seen.was_interrupted("the driver died");
    assert_eq!(seen.from_inject(), [&INJECTED[..], &HEALED, &["collect", "lower"]].concat());
    let submits = seen.count(|fact| matches!(fact, Fact::Submit(_)));
    assert!((Panics::AFTER - 20..=Panics::AFTER).contains(&submits), "{submits}");
    let waiting = seen.count(|fact| matches!(fact, Fact::PendingCount { .. }));
    assert!(waiting > 0, "the queues were not asked what they hold");
}

#[test]
fn a_probe_that_panics_heals_everything_and_ends_with_the_facts_so_far() {
    let panics = |node: &Node| {
        node.spawn(async {
            time::sleep(Duration::from_secs(18)).await;
            panic!("planned: a probe panics");
        })
    };
    let seen = Rehearsal { understudy: Some(panics), ..Rehearsal::default() }.play();
    seen.was_interrupted("a probe died");
    assert_eq!(seen.from_inject(), [&INJECTED[..], &HEALED, &["collect", "lower"]].concat());
    assert!(seen.count(|fact| matches!(fact, Fact::Submit(_))) > 300);
}

#[test]
fn a_harness_that_panics_heals_everything_and_lowers_the_stack() {
    let after = Some("pull freeze_node gateway-2");
    let seen = Rehearsal { engine_panics_after: after, ..Rehearsal::default() }.play();
    seen.was_interrupted("the harness itself panicked");
    assert_eq!(seen.from_inject(), [&INJECTED[..], &HEALED, &["lower"]].concat());
    assert_eq!(seen.log.last().unwrap(), "lower");
}

#[test]
fn a_stop_heals_in_reverse_and_reads_everything() {
    let seen = Rehearsal { wish: Some((18, Wish::Stop)), ..Rehearsal::default() }.play();
    seen.was_interrupted("stopped by the user");
    assert_eq!(seen.from_inject(), [&INJECTED[..], &HEALED, &["collect", "lower"]].concat());
    assert!(seen.count(|fact| matches!(fact, Fact::PendingCount { .. })) > 0);
    assert_eq!(seen.log.last().unwrap(), "lower");
}

#[test]
fn a_hurried_drill_heals_all_the_same_and_asks_nobody_anything() {
    let seen = Rehearsal { wish: Some((18, Wish::Hurry)), ..Rehearsal::default() }.play();
    seen.was_interrupted("stopped by the user");
    assert_eq!(seen.from_inject(), [&INJECTED[..], &HEALED, &["collect", "lower"]].concat());
    assert_eq!(seen.count(|fact| matches!(fact, Fact::PendingCount { .. })), 0);
    assert_eq!(seen.log.last().unwrap(), "end now");
}

#[test]
fn a_stop_while_the_stack_rises_plays_nothing() {
    let seen = Rehearsal { wish: Some((-30, Wish::Stop)), ..Rehearsal::default() }.play();
    seen.was_interrupted("stopped by the user");
    assert_eq!(seen.order(), ["reset", "raise", "lower"]);
    assert!(seen.pulled().is_empty());
}
