//! One node as a container: made, started, looked at, ended, removed.
//!
//! A container is made once and started again after a kill, so its files survive as a disk does.

use super::files::{self, Reader};
use super::leftovers::Labels;
use super::network::Networks;
use super::{Ended, Props, daemon, logs};
use crate::engine::folder::Folder;
use crate::engine::{Addresses, Life, Whereabouts};
use crate::stage::PROXY;
use bollard::Docker;
use bollard::errors::Error;
use bollard::models::{ContainerCreateBody, HostConfig, PortBinding};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, KillContainerOptionsBuilder, StopContainerOptionsBuilder,
    UploadToContainerOptionsBuilder, WaitContainerOptionsBuilder,
};
use daemon::said;
use futures::StreamExt;
use squall_model::node_config::NodeConfig;
use squall_model::stack::{Image, RunAs};
use squall_platform::time;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use tokio::task::JoinHandle;

/// First of the numbers that a built-in role's ports get, in the order of their names.
const FIRST_PORT: u16 = 7001;
/// Of Toxiproxy's API.
const TOXIPROXY_PORT: u16 = 8474;
/// Where a built-in role finds what it is told, and keeps what it knows.
const CONFIG: &str = "config.json";
const DATA: &str = "/squall/data";
/// How long a role may take to listen; a container to stop when asked to, and to be gone.
pub(super) const START: Duration = Duration::from_secs(30);
const STOP_S: i32 = 5;

/// What a container is made from.
pub(super) struct Spec {
    node: String,
    image: String,
    command: Option<Vec<String>>,
    env: Vec<String>,
    ports: BTreeMap<String, u16>,
    /// Templates of files that it wants to find, by their paths.
    files: BTreeMap<String, String>,
    /// Says on its standard output when it listens, as built-in roles do.
    says_ready: bool,
}

impl Spec {
    pub(super) fn of(run: &RunAs, config: &NodeConfig, props: &Props) -> Result<Spec, String> {
        match run {
            RunAs::BuiltIn(_) if config.node == PROXY && props.proxy.is_some() => {
                Ok(Spec::toxiproxy(config, props.proxy.clone().unwrap_or_default()))
            }
            RunAs::BuiltIn(role) => Ok(Spec::role(role, config, props)),
            RunAs::Image(image) => Spec::image(image, config, props),
        }
    }

    fn role(role: &str, config: &NodeConfig, props: &Props) -> Spec {
        let config_path = format!("/squall/{CONFIG}");
        let command = ["serve", role, "--config", &config_path, "--data", DATA];
        Spec {
            node: config.node.clone(),
            image: props.service.clone(),
            command: Some(command.map(str::to_owned).to_vec()),
            env: Vec::new(),
            ports: config.listen.keys().cloned().zip(FIRST_PORT..).collect(),
            files: BTreeMap::new(),
            says_ready: true,
        }
    }

    /// Upstream's, which listens on loopback unless it is told otherwise.
    fn toxiproxy(config: &NodeConfig, image: String) -> Spec {
        Spec {
            node: config.node.clone(),
            image,
            command: Some(vec!["-host=0.0.0.0".to_owned()]),
            env: Vec::new(),
            ports: [("control".to_owned(), TOXIPROXY_PORT)].into(),
            files: BTreeMap::new(),
            says_ready: false,
        }
    }

    fn image(image: &Image, config: &NodeConfig, props: &Props) -> Result<Spec, String> {
        let tag = props.foreign.get(&image.from);
        Ok(Spec {
            node: config.node.clone(),
            image: tag.ok_or_else(|| format!("there is no image of {}", image.from))?.clone(),
            command: (!image.command.is_empty()).then(|| image.command.clone()),
            env: image.env.iter().map(|(key, value)| format!("{key}={value}")).collect(),
            ports: image.ports.clone(),
            files: image.files.clone(),
            says_ready: false,
        })
    }
}

/// The ports at which the harness looks at a node, the only ones that are published: control ports, and
/// every port of an image, which has none. A published port refuses as soon as its container is dead; at
/// a container's own address there is silence then.
fn is_published(port: &str, role: bool) -> bool {
    !role || matches!(port, "admin" | "control")
}

pub(super) struct Container {
    name: String,
    spec: Spec,
    labels: Labels,
    /// There, and on the network of links.
    made: bool,
    /// How often it was started.
    lives: u64,
    /// On the network of links, as last seen.
    address: String,
    /// Its present life shall end, or was ended by a lever.
    planned: Arc<AtomicBool>,
    log: Option<JoinHandle<()>>,
}

impl Container {
    /// One that is not made yet: its first start makes it.
    pub(super) fn new(labels: &Labels, spec: Spec) -> Container {
        Container {
            name: labels.name(&spec.node),
            spec,
            labels: labels.clone(),
            made: false,
            lives: 0,
            address: String::new(),
            planned: Arc::default(),
            log: None,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Its first life or another; resolves when a built-in role listens, and else when it runs.
    pub(super) async fn start(
        &mut self,
        docker: &Docker,
        networks: &Networks,
        config: &NodeConfig,
        folder: &mut Folder,
        ended: &Ended,
    ) -> Result<(), String> {
        if !self.made {
            self.make(docker, networks).await?;
        }
        if self.spec.says_ready {
            self.tell(docker, config, folder).await?;
        } else if !self.spec.files.is_empty() {
            self.configure(docker, config, folder).await?;
        }
        self.lives += 1;
        let (follower, ready) =
            logs::follow(docker, &self.name, folder.log(&self.spec.node)).await?;
        self.log = Some(follower);
        self.planned = Arc::default();
        docker.start_container(&self.name, None).await.map_err(said)?;
        self.watch(docker, ended);
        if !self.spec.says_ready {
            return Ok(());
        }
        match time::timeout(START, ready).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(folder.last_words(&self.spec.node)),
            Err(_) => Err(format!("did not listen within {} seconds", START.as_secs())),
        }
    }

    async fn make(&mut self, docker: &Docker, networks: &Networks) -> Result<(), String> {
        let options = CreateContainerOptionsBuilder::default().name(&self.name).build();
        let body = body(&self.spec, self.labels.all(&self.spec.node), &networks.beside);
        docker.create_container(Some(options), body).await.map_err(said)?;
        networks.join(docker, &self.name, &self.spec.node).await?;
        self.made = true;
        Ok(())
    }

    /// Puts a role's configuration into its container: its ports are known by number beforehand.
    async fn tell(
        &self,
        docker: &Docker,
        config: &NodeConfig,
        folder: &mut Folder,
    ) -> Result<(), String> {
        let at = |(port, number): (&String, &u16)| (port.clone(), format!("0.0.0.0:{number}"));
        let listen = self.spec.ports.iter().map(at).collect();
        let config = NodeConfig { listen, past_lives: self.lives, ..config.clone() };
        let told = folder.tell(&config).and_then(std::fs::read).and_then(|bytes| archive(&bytes));
        let archive = told.map_err(|error| error.to_string())?;
        self.put(docker, "/squall", archive).await
    }

    /// Puts an image's configuration files into its container, and keeps them without their secrets.
    async fn configure(
        &self,
        docker: &Docker,
        config: &NodeConfig,
        folder: &Folder,
    ) -> Result<(), String> {
        let shown = files::render(&self.spec.files, config, Reader::People)?;
        folder.keep(&self.spec.node, &shown).map_err(|error| error.to_string())?;
        let told = files::render(&self.spec.files, config, Reader::Program)?;
        let archive = files::archive(&told).map_err(|error| error.to_string())?;
        self.put(docker, "/", archive).await
    }

    /// Unpacks a tar archive in its container.
    async fn put(&self, docker: &Docker, at: &str, archive: Vec<u8>) -> Result<(), String> {
        let options = UploadToContainerOptionsBuilder::default().path(at).build();
        let body = bollard::body_full(archive.into());
        docker.upload_to_container(&self.name, Some(options), body).await.map_err(said)
    }

    /// Puts its name on the list when this life ends without anybody having wanted it.
    fn watch(&self, docker: &Docker, ended: &Ended) {
        let (docker, name, node) = (docker.clone(), self.name.clone(), self.spec.node.clone());
        let (planned, ended) = (self.planned.clone(), ended.clone());
        tokio::spawn(async move {
            let options = WaitContainerOptionsBuilder::default().condition("not-running").build();
            let mut waiting = Box::pin(docker.wait_container(&name, Some(options)));
            let status = match waiting.next().await {
                Some(Ok(gone)) => format!("exit status: {}", gone.status_code),
                Some(Err(Error::DockerContainerWaitError { code, .. })) => {
                    format!("exit status: {code}")
                }
                // Removed, or the daemon is gone: its life is looked at in other ways too.
                Some(Err(_)) | None => return,
            };
            if !planned.load(Relaxed) {
                ended.list().push((node, status));
            }
        });
    }

    /// # Errors
    /// Where the daemon does not tell.
    pub(super) async fn whereabouts(
        &mut self,
        docker: &Docker,
        networks: &Networks,
    ) -> Result<Whereabouts, String> {
        let seen = docker.inspect_container(&self.name, None).await.map_err(said)?;
        let settings = seen.network_settings.unwrap_or_default();
        let on = settings.networks.unwrap_or_default();
        let address = |network: &str| {
            Networks::address(&on, network)
                .ok_or_else(|| format!("has no address on network {network}"))
        };
        self.address = address(&networks.links)?;
        let host = address(&networks.beside)?;
        let published = settings.ports.unwrap_or_default();
        let at = |host: &str| -> Addresses {
            let port = |(name, number): (&String, &u16)| (name.clone(), format!("{host}:{number}"));
            self.spec.ports.iter().map(port).collect()
        };
        let mut beside = at(&host);
        let looked_at = |port: &str| is_published(port, self.spec.says_ready);
        for (port, number) in self.spec.ports.iter().filter(|(port, _)| looked_at(port)) {
            let bindings = published.get(&format!("{number}/tcp")).cloned().flatten();
            let binding = bindings.and_then(|bindings| bindings.into_iter().next());
            let host_port = binding.and_then(|binding| binding.host_port);
            let host_port = host_port.ok_or_else(|| format!("port {port} is not published"))?;
            beside.insert(port.clone(), format!("127.0.0.1:{host_port}"));
        }
        Ok(Whereabouts { links: at(&self.address), beside })
    }

    pub(super) async fn life(&self, docker: &Docker) -> Life {
        let state = match docker.inspect_container(&self.name, None).await {
            Ok(seen) => seen.state.unwrap_or_default(),
            Err(Error::DockerResponseServerError { status_code: 404, .. }) => return Life::Dead,
            Err(_) => return Life::Unknown,
        };
        match (state.running.unwrap_or(false), state.paused.unwrap_or(false)) {
            (true, true) => Life::Frozen,
            (true, false) => Life::Running,
            (false, _) => Life::Dead,
        }
    }

    /// By SIGTERM, and SIGKILL after a while, or by SIGKILL at once.
    pub(super) async fn end(&mut self, docker: &Docker, gracefully: bool) -> Result<(), String> {
        self.planned.store(true, Relaxed);
        if gracefully {
            let options = StopContainerOptionsBuilder::default().t(STOP_S).build();
            docker.stop_container(&self.name, Some(options)).await.map_err(said)?;
        } else {
            let options = KillContainerOptionsBuilder::default().signal("SIGKILL").build();
            docker.kill_container(&self.name, Some(options)).await.map_err(said)?;
        }
        // The output ends with the life.
        if let Some(log) = self.log.take() {
            let _ = time::timeout(Duration::from_secs(5), log).await;
        }
        Ok(())
    }

    /// Asked to end with the run, whatever its state.
    pub(super) async fn lower(&mut self, docker: &Docker) {
        let _ = docker.unpause_container(&self.name).await;
        let _ = self.end(docker, true).await;
    }
}

fn body(spec: &Spec, labels: HashMap<String, String>, network: &str) -> ContainerCreateBody {
    let numbers: BTreeSet<String> = spec.ports.values().map(|n| format!("{n}/tcp")).collect();
    let publish = |number: u16| {
        let binding =
            PortBinding { host_ip: Some("127.0.0.1".into()), host_port: Some(String::new()) };
        (format!("{number}/tcp"), Some(vec![binding]))
    };
    let looked_at = |port: &str| is_published(port, spec.says_ready);
    let published = spec.ports.iter().filter(|(port, _)| looked_at(port));
    ContainerCreateBody {
        hostname: Some(spec.node.clone()),
        image: Some(spec.image.clone()),
        cmd: spec.command.clone(),
        env: Some(spec.env.clone()),
        exposed_ports: Some(numbers.into_iter().collect()),
        labels: Some(labels),
        host_config: Some(HostConfig {
            network_mode: Some(network.to_owned()),
            port_bindings: Some(published.map(|(_, number)| publish(*number)).collect()),
            ..HostConfig::default()
        }),
        ..ContainerCreateBody::default()
    }
}

/// A folder of one file that its owner alone may read.
fn archive(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o600);
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_data(&mut header, CONFIG, bytes)?;
    archive.into_inner()
}
