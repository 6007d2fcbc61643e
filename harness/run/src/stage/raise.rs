//! Raises the stack: the fault proxy, the name server, one proxy a link, carriers, nodes; then points
//! each proxy at its target and waits until all are healthy.
//!
//! Nodes are told the proxies' addresses, so a proxy exists before its target does.

use super::attach::Attached;
use super::authority::Authority;
use super::config::{Configs, Credentials};
use super::{Control, Directory, NAMES, PROXY};
use crate::engine::Engine;
use crate::levers::name;
use crate::levers::toxiproxy::{self, ProxyView};
use crate::probes;
use http::{Method, StatusCode};
use serde_json::json;
use squall_model::lever::{Stream, Toxic};
use squall_model::node_config::NodeConfig;
use squall_model::plan::Plan;
use squall_model::stack::{Link, LinkProtocol, RunAs, SENDER};
use squall_platform::time::{self, Instant};
use squall_wire::http::Client;
use std::collections::BTreeMap;
use std::time::Duration;

/// Where a proxy leads before its target has an address: nobody listens there.
const NOBODY: &str = "127.0.0.1:1";
/// How long the raised stack may take until every node says it is healthy.
const READY: Duration = Duration::from_secs(60);
/// Name of the latency toxic of a link that is slow at all times.
const BASE: &str = "base";

/// The raised stack. Levers, probes and collector share its [`Control`].
pub(crate) struct Stage {
    pub(crate) engine: Box<dyn Engine>,
    pub(crate) control: Control,
    pub(crate) credentials: Credentials,
    /// Program and configuration of every started node, for its next life.
    pub(crate) started: BTreeMap<String, (RunAs, NodeConfig)>,
    /// What was found of a stack that already runs.
    pub(super) attached: Attached,
}

impl Stage {
    pub(crate) fn new(engine: Box<dyn Engine>) -> Self {
        let harness = engine.harness();
        let credentials = match engine.account() {
            Some((account, secret)) => Credentials { account, secret },
            None => Credentials::draw(&mut harness.rng("credentials")),
        };
        let client = Client::new(harness, 4);
        let control = Control::new(client, Directory::default(), &engine.token());
        control.directory().set_numbers(engine.numbers());
        let (started, attached) = (BTreeMap::new(), Attached::default());
        Stage { engine, control, credentials, started, attached }
    }

    pub(crate) fn directory(&self) -> Directory {
        self.control.directory().clone()
    }

    /// Everything up and pointing at each other. `callback` is where the sender takes receipts.
    pub(crate) async fn raise(&mut self, plan: &Plan, callback: &str) -> Result<(), String> {
        let (directory, token) = (self.directory(), self.engine.token());
        let own = BTreeMap::from([("callback".to_owned(), callback.to_owned())]);
        directory.set_node(SENDER, own.into());
        let credentials = self.credentials.clone();
        let configs =
            Configs { plan, credentials: &credentials, token: &token, directory: &directory };
        self.start(&built_in("proxy"), configs.proxy()).await?;
        match &plan.stack.external {
            Some(external) => self.attach(plan, external).await?,
            None => {
                for link in &plan.stack.links {
                    self.create_proxy(link, &self.any()).await?;
                }
            }
        }
        self.name(plan, configs.names()).await?;
        let mut authority = self.authority(plan)?;
        for carrier in &plan.stack.carriers {
            let mut config = configs.node(&carrier.name);
            let shows = !plan.stack.links_by_tls(&carrier.name).is_empty();
            if let Some(authority) = authority.as_mut().filter(|_| shows) {
                config.identity = Some(authority.identity(&carrier.name)?);
            }
            self.start(&built_in("carrier"), config).await?;
        }
        for node in &plan.stack.nodes {
            if matches!(node.run, RunAs::Image(_)) {
                self.dials_somebody(plan, &node.name).await?;
            }
            self.start(&node.run, configs.node(&node.name)).await?;
        }
        for link in &plan.stack.links {
            if self.attached.leads(link) {
                self.point(link).await?;
            }
        }
        Ok(())
    }

    /// Programs of somebody else's may end at their start where nobody answers: what such a node dials,
    /// and stands before it in the stack, is ready by then, and its link leads there.
    async fn dials_somebody(&mut self, plan: &Plan, node: &str) -> Result<(), String> {
        let deadline = Instant::now() + READY;
        for link in plan.stack.links.iter().filter(|link| link.from == node) {
            if self.started.contains_key(&link.to) {
                self.wait_for(plan, &link.to, deadline).await?;
                self.point(link).await?;
            }
        }
        Ok(())
    }

    /// Starts a node that was started before, on its old disk, and leads its links to it.
    pub(crate) async fn start_again(&mut self, plan: &Plan, node: &str) -> Result<(), String> {
        let (run, config) =
            self.started.get(node).cloned().ok_or_else(|| format!("{node} was never started"))?;
        self.start(&run, config).await?;
        self.point_all(plan, node).await
    }

    /// A node is back on the network, maybe at another address.
    pub(crate) async fn mend(&mut self, plan: &Plan, node: &str) -> Result<(), String> {
        let Some(at) = self.engine.mend(node).await.map_err(|e| e.to_string())? else {
            return Ok(());
        };
        self.directory().set_node(node, at);
        self.point_all(plan, node).await
    }

    async fn point_all(&self, plan: &Plan, node: &str) -> Result<(), String> {
        for link in plan.stack.links.iter().filter(|link| link.to == node) {
            self.point(link).await?;
        }
        Ok(())
    }

    async fn start(&mut self, run: &RunAs, config: NodeConfig) -> Result<(), String> {
        let at = self.engine.start(run, &config).await.map_err(|e| e.to_string())?;
        self.directory().set_node(&config.node, at);
        self.started.insert(config.node.clone(), (run.clone(), config));
        Ok(())
    }

    /// Any port of the host on which nodes listen.
    pub(super) fn any(&self) -> String {
        format!("{}:0", self.engine.hosts().nodes)
    }

    pub(super) async fn create_proxy(&self, link: &Link, listen: &str) -> Result<(), String> {
        let id = link.id();
        let body = json!({ "name": id, "listen": listen, "upstream": NOBODY, "enabled": true });
        let answer = self.control.ask(PROXY, Method::POST, "/proxies", Some(body)).await?;
        let made: ProxyView = serde_json::from_slice(&answer)
            .map_err(|error| format!("unreadable answer for the proxy of {id}: {error}"))?;
        self.directory().set_link(&id, self.engine.dialled(PROXY, &made.listen));
        self.slow_down(link).await
    }

    /// A link that is slow at all times.
    pub(super) async fn slow_down(&self, link: &Link) -> Result<(), String> {
        let id = link.id();
        if link.latency.as_millis() > 0 {
            let toxic = Toxic {
                name: BASE.to_owned(),
                kind: "latency".into(),
                stream: Stream::Downstream,
                toxicity: 1.0,
                attributes: [("latency".to_owned(), link.latency.as_millis() as i64)].into(),
            };
            toxiproxy::add(&self.control, &id, &toxic).await?;
        }
        Ok(())
    }

    /// The name server, where some link is by name; each such name leads to its link's proxy.
    async fn name(&mut self, plan: &Plan, config: NodeConfig) -> Result<(), String> {
        let by_name: Vec<&Link> =
            plan.stack.links.iter().filter(|link| plan.stack.is_by_name(link)).collect();
        if by_name.is_empty() {
            return Ok(());
        }
        self.start(&built_in("names"), config).await?;
        let own = self.directory().control(NAMES).unwrap_or_default();
        name::lead(&self.control, name::BESIDE, &own).await?;
        for link in by_name {
            let proxy = self.directory().link(&link.id()).unwrap_or_default();
            name::lead(&self.control, &link.domain_name(), &proxy).await?;
        }
        Ok(())
    }

    /// Where some link speaks TLS; from then on the directory tells what to trust.
    fn authority(&self, plan: &Plan) -> Result<Option<Authority>, String> {
        if !plan.stack.links.iter().any(|link| link.protocol == LinkProtocol::Https) {
            return Ok(None);
        }
        let length = plan.end + plan.drain;
        let authority = Authority::new(self.engine.harness().unix_us(), length)?;
        self.directory().set_trust(authority.certificate());
        Ok(Some(authority))
    }

    /// Leads a link's proxy to where its target listens now, and reads that back.
    pub(super) async fn point(&self, link: &Link) -> Result<(), String> {
        let port = if link.to == SENDER { "callback" } else { &link.port };
        let upstream = self
            .directory()
            .port(&link.to, port)
            .ok_or_else(|| format!("{} reports no port \"{port}\"", link.to))?;
        toxiproxy::set_upstream(&self.control, &link.id(), &upstream).await
    }

    /// Resolves when every image answered in the protocol of its links, and then every built-in node
    /// its health endpoint with 200: who waits for a broker is healthy only once that is there.
    pub(crate) async fn ready(&mut self, plan: &Plan) -> Result<(), String> {
        let deadline = Instant::now() + READY;
        let started = self.started.iter().filter(|(node, _)| *node != PROXY);
        let (images, own): (Vec<_>, Vec<_>) =
            started.partition(|(_, (run, _))| matches!(run, RunAs::Image(_)));
        let names = |nodes: Vec<(&String, _)>| -> Vec<String> {
            nodes.into_iter().map(|(node, _)| node.clone()).collect()
        };
        for node in [names(images), names(own)].concat() {
            self.wait_for(plan, &node, deadline).await?;
        }
        Ok(())
    }

    async fn wait_for(&mut self, plan: &Plan, node: &str, deadline: Instant) -> Result<(), String> {
        while let Err(why) = self.look(plan, node).await {
            if let Some((node, status)) = self.engine.exits().into_iter().next() {
                return Err(format!("{node} ended before it was ready: {status}"));
            }
            if Instant::now() >= deadline {
                return Err(format!("{node} is not healthy after {READY:?}: {why}"));
            }
            time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Whether the node is ready; why not, if it is not.
    async fn look(&self, plan: &Plan, node: &str) -> Result<(), String> {
        let is_image = matches!(self.started.get(node), Some((RunAs::Image(_), _)));
        if !is_image && self.directory().control(node).is_some() {
            return match self.control.call(node, Method::GET, "/health", None).await? {
                (StatusCode::OK, _) => Ok(()),
                (status, body) => Err(format!("{status} {}", String::from_utf8_lossy(&body))),
            };
        }
        let (harness, directory) = (self.engine.harness(), self.directory());
        for link in plan.stack.links.iter().filter(|link| link.to == node) {
            let Some(address) = directory.beside(node, &link.port) else { continue };
            probes::ask(&harness, &address, link.protocol)
                .await
                .map_err(|error| format!("{} at {address}: {error}", link.port))?;
        }
        Ok(())
    }
}

fn built_in(role: &str) -> RunAs {
    RunAs::BuiltIn(role.to_owned())
}
