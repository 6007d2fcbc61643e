//! Conducts one drill through its phases, one file each:
//!
//! reset, raise, ready ([`Conductor::set_up`] here) → warm-up, baseline, inject, under fault, heal,
//! recovery ([`acts`], with the faults in [`faults`] and the waiting in [`wait`]) → drain → collect
//! ([`cast`]) → lower.
//!
//! Every way out of it (the end, an interrupt, a guard, a failure, a panic) heals what is injected,
//! in reverse, before anything is collected.

mod acts;
mod cast;
mod faults;
#[cfg(test)]
mod tests;
mod wait;

use crate::RunError;
use crate::clock::DrillClock;
use crate::driver::{self, Callback};
use crate::engine::Engine;
use crate::guard::Watchman;
use crate::ingress::{self, Ingress};
use crate::levers::Pull;
use crate::progress::{Progress, Tally};
use crate::recorder::Recorder;
use crate::stage::raise::Stage;
use crate::wish::{Wish, wished};
use cast::Cast;
use futures::FutureExt;
use squall_model::fact::{Fact, Phase};
use squall_model::plan::Plan;
use squall_model::units::Micros;
use squall_platform::time::{self, Instant, Interval, MissedTickBehavior};
use squall_platform::{Node, Stop};
use std::panic::AssertUnwindSafe;
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

impl Interruption {
    fn by_the_user() -> Self {
        Interruption("stopped by the user".into())
    }
}

/// What a drill is played with.
pub(crate) struct Props {
    /// Index of the drill in the run.
    pub(crate) drill: usize,
    pub(crate) engine: Box<dyn Engine>,
    pub(crate) levers: Box<dyn Pull>,
    /// Time from the beginning until drill time 0, where it is the same in every run; else drill
    /// time begins when the stack is ready.
    pub(crate) lead: Option<Duration>,
    pub(crate) recorder: Recorder,
    pub(crate) progress: Option<mpsc::Sender<Progress>>,
    pub(crate) wishes: watch::Receiver<Wish>,
}

pub(crate) struct Conductor {
    plan: Arc<Plan>,
    drill: usize,
    stage: Stage,
    levers: Box<dyn Pull>,
    lead: Option<Duration>,
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
    wishes: watch::Receiver<Wish>,
    /// Each second: flush, guards, exits, progress.
    tick: Interval,
    /// One more task among the probers.
    #[cfg(test)]
    understudy: Option<fn(&Node) -> squall_platform::Task>,
}

/// The raised stack, healthy, with drill time begun.
struct Raised {
    node: Node,
    ingress: Arc<dyn Ingress>,
    stop_callback: Stop,
}

impl Conductor {
    pub(crate) fn new(plan: Plan, props: Props) -> Self {
        let mut tick = time::interval(Duration::from_secs(1));
        tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
        Conductor {
            watchman: Watchman::new(&plan.guards),
            plan: Arc::new(plan),
            drill: props.drill,
            stage: Stage::new(props.engine),
            levers: props.levers,
            lead: props.lead,
            recorder: props.recorder,
            tally: Arc::default(),
            clock: DrillClock::starting_at(Instant::now() + Duration::from_secs(1 << 30), 0),
            injected: Vec::new(),
            unhealed: Vec::new(),
            phase: String::new(),
            progress: props.progress,
            last_look: (Micros::ZERO, 0),
            wishes: props.wishes,
            tick,
            #[cfg(test)]
            understudy: None,
        }
    }

    /// The whole drill. The engine is lowered whatever happens.
    pub(crate) async fn play(mut self) -> Result<Ended, RunError> {
        let played = AssertUnwindSafe(self.phases()).catch_unwind().await;
        if played.is_err() {
            self.heal_everything().await;
        }
        self.lower().await;
        let interrupted = match played {
            Ok(played) => played?,
            Err(_) => Some(self.interrupt("the harness itself panicked".into())),
        };
        Ok(Ended { interrupted, unhealed: self.unhealed })
    }

    async fn phases(&mut self) -> Result<Option<String>, RunError> {
        let set_up = self.set_up().await?;
        let Raised { node, ingress, stop_callback } = match set_up {
            Ok(raised) => raised,
            Err(interruption) => return Ok(Some(self.interrupt(interruption.0))),
        };
        let mut cast = self.start_cast(&node, ingress)?;
        // Written down when it comes: what is seen afterwards is the undoing.
        let mut interrupted = self.acts(&mut cast).await.err().map(|why| self.interrupt(why.0));
        self.heal_everything().await;
        if interrupted.is_none() {
            interrupted = self.drain(&mut cast).await.err().map(|why| self.interrupt(why.0));
        }
        let trouble = self.collect(cast).await;
        let interrupted = interrupted.or_else(|| trouble.map(|why| self.interrupt(why.0)));
        stop_callback.ask();
        Ok(interrupted)
    }

    /// Reset, raise, ready. Whoever stops the run meanwhile does not wait for the stack.
    async fn set_up(&mut self) -> Result<Result<Raised, Interruption>, RunError> {
        let began = Instant::now();
        self.enter("reset");
        let node = self.stage.engine.harness();
        let ingress: Arc<dyn Ingress> =
            ingress::find(&self.plan, &self.stage.credentials).map_err(RunError::Plan)?.into();
        let callback = Arc::new(Callback::default());
        let host = self.stage.engine.hosts().harness;
        let (address, stop_callback) = driver::serve(&node, &host, callback.clone())
            .await
            .map_err(RunError::io("cannot listen for receipts"))?;
        self.enter("raise");
        let plan = self.plan.clone();
        tokio::select! {
            biased;
            () = wished(&mut self.wishes, Wish::Stop) => {
                return Ok(Err(Interruption::by_the_user()));
            }
            raised = self.stage.raise(&plan, &address) => raised.map_err(RunError::Raise)?,
        }
        self.enter("ready");
        tokio::select! {
            biased;
            () = wished(&mut self.wishes, Wish::Stop) => {
                return Ok(Err(Interruption::by_the_user()));
            }
            ready = self.stage.ready(&plan) => ready.map_err(RunError::Raise)?,
        }
        self.start_clock(&node, began).await;
        let (numbers, recorder) = (self.stage.directory().numbers(), self.recorder.clone());
        callback.open(numbers, ingress.clone(), self.clock, recorder, self.tally.clone());
        Ok(Ok(Raised { node, ingress, stop_callback }))
    }

    /// Drill time begins. In the simulation that is exactly the instant that the scenario states.
    async fn start_clock(&mut self, node: &Node, began: Instant) {
        if let Some(lead) = self.lead {
            time::sleep_until(began + lead).await;
        }
        self.clock = DrillClock::starting_at(Instant::now(), node.unix_us());
        self.enter("warm-up");
    }

    fn start_cast(&self, node: &Node, ingress: Arc<dyn Ingress>) -> Result<Cast, RunError> {
        #[cfg_attr(not(test), expect(unused_mut))]
        let mut cast = Cast::start(
            &self.plan,
            node,
            ingress,
            &self.stage,
            self.clock,
            &self.recorder,
            &self.tally,
        )?;
        #[cfg(test)]
        cast.admit(self.understudy.map(|understudy| understudy(node)));
        Ok(cast)
    }

    /// The harness waits in full before anything may be called lost, and lets the last submits end.
    async fn drain(&mut self, cast: &mut Cast) -> Result<(), Interruption> {
        self.enter("drain");
        let end = self.plan.end + self.plan.drain;
        self.wait_until(end, cast).await?;
        if cast.driver_is_done() {
            return Ok(());
        }
        // The plan's drain is longer than the sender's patience; a driver that still waits is stuck.
        Err(Interruption("the driver still waits for answers at the end of the drain".into()))
    }

    /// Reads every log to its end, unless there is a hurry.
    async fn collect(&mut self, cast: Cast) -> Option<Interruption> {
        self.enter("collect");
        tokio::select! {
            biased;
            () = wished(&mut self.wishes, Wish::Hurry) => {
                Some(Interruption("hurried: the logs were not read to their end".into()))
            }
            trouble = cast.finish(&self.plan, &self.tally) => trouble.map(Interruption),
        }
    }

    /// Whatever was played, and however it ended: no node is left.
    async fn lower(&mut self) {
        self.enter("lower");
        let left = self.stage.detach().await;
        self.unhealed.extend(left);
        let hurried = tokio::select! {
            biased;
            () = wished(&mut self.wishes, Wish::Hurry) => true,
            () = self.stage.engine.lower() => false,
        };
        if hurried {
            self.stage.engine.end_now().await;
        }
        self.recorder.flush();
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
