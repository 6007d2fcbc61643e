//! Conducts one drill through its phases: reset, raise, ready, warm-up, baseline, then inject, under
//! fault and heal as often as planned, recovery, drain, collect, lower.
//!
//! Every way out of it (the end, an interrupt, a guard, a failure, a panic) heals what is injected,
//! in reverse, before anything is collected.

use crate::RunError;
use crate::clock::DrillClock;
use crate::collector::Collector;
use crate::driver::{self, Callback, Driver};
use crate::engine::Engine;
use crate::guard::Watchman;
use crate::ingress::{self, Ingress};
use crate::levers::{Levers, Route};
use crate::play::LEAD;
use crate::probes;
use crate::progress::{Progress, Tally};
use crate::recorder::Recorder;
use crate::stage::raise::Stage;
use crate::timeline::{self, Act};
use futures::FutureExt;
use squall_model::fact::{Exit, Fact, LeverResult, Phase};
use squall_model::lever::LeverCall;
use squall_model::plan::Plan;
use squall_model::stack::SENDER;
use squall_model::units::Micros;
use squall_platform::time::{self, Instant, Interval, MissedTickBehavior};
use squall_platform::{Node, Task};
use squall_wire::http::Client;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use tokio::sync::watch;

/// How a drill ended, besides its facts.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) interrupted: Option<String>,
    pub(crate) unhealed: Vec<String>,
}

/// Why the drill goes no further: not a failure of the run, but the end of what was planned.
struct Interruption(String);

pub(crate) struct Conductor {
    plan: Arc<Plan>,
    drill: usize,
    stage: Stage,
    levers: Levers,
    recorder: Recorder,
    tally: Arc<Tally>,
    watchman: Watchman,
    clock: DrillClock,
    /// Faults with a lever pulled and not undone, in order of injection.
    injected: Vec<usize>,
    unhealed: Vec<String>,
    phase: String,
    progress: Option<mpsc::Sender<Progress>>,
    last_look: (Micros, u64),
    stop: watch::Receiver<bool>,
    /// Each second: flush, guards, exits, progress.
    tick: Interval,
}

/// The tasks beside the conductor, and how to end them.
struct Cast {
    driver: Task,
    stop_driver: watch::Sender<bool>,
    probers: Vec<Task>,
    stop_probers: watch::Sender<bool>,
    collector: Collector,
    stop_collector: watch::Sender<bool>,
}

impl Conductor {
    pub(crate) fn new(
        plan: Plan,
        drill: usize,
        engine: Box<dyn Engine>,
        route: Route,
        recorder: Recorder,
    ) -> Self {
        let mut tick = time::interval(Duration::from_secs(1));
        tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
        // Nobody can stop a drill that is given no other watch.
        let (_, stop) = watch::channel(false);
        Conductor {
            watchman: Watchman::new(&plan.guards),
            plan: Arc::new(plan),
            drill,
            stage: Stage::new(engine),
            levers: Levers::new(route),
            recorder,
            tally: Arc::default(),
            clock: DrillClock::starting_at(Instant::now() + Duration::from_secs(1 << 30), 0),
            injected: Vec::new(),
            unhealed: Vec::new(),
            phase: String::new(),
            progress: None,
            last_look: (Micros::ZERO, 0),
            stop,
            tick,
        }
    }

    pub(crate) fn reporting_to(mut self, progress: Option<mpsc::Sender<Progress>>) -> Self {
        self.progress = progress;
        self
    }

    pub(crate) fn stopping_on(mut self, stop: watch::Receiver<bool>) -> Self {
        self.stop = stop;
        self
    }

    /// The whole drill. The engine is lowered whatever happens.
    pub(crate) async fn play(mut self) -> Result<Ended, RunError> {
        let played = AssertUnwindSafe(self.phases()).catch_unwind().await;
        if played.is_err() {
            self.heal_everything().await;
        }
        self.enter("lower");
        self.stage.engine.lower().await;
        self.recorder.flush();
        let interrupted = match played {
            Ok(played) => played?,
            Err(_) => Some(self.interrupt("the harness itself panicked".into())),
        };
        Ok(Ended { interrupted, unhealed: self.unhealed })
    }

    async fn phases(&mut self) -> Result<Option<String>, RunError> {
        let began = Instant::now();
        self.enter("reset");
        let node = self.stage.engine.harness();
        let ingress: Arc<dyn Ingress> =
            ingress::find(&self.plan, &self.stage.credentials).map_err(RunError::Plan)?.into();
        let callback = Arc::new(Callback::default());
        let (address, stop_callback) = driver::serve(&node, callback.clone())
            .await
            .map_err(RunError::io("cannot listen for receipts"))?;
        self.enter("raise");
        self.stage.raise(&self.plan.clone(), &address).await.map_err(RunError::Raise)?;
        self.enter("ready");
        self.stage.ready().await.map_err(RunError::Raise)?;
        self.start_clock(&node, began).await;
        callback.open(ingress.clone(), self.clock, self.recorder.clone(), self.tally.clone());
        let mut cast = self.start_cast(&node, ingress)?;

        let mut interruption = self.timeline(&mut cast).await.err();
        self.heal_everything().await;
        if interruption.is_none() {
            interruption = self.drain(&mut cast).await.err();
        }
        self.enter("collect");
        self.finish(cast, &mut interruption).await;
        stop_callback.ask();
        Ok(interruption.map(|why| self.interrupt(why.0)))
    }

    /// Drill time begins. In the simulation that is exactly the instant that the scenario states.
    async fn start_clock(&mut self, node: &Node, began: Instant) {
        if matches!(self.levers.route(), Route::Plain) {
            time::sleep_until(began + LEAD).await;
        }
        self.clock = DrillClock::starting_at(Instant::now(), node.unix_us());
        self.enter("warm-up");
    }

    fn start_cast(&mut self, node: &Node, ingress: Arc<dyn Ingress>) -> Result<Cast, RunError> {
        let directory = self.stage.directory();
        let through = |from: &str, to: &str| {
            let id = format!("{from}->{to}");
            directory.link(&id).ok_or_else(|| RunError::Plan(format!("the stack has no link {id}")))
        };
        let entry = self.plan.stack.ingress.node.as_str();
        let driver = Driver {
            node: node.clone(),
            client: Client::new(node.clone(), driver::MOST_IN_FLIGHT),
            ingress,
            target: through(SENDER, entry)?,
            callback: format!("http://{}", through(entry, SENDER)?),
            clock: self.clock,
            recorder: self.recorder.clone(),
            tally: self.tally.clone(),
        };
        let (stop_driver, driver_stopped) = watch::channel(false);
        let (stop_probers, probers_stopped) = watch::channel(false);
        let (stop_collector, collector_stopped) = watch::channel(false);
        let (plan, clock, recorder) = (&self.plan, self.clock, &self.recorder);
        Ok(Cast {
            probers: probes::start(plan, node, &directory, clock, recorder, &probers_stopped),
            collector: Collector::start(
                plan,
                node,
                &self.stage.control,
                clock,
                recorder,
                &collector_stopped,
            ),
            driver: node.spawn(driver.run(plan.clone(), driver_stopped)),
            stop_driver,
            stop_probers,
            stop_collector,
        })
    }

    async fn timeline(&mut self, cast: &mut Cast) -> Result<(), Interruption> {
        for (at, act) in timeline::acts(&self.plan) {
            self.wait_until(at, &cast.driver).await?;
            match act {
                Act::EndWarmUp => self.enter("baseline"),
                Act::Inject(fault) => self.inject(fault).await,
                Act::Heal(fault) => self.heal(fault).await,
                Act::Change(change) => self.change(change).await,
            }
        }
        self.wait_until(self.plan.end, &cast.driver).await
    }

    /// The harness waits in full before anything may be called lost, and lets the last submits end.
    async fn drain(&mut self, cast: &mut Cast) -> Result<(), Interruption> {
        self.enter("drain");
        let end = self.plan.end + self.plan.drain;
        self.wait_until(end, &cast.driver).await?;
        if cast.driver.is_finished() {
            return Ok(());
        }
        // The plan's drain is longer than the sender's patience; a driver that still waits is stuck.
        Err(Interruption("the driver still waits for answers at the end of the drain".into()))
    }

    async fn finish(&mut self, cast: Cast, interruption: &mut Option<Interruption>) {
        cast.stop_driver.send_replace(true);
        cast.stop_probers.send_replace(true);
        cast.stop_collector.send_replace(true);
        let patience = Duration::from_secs(30);
        if time::timeout(patience, cast.driver.join()).await.is_err() {
            interruption.get_or_insert(Interruption("the driver did not end".into()));
        }
        for prober in cast.probers {
            prober.join().await;
        }
        let troubles = cast.collector.finish(&self.plan).await;
        if !troubles.is_empty() {
            interruption.get_or_insert(Interruption(troubles.join("; ")));
        }
        if Tally::read(&self.tally.scheduled) == 0 && interruption.is_none() {
            *interruption = Some(Interruption("the driver sent nothing".into()));
        }
    }

    /// Waits, and does each second's chores meanwhile.
    async fn wait_until(&mut self, at: Micros, driver: &Task) -> Result<(), Interruption> {
        let deadline = self.clock.instant(at);
        loop {
            tokio::select! {
                biased;
                () = told(&mut self.stop) => {
                    return Err(Interruption("stopped by the user".into()));
                }
                () = time::sleep_until(deadline) => return Ok(()),
                _ = self.tick.tick() => {}
            }
            self.chores()?;
            if driver.is_finished() && !self.tally.ended.load(Relaxed) {
                return Err(Interruption("the driver died".into()));
            }
        }
    }

    fn chores(&mut self) -> Result<(), Interruption> {
        let at = self.clock.now();
        self.recorder.flush();
        for (node, status) in self.stage.engine.exits() {
            self.recorder.write(&Fact::Exit(Exit { at, node, planned: false, status }));
        }
        let scheduled = Tally::read(&self.tally.scheduled);
        let delivered = Tally::read(&self.tally.delivered);
        self.look(at, scheduled, delivered);
        if self.recorder.has_failed() {
            return Err(Interruption("the facts cannot be written".into()));
        }
        match self.watchman.look(at, scheduled, delivered) {
            Some(guard) => Err(Interruption(guard)),
            None => Ok(()),
        }
    }

    fn look(&mut self, at: Micros, scheduled: u64, delivered: u64) {
        let Some(progress) = &self.progress else { return };
        let span = (at - self.last_look.0).as_secs_f64();
        let rate = (scheduled - self.last_look.1) as f64 / span.max(1e-6);
        self.last_look = (at, scheduled);
        let _ = progress.send(Progress {
            drill: self.drill,
            at,
            ends: self.plan.end + self.plan.drain,
            phase: self.phase.clone(),
            rate,
            scheduled,
            delivered,
            faults_active: self.injected.len(),
        });
    }

    async fn inject(&mut self, index: usize) {
        self.enter("inject");
        // Counted as injected even where a lever fails: its undo runs all the same.
        self.injected.push(index);
        for call in self.plan.clone().faults[index].inject.iter() {
            self.pull(Some(index), false, call).await;
        }
        self.enter("under fault");
    }

    async fn heal(&mut self, index: usize) {
        if !self.injected.contains(&index) {
            return;
        }
        self.enter("heal");
        for call in self.plan.clone().faults[index].heal.iter() {
            if !self.pull(Some(index), true, call).await {
                self.unhealed.push(format!("{call:?}"));
            }
        }
        self.injected.retain(|injected| *injected != index);
        self.enter(if self.injected.is_empty() { "recovery" } else { "under fault" });
    }

    /// The undo of whatever is injected, the latest first. An undo that fails is tried once more.
    async fn heal_everything(&mut self) {
        while let Some(index) = self.injected.last().copied() {
            self.heal(index).await;
        }
        let again = std::mem::take(&mut self.unhealed);
        if again.is_empty() {
            return;
        }
        let plan = self.plan.clone();
        for (index, fault) in plan.faults.iter().enumerate().rev() {
            for call in fault.heal.iter().filter(|call| again.contains(&format!("{call:?}"))) {
                if !self.pull(Some(index), true, call).await {
                    self.unhealed.push(format!("{call:?}"));
                }
            }
        }
    }

    async fn change(&mut self, index: usize) {
        for call in self.plan.clone().changes[index].calls.iter() {
            self.pull(None, false, call).await;
        }
    }

    /// Pulls a lever and writes down what came of it.
    async fn pull(&mut self, fault: Option<usize>, undo: bool, call: &LeverCall) -> bool {
        let plan = self.plan.clone();
        let pulled = self.levers.pull(&mut self.stage, &plan, call).await;
        let done = pulled.error.is_none() && pulled.read_back;
        let at = self.clock.now();
        if let (LeverCall::KillNode { node }, true) = (call, done) {
            let (node, status) = (node.clone(), "killed".to_owned());
            self.recorder.write(&Fact::Exit(Exit { at, node, planned: true, status }));
        }
        self.recorder.write(&Fact::Lever(LeverResult {
            at,
            fault,
            undo,
            call: call.clone(),
            error: pulled.error,
            read_back: pulled.read_back,
        }));
        done
    }

    fn enter(&mut self, phase: &str) {
        self.phase = phase.to_owned();
        self.recorder.write(&Fact::Phase(Phase { at: self.clock.now(), name: phase.to_owned() }));
    }

    fn interrupt(&self, reason: String) -> String {
        let at = self.clock.now();
        self.recorder.write(&Fact::Interrupted { at, reason: reason.clone() });
        reason
    }
}

/// Resolves when the run shall stop; never where nobody is left to say so.
async fn told(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}
