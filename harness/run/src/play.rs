//! Plays one plan on one engine, from nothing to nothing.

use crate::drill::{Conductor, Props};
use crate::engine::docker::{self, DockerEngine};
use crate::engine::{external::ExternalEngine, local::LocalEngine, sim::SimEngine};
use crate::levers::{Levers, Route};
use crate::progress::Progress;
use crate::recorder::Recorder;
use crate::{RunError, Wish, engine::Engine};
use futures::future::BoxFuture;
use squall_model::node_config::NodeConfig;
use squall_model::plan::Plan;
use squall_platform::{Node, Running, sim::World};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;
use tokio::sync::watch;

/// Starts a role on a node. The table of them is handed in, for this crate knows no role.
pub type Start = fn(Node, NodeConfig) -> BoxFuture<'static, Result<Running, String>>;

/// Role name → its start function.
pub type Roles = BTreeMap<&'static str, Start>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    Sim,
    Local,
    Docker,
    /// The stack already runs.
    External,
}

impl EngineKind {
    /// The name as the command line and the record spell it.
    pub fn name(self) -> &'static str {
        match self {
            EngineKind::Sim => "sim",
            EngineKind::Local => "local",
            EngineKind::Docker => "docker",
            EngineKind::External => "external",
        }
    }
}

/// Everything but the plan.
pub struct Options {
    pub engine: EngineKind,
    /// Index of the drill in the run, for progress and for its folder.
    pub drill: usize,
    /// Used by `sim`; `local` finds the roles in `squall`.
    pub roles: Roles,
    /// The program that local children run: `squall serve ROLE …`.
    pub squall: PathBuf,
    /// Used by `docker`: the images that containers run.
    pub images: docker::Props,
    /// Logs, configurations and data of nodes go here.
    pub folder: PathBuf,
    pub progress: Option<mpsc::Sender<Progress>>,
    pub stop: watch::Receiver<Wish>,
}

/// What a played drill left besides its facts.
#[derive(Clone, Debug, PartialEq)]
pub struct Played {
    pub drill: usize,
    /// Facts written.
    pub facts: u64,
    /// Why the drill ended early, where it did; also the reason in its `Interrupted` fact.
    pub interrupted: Option<String>,
    /// Undo calls that could not be verified: exit 4.
    pub unhealed: Vec<String>,
    /// Real time it took.
    pub wall: Duration,
}

/// Wall clock of a simulated drill that states none: 2026-01-01 00:00 UTC.
const UNSTATED_START_US: u64 = 1_767_225_600_000_000;
/// Simulated time before drill time 0, in which the stack is raised.
pub(crate) const LEAD: Duration = Duration::from_secs(30);

/// Plays `plan` and appends its facts to `out`. Blocks until the stack is lowered.
///
/// # Errors
/// Where the stack cannot be raised or the facts cannot be written. An interrupted drill, a failed
/// lever or a dead driver is no error: the facts say so.
pub fn play(plan: &Plan, options: Options, out: Box<dyn Write + Send>) -> Result<Played, RunError> {
    let began = squall_platform::time::Instant::now().into_std();
    let recorder = Recorder::new(out);
    let ended = match options.engine {
        EngineKind::Sim => {
            let stated = plan.clock.start_unix_us;
            let start = if stated == 0 { UNSTATED_START_US } else { stated };
            let start = start.saturating_sub(LEAD.as_micros() as u64);
            World::run(plan.seed, start, |world| {
                let engine = SimEngine::new(world, options.roles.clone());
                conduct(plan, &options, Box::new(engine), recorder.clone())
            })
        }
        EngineKind::Local => {
            let engine = LocalEngine::new(&options.squall, &options.folder, plan.seed)?;
            runtime()?.block_on(conduct(plan, &options, Box::new(engine), recorder.clone()))
        }
        EngineKind::External => {
            let engine = ExternalEngine::new(plan, &options.squall, &options.folder)?;
            runtime()?.block_on(conduct(plan, &options, Box::new(engine), recorder.clone()))
        }
        EngineKind::Docker => runtime()?.block_on(async {
            let (images, folder) = (options.images.clone(), &options.folder);
            let engine = DockerEngine::new(images, folder, plan.seed).await?;
            conduct(plan, &options, Box::new(engine), recorder.clone()).await
        }),
    };
    let facts = recorder.finish().map_err(RunError::Facts)?;
    let ended = ended?;
    Ok(Played {
        drill: options.drill,
        facts,
        interrupted: ended.interrupted,
        unhealed: ended.unhealed,
        wall: began.elapsed(),
    })
}

/// Of an engine whose time is real.
fn runtime() -> Result<tokio::runtime::Runtime, RunError> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let built = builder.worker_threads(2).enable_all().build();
    built.map_err(RunError::io("cannot start the runtime"))
}

async fn conduct(
    plan: &Plan,
    options: &Options,
    engine: Box<dyn Engine>,
    recorder: Recorder,
) -> Result<crate::drill::Ended, RunError> {
    let (route, lead) = match options.engine {
        EngineKind::Sim => (Route::Plain, Some(LEAD)),
        EngineKind::Local | EngineKind::Docker => (Route::Client, None),
        // Its own sockets go to listed targets alone; the client's would go anywhere.
        EngineKind::External => (Route::Plain, None),
    };
    let props = Props {
        drill: options.drill,
        engine,
        levers: Box::new(Levers::new(route)),
        lead,
        recorder,
        progress: options.progress.clone(),
        wishes: options.stop.clone(),
    };
    Conductor::new(plan.clone(), props).play().await
}
