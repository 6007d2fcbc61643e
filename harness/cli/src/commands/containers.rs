//! What the command line does with Docker: the daemon, the images, and what runs have left at it.

use crate::args::Proxy;
use crate::exit::Exit;
use anyhow::{Context, Error, Result, anyhow, bail};
use squall_model::plan::Plan;
use squall_model::stack::{ImageFrom, RunAs};
use squall_run::engine::docker::images::{self, Images};
use squall_run::engine::docker::{self, Daemon, DaemonError, Leftover, Props};
use std::collections::BTreeSet;
use std::future::Future;
use std::path::{Path, PathBuf};

/// Everything that the plans' containers run. Without a daemon there is nothing to play on: that is said
/// in one line, and `None`.
pub fn prepare(plans: &[Plan], stacks: PathBuf, proxy: Proxy) -> Result<Option<Props>> {
    with_daemon(async |daemon| {
        swept(daemon.sweep().await)?;
        let images = Images { daemon: &daemon, checkout: checkout()?, stacks, say: &say };
        let mut props = images.prepare(plans).await.map_err(Error::msg)?;
        if proxy == Proxy::Toxiproxy {
            props.proxy = Some(images.toxiproxy().await.map_err(Error::msg)?);
        }
        Ok(props)
    })
}

/// `squall images`: everything that any stack of `stacks/`, or any of those named, can need.
pub fn images(named: &[String]) -> Result<Exit> {
    let stacks = PathBuf::from("stacks");
    let missing = named.iter().find(|name| !stacks.join(name).join("stack.toml").is_file());
    if let Some(missing) = missing {
        bail!("there is no stack \"{missing}\" in {}/", stacks.display());
    }
    let made = with_daemon(async |daemon| {
        let wanted = of_stacks(&stacks, named)?;
        let images = Images { daemon: &daemon, checkout: checkout()?, stacks, say: &say };
        images.all(&wanted).await.map_err(Error::msg)
    })?;
    let Some(made) = made else { return Ok(Exit::Inconclusive) };
    made.iter().for_each(|made| println!("{made}"));
    Ok(Exit::Met)
}

/// What `act` gives; `None` where no daemon answers, which is said.
fn with_daemon<T>(act: impl AsyncFnOnce(Daemon) -> Result<T>) -> Result<Option<T>> {
    block_on(async {
        match docker::reach().await {
            Ok(daemon) => act(daemon).await.map(Some),
            Err(error) => {
                eprintln!("squall: {error}");
                Ok(None)
            }
        }
    })?
}

/// Folders with a Dockerfile, one below each stack's own; of all stacks where none is named.
fn of_stacks(stacks: &Path, named: &[String]) -> Result<BTreeSet<ImageFrom>> {
    let mut wanted = BTreeSet::new();
    let list = |folder: &Path| {
        std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))
    };
    let name = |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    for stack in list(stacks)? {
        let stack = stack?;
        let meant = named.is_empty() || named.contains(&name(&stack));
        if !meant || !stack.path().join("stack.toml").is_file() {
            continue;
        }
        for folder in list(&stack.path())? {
            let folder = folder?;
            if folder.path().join("Dockerfile").is_file() {
                wanted.insert(ImageFrom::Build(format!("{}/{}", name(&stack), name(&folder))));
            }
        }
    }
    Ok(wanted)
}

/// Whether a plan has nodes that only containers can be.
pub fn needs(plan: &Plan) -> bool {
    plan.stack.nodes.iter().any(|node| matches!(node.run, RunAs::Image(_)))
}

/// What the daemon is, and what dead runs have left at it.
pub fn state() -> Result<(String, Vec<Leftover>), String> {
    let asked = block_on(async {
        let daemon = docker::reach().await.map_err(|error| error.to_string())?;
        let left = daemon.left_over().await?;
        Ok((format!("Docker Engine {}", daemon.version), left))
    });
    asked.map_err(|error| error.to_string())?
}

/// Removes what dead runs have left, where a daemon answers. Says what it was, and how much.
pub fn sweep() -> Result<usize> {
    block_on(async {
        match docker::reach().await {
            Ok(daemon) => swept(daemon.sweep().await),
            Err(DaemonError::Away(_) | DaemonError::Foreign(_)) => Ok(0),
        }
    })?
}

fn swept(swept: Result<Vec<Leftover>, String>) -> Result<usize> {
    let swept = swept.map_err(|error| anyhow!("cannot clear up after earlier runs: {error}"))?;
    for left in &swept {
        eprintln!("squall: an earlier run died: removed {left}");
    }
    Ok(swept.len())
}

fn checkout() -> Result<PathBuf> {
    let here = std::env::current_dir().context("cannot tell the working directory")?;
    images::checkout(&here).map_err(Error::msg)
}

fn say(what: &str) {
    eprintln!("squall: {what}");
}

fn block_on<T>(future: impl Future<Output = T>) -> Result<T> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().build().context("cannot start a runtime")?;
    Ok(runtime.block_on(future))
}
