//! One role in the foreground of this process, until it is asked to stop.
//!
//! Ready is one line on standard output, `{"addresses":{"port":"host:port"}}`; everything else goes
//! to standard error.

use crate::{Start, roles};
use nix::sys::prctl;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;
use nix::unistd::getppid;
use squall_model::node_config::NodeConfig;
use squall_platform::Node;
use squall_platform::rng::{self, Draw};
use std::io::Write;
use std::path::PathBuf;
use thiserror::Error;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

/// Workers of a role's runtime: one for its sockets and timers, one for whatever keeps the first
/// busy.
const WORKERS: usize = 2;

/// Where and for whom a role runs.
#[derive(Clone, Debug)]
pub struct Process {
    /// Directory of the node's files.
    pub data: PathBuf,
    /// The process this one shall not outlive.
    pub parent: Option<i32>,
}

#[derive(Debug, Error)]
pub enum ServeError {
    #[error("no role \"{given}\"; there is: {known}")]
    Unknown { given: String, known: String },
    #[error("{0}")]
    Start(String),
    #[error("{what}: {source}")]
    System {
        what: &'static str,
        #[source]
        source: std::io::Error,
    },
}

/// Serves `role` until SIGTERM or SIGINT, or until it ends by itself.
///
/// # Errors
/// An unknown role, one that cannot start, or an operating system that refuses.
pub fn serve(role: &str, config: NodeConfig, process: Process) -> Result<(), ServeError> {
    let start = *roles().get(role).ok_or_else(|| {
        let known = roles().into_keys().collect::<Vec<_>>().join(", ");
        ServeError::Unknown { given: role.to_owned(), known }
    })?;
    run(role, start, config, process)
}

/// [`serve`] for a role that need not be in the table.
///
/// # Errors
/// As [`serve`].
pub fn run(
    role: &str,
    start: Start,
    config: NodeConfig,
    process: Process,
) -> Result<(), ServeError> {
    if let Some(parent) = process.parent {
        die_with(parent)?;
    }
    let _ = allow_files();
    let runtime = runtime(role).map_err(system("cannot start the runtime"))?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate()).map_err(system("SIGTERM"))?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(system("SIGINT"))?;
        let node = Node::real(&config.node, process.data, seed(&config));
        let mut running = start(node, config).await.map_err(ServeError::Start)?;
        ready(&running.addresses).map_err(system("cannot say that it is ready"))?;
        tokio::select! {
            biased;
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = running.stopped.wait() => {
                return Err(ServeError::Start(format!("{role} ended by itself")));
            }
        }
        running.stop.ask();
        running.stopped.wait().await;
        Ok(())
    })
}

/// As many open files as the hard limit allows: where it is refused, the soft one has to do.
fn allow_files() -> nix::Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard)
}

/// A role that does nothing but move octets between sockets has nothing to hand to a second thread:
/// waking one costs it more than the work that it would take over.
fn runtime(role: &str) -> std::io::Result<Runtime> {
    match role {
        "proxy" => Builder::new_current_thread().enable_all().build(),
        _ => Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build(),
    }
}

/// Of the node's own draws: another in each life, or a service would give out the identifiers of its
/// first life again.
fn seed(config: &NodeConfig) -> u64 {
    match config.past_lives {
        0 => config.seed,
        past => rng::derive(config.seed, &config.node, &format!("life {past}")).random(),
    }
}

fn ready(addresses: &std::collections::BTreeMap<String, String>) -> std::io::Result<()> {
    let line = serde_json::json!({ "addresses": addresses });
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Asks the kernel to kill this process when its parent is gone, and looks whether it is already.
fn die_with(parent: i32) -> Result<(), ServeError> {
    prctl::set_pdeathsig(Signal::SIGKILL)
        .map_err(|errno| system("cannot tie itself to its parent")(errno.into()))?;
    if getppid().as_raw() == parent {
        return Ok(());
    }
    Err(ServeError::Start("its parent is gone".into()))
}

fn system(what: &'static str) -> impl FnOnce(std::io::Error) -> ServeError {
    move |source| ServeError::System { what, source }
}
