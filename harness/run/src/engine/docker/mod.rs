//! The docker engine: every node a container on networks of the run's own, time is real.
//!
//! A drill has two networks. Over `links` the nodes reach the fault proxy and the proxy reaches the
//! nodes; it leads nowhere else. Over `beside` the harness reaches control ports and the untouched
//! path of its probes; containers cannot reach each other there. A node that is cut off is taken
//! from the first and stays on the second, so its log can still be read. Only the ports
//! at which the harness looks at a node are published, on 127.0.0.1.

mod container;
mod daemon;
mod files;
pub mod images;
mod leftovers;
mod limits;
mod logs;
mod network;

pub use daemon::{Daemon, DaemonError, reach};
pub use leftovers::Leftover;

use super::folder::Folder;
use super::{
    Done, Engine, EngineError, Hosts, Life, Meter, Whereabouts, descriptors, journal, secret,
};
use crate::RunError;
use crate::stage::PROXY;
use bollard::Docker;
use container::{Container, Spec};
use futures::FutureExt;
use futures::future::{self, LocalBoxFuture};
use leftovers::Labels;
use network::Networks;
use squall_model::lever::Resource;
use squall_model::node_config::NodeConfig;
use squall_model::stack::{ImageFrom, RunAs, SENDER};
use squall_platform::{Node, time};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What is needed besides the daemon.
#[derive(Clone, Debug, Default)]
pub struct Props {
    /// The image that holds every built-in role.
    pub service: String,
    /// The tag of each image that a stack names.
    pub foreign: BTreeMap<ImageFrom, String>,
    /// A fault proxy of somebody else's, in place of ours.
    pub proxy: Option<String>,
}

pub struct DockerEngine {
    docker: Docker,
    props: Props,
    folder: Folder,
    harness: Node,
    token: String,
    labels: Labels,
    networks: Networks,
    nodes: BTreeMap<String, Container>,
    ended: Ended,
}

/// Containers that ended without being told to, as their watchers report them.
#[derive(Clone, Default)]
struct Ended(Arc<Mutex<Vec<(String, String)>>>);

impl Ended {
    fn list(&self) -> MutexGuard<'_, Vec<(String, String)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DockerEngine {
    /// Makes the networks of a drill.
    ///
    /// # Errors
    /// Where no daemon answers, or it refuses a network; then none is left.
    pub async fn new(props: Props, folder: &Path, seed: u64) -> Result<Self, RunError> {
        descriptors::raise_limit()?;
        let folder = Folder::open(folder)?;
        let draw = || secret::draw().map_err(RunError::io("cannot draw a secret"));
        let (token, id) = (draw()?, draw()?);
        let owner = journal::identify(std::process::id() as i32)
            .map_err(RunError::io("cannot read this process's start time"))?;
        let labels = Labels::new(&owner, &id[..8]);
        let daemon = reach().await.map_err(|error| RunError::Raise(error.to_string()))?;
        let docker = daemon.docker;
        let networks = Networks::create(&docker, &labels).await;
        if networks.is_err() {
            clear(&docker, &labels).await;
        }
        Ok(DockerEngine {
            networks: networks.map_err(RunError::Raise)?,
            docker,
            props,
            harness: Node::real(SENDER, folder.data(SENDER), seed),
            folder,
            token,
            labels,
            nodes: BTreeMap::new(),
            ended: Ended::default(),
        })
    }

    async fn raise(
        &mut self,
        run: &RunAs,
        config: &NodeConfig,
    ) -> Result<Whereabouts, EngineError> {
        let name = config.node.as_str();
        let failed = |why: String| EngineError::new(name, why);
        match self.look(name).await {
            Life::Dead => {}
            Life::Unknown => return Err(failed("the daemon does not say whether it runs".into())),
            Life::Running | Life::Frozen => return Err(failed("runs already".into())),
        }
        let (docker, networks) = (&self.docker, &self.networks);
        let node = match self.nodes.entry(name.to_owned()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let spec = Spec::of(run, config, &self.props).map_err(failed)?;
                new.insert(Container::new(&self.labels, spec))
            }
        };
        let started = node.start(docker, networks, config, &mut self.folder, &self.ended).await;
        self.folder.forget();
        started.map_err(failed)?;
        let at = node.whereabouts(docker, networks).await.map_err(failed)?;
        if name == PROXY && self.props.proxy.is_some() {
            self.harness_reaches(name, &at).await?;
        }
        Ok(at)
    }

    /// Somebody else's proxy does not say when it listens.
    async fn harness_reaches(&self, node: &str, at: &Whereabouts) -> Result<(), EngineError> {
        let address = at.links.get("control").cloned().unwrap_or_default();
        let deadline = time::Instant::now() + container::START;
        while let Err(error) = self.harness.connect(&address).await {
            if time::Instant::now() >= deadline {
                return Err(EngineError::new(node, format!("{address}: {error}")));
            }
            time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    async fn look(&self, node: &str) -> Life {
        match self.nodes.get(node) {
            Some(node) => node.life(&self.docker).await,
            None => Life::Dead,
        }
    }

    fn living(&mut self, node: &str) -> Result<&mut Container, EngineError> {
        self.nodes.get_mut(node).ok_or_else(|| EngineError::new(node, "is not running"))
    }

    async fn end(&mut self, node: &str, gracefully: bool) -> Result<(), EngineError> {
        if self.look(node).await == Life::Dead {
            return Err(EngineError::new(node, "is not running"));
        }
        let docker = self.docker.clone();
        let ended = self.living(node)?.end(&docker, gracefully).await;
        ended.map_err(|why| EngineError::new(node, why))
    }

    async fn part(&mut self, node: &str) -> Result<(), EngineError> {
        let (docker, networks) = (self.docker.clone(), self.networks.clone());
        let container = self.living(node)?.name().to_owned();
        networks.part(&docker, &container).await.map_err(|why| EngineError::new(node, why))
    }

    /// A dead one has no address; its next start tells that.
    async fn join(&mut self, node: &str) -> Result<Option<Whereabouts>, EngineError> {
        let (docker, networks) = (self.docker.clone(), self.networks.clone());
        let failed = |why: String| EngineError::new(node, why);
        let container = self.living(node)?;
        networks.join(&docker, container.name(), node).await.map_err(failed)?;
        match container.life(&docker).await {
            Life::Dead => Ok(None),
            _ => container.whereabouts(&docker, &networks).await.map(Some).map_err(failed),
        }
    }

    async fn lower_all(&mut self) {
        let docker = &self.docker;
        future::join_all(self.nodes.values_mut().map(|node| node.lower(docker))).await;
        self.clear_all().await;
    }

    async fn clear_all(&mut self) {
        clear(&self.docker, &self.labels).await;
        self.folder.forget();
    }
}

/// Removes whatever bears a drill's labels. What cannot be removed now is the next start's to sweep.
async fn clear(docker: &Docker, labels: &Labels) {
    if let Ok(things) = leftovers::of(docker, labels).await {
        let _ = leftovers::remove(docker, &things).await;
    }
}

impl Engine for DockerEngine {
    fn harness(&self) -> Node {
        self.harness.clone()
    }

    fn token(&self) -> String {
        self.token.clone()
    }

    fn hosts(&self) -> Hosts {
        Hosts { harness: self.networks.gateway.clone(), nodes: "0.0.0.0" }
    }

    fn start<'a>(&'a mut self, run: &'a RunAs, config: &'a NodeConfig) -> Done<'a, Whereabouts> {
        self.raise(run, config).boxed_local()
    }

    /// The proxy listens on all of its container's addresses; it is dialled at the one on `links`.
    fn dialled(&self, node: &str, listens: &str) -> String {
        let port = listens.rsplit_once(':').map_or(listens, |(_, port)| port);
        let host = self.nodes.get(node).map_or("", |node| node.address());
        format!("{host}:{port}")
    }

    fn stop<'a>(&'a mut self, node: &'a str) -> Done<'a, ()> {
        self.end(node, true).boxed_local()
    }

    fn kill<'a>(&'a mut self, node: &'a str) -> Done<'a, ()> {
        self.end(node, false).boxed_local()
    }

    fn freeze<'a>(&'a mut self, node: &'a str) -> Done<'a, ()> {
        async move {
            let docker = self.docker.clone();
            let name = self.living(node)?.name().to_owned();
            docker.pause_container(&name).await.map_err(|error| EngineError::new(node, error))
        }
        .boxed_local()
    }

    fn thaw<'a>(&'a mut self, node: &'a str) -> Done<'a, ()> {
        async move {
            let docker = self.docker.clone();
            let name = self.living(node)?.name().to_owned();
            docker.unpause_container(&name).await.map_err(|error| EngineError::new(node, error))
        }
        .boxed_local()
    }

    fn cut<'a>(&'a mut self, node: &'a str) -> Done<'a, ()> {
        self.part(node).boxed_local()
    }

    fn mend<'a>(&'a mut self, node: &'a str) -> Done<'a, Option<Whereabouts>> {
        self.join(node).boxed_local()
    }

    fn life<'a>(&'a mut self, node: &'a str) -> LocalBoxFuture<'a, Life> {
        async move { self.look(node).await }.boxed_local()
    }

    fn limit<'a>(&'a mut self, node: &'a str, of: Resource, to: Option<u64>) -> Done<'a, ()> {
        async move {
            let (docker, name) = (self.docker.clone(), self.living(node)?.name().to_owned());
            let set = limits::set(&docker, &name, of, to).await;
            set.map_err(|why| EngineError::new(node, why))
        }
        .boxed_local()
    }

    fn meter(&self) -> Option<Arc<dyn Meter>> {
        let (docker, labels) = (self.docker.clone(), self.labels.clone());
        Some(Arc::new(limits::Statistics { docker, labels }))
    }

    fn exits(&mut self) -> Vec<(String, String)> {
        std::mem::take(&mut *self.ended.list())
    }

    fn lower(&mut self) -> LocalBoxFuture<'_, ()> {
        self.lower_all().boxed_local()
    }

    fn end_now(&mut self) -> LocalBoxFuture<'_, ()> {
        self.clear_all().boxed_local()
    }
}
