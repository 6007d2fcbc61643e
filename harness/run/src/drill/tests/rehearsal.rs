//! A drill on the simulated reference stack with levers that only note that they were pulled, and
//! with whatever shall go wrong in it.

use crate::drill::{Conductor, Ended, Props};
use crate::engine::sim::SimEngine;
use crate::engine::{Done, Engine, Life, Whereabouts};
use crate::levers::{Pull, Pulled};
use crate::play::LEAD;
use crate::recorder::Recorder;
use crate::reference::{Sink, plan};
use crate::stage::raise::Stage;
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
use squall_model::stack::RunAs;
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
pub(super) enum Lever {
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

    fn start<'a>(&'a mut self, run: &'a RunAs, config: &'a NodeConfig) -> Done<'a, Whereabouts> {
        self.log.note(format!("start {}", config.node));
        self.engine.start(run, config)
    }

    fn stop<'a>(&'a mut self, node: &'a str) -> Done<'a, ()> {
        self.engine.stop(node)
    }

    fn kill<'a>(&'a mut self, node: &'a str) -> Done<'a, ()> {
        self.engine.kill(node)
    }

    fn freeze<'a>(&'a mut self, node: &'a str) -> Done<'a, ()> {
        self.engine.freeze(node)
    }

    fn thaw<'a>(&'a mut self, node: &'a str) -> Done<'a, ()> {
        self.engine.thaw(node)
    }

    fn life<'a>(&'a mut self, node: &'a str) -> LocalBoxFuture<'a, Life> {
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
pub(super) struct Rehearsal {
    pub(super) plan: Plan,
    pub(super) script: fn(&str) -> Lever,
    pub(super) engine_panics_after: Option<&'static str>,
    pub(super) understudy: Option<fn(&Node) -> Task>,
    /// At a second of drill time (negative: before it); several at once are one.
    pub(super) wish: Option<(i64, Wish)>,
}

pub(super) struct Seen {
    pub(super) ended: Ended,
    pub(super) facts: Vec<Fact>,
    pub(super) log: Vec<String>,
    pub(super) plan: Plan,
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
    pub(super) fn play(self) -> Seen {
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
    pub(super) fn order(&self) -> Vec<String> {
        let line = |fact: &Fact| match fact {
            Fact::Phase(phase) => Some(phase.name.clone()),
            Fact::Lever(lever) if lever.undo => Some(format!("undo {}", name(&lever.call))),
            Fact::Lever(lever) => Some(format!("pull {}", name(&lever.call))),
            _ => None,
        };
        self.facts.iter().filter_map(line).collect()
    }

    /// From the first injection on.
    pub(super) fn since_inject(&self) -> Vec<String> {
        self.order().into_iter().skip_while(|line| line != "inject").collect()
    }

    pub(super) fn pulled(&self) -> Vec<&str> {
        self.log.iter().filter_map(|line| line.strip_prefix("pull ")).collect()
    }

    pub(super) fn errors<'a>(&'a self) -> Vec<&'a str> {
        let error = |fact: &'a Fact| match fact {
            Fact::Lever(lever) => lever.error.as_deref(),
            _ => None,
        };
        self.facts.iter().filter_map(error).collect()
    }

    pub(super) fn count(&self, what: fn(&Fact) -> bool) -> usize {
        self.facts.iter().filter(|fact| what(fact)).count()
    }

    pub(super) fn verdict(&self) -> Verdict {
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

    pub(super) fn was_interrupted(&self, why: &str) {
        assert_eq!(self.ended.interrupted.as_deref(), Some(why));
        let told = |fact: &Fact| matches!(fact, Fact::Interrupted { reason, .. } if reason == why);
        assert!(self.facts.iter().any(told));
        assert_eq!(self.verdict(), Verdict::Inconclusive);
    }
}
