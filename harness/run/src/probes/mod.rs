//! Looks through the very links and at the very nodes that faults act on, before, during and after.
//!
//! Each target is looked at on a connection made for the look and on one kept open; links and names
//! also on an untouched control path beside them. A probe is no message: it is outside the accounting.

mod brokers;
mod exchange;
mod schedule;

use crate::clock::DrillClock;
use crate::levers::name::BESIDE;
use crate::recorder::Recorder;
use crate::stage::{Directory, NAMES, QUESTIONS};
use exchange::{Talk, Unresolved};
use schedule::Schedule;
use squall_model::fact::{Fact, Probe, ProbePath, ProbeSaw, ProbeTarget};
use squall_model::fault::Watch;
use squall_model::plan::Plan;
use squall_model::stack::{LinkProtocol, RunAs, SENDER};
use squall_model::units::Micros;
use squall_platform::running::Stopping;
use squall_platform::{Node, Task, time};
use squall_wire::tls::{Connector, TlsError};
use std::collections::BTreeMap;
use std::io;
use tokio::io::{AsyncRead, AsyncWrite};

/// Patience with an answer, over what the link's own latency and the fault may add.
const PATIENCE: Micros = Micros::from_secs(1);
/// Fresh connections a round where a fault takes only a share of them.
const DRAWS_PER_ROUND: usize = 5;

/// What a prober looks at.
#[derive(Clone, Debug)]
struct Target {
    name: ProbeTarget,
    schedule: Schedule,
    patience: Micros,
    fresh_per_round: usize,
}

/// Starts every prober the plan asks for; they end when `stop` is asked for.
pub(crate) fn start(
    plan: &Plan,
    node: &Node,
    directory: &Directory,
    clock: DrillClock,
    recorder: &Recorder,
    stop: &Stopping,
) -> Vec<Task> {
    let mut tasks = Vec::new();
    for target in targets(plan) {
        let paths: &[ProbePath] = match target.name {
            ProbeTarget::Link(_) | ProbeTarget::Name(_) => {
                &[ProbePath::New, ProbePath::Existing, ProbePath::Control]
            }
            ProbeTarget::Node(_) => &[ProbePath::New, ProbePath::Existing],
        };
        for path in paths {
            let prober = Prober {
                target: target.clone(),
                path: *path,
                talk: match beside(plan, directory, &target.name, *path) {
                    true => Talk::Http,
                    false => talk(plan, &target.name, *path),
                },
                tls: tls(plan, &target.name, node, directory),
                plan_port: port(plan, &target.name),
                node: node.clone(),
                directory: directory.clone(),
                clock,
                recorder: recorder.clone(),
                kept: None,
            };
            tasks.push(node.spawn(prober.run(stop.clone())));
        }
    }
    tasks
}

/// The targets of all watches, and one node that no fault touches beside watched nodes.
fn targets(plan: &Plan) -> Vec<Target> {
    let mut found: BTreeMap<ProbeTarget, Target> = BTreeMap::new();
    for fault in &plan.faults {
        for watch in &fault.watches {
            let (name, slower, fresh) = match watch {
                Watch::Lost { target, .. } => (target.clone(), Micros::ZERO, 1),
                Watch::Slower { link, by } => (ProbeTarget::Link(link.clone()), *by, 1),
                Watch::SomeLost { link, .. } => {
                    (ProbeTarget::Link(link.clone()), Micros::ZERO, DRAWS_PER_ROUND)
                }
                Watch::Unresolved { link } => (ProbeTarget::Name(link.clone()), Micros::ZERO, 1),
                Watch::Untrusted { link } => (ProbeTarget::Link(link.clone()), Micros::ZERO, 1),
                Watch::Draws { .. }
                | Watch::Hits { .. }
                | Watch::Full { .. }
                | Watch::Faster { .. }
                | Watch::HeldBack { .. } => continue,
            };
            let patience = PATIENCE + latency(plan, &name) + latency(plan, &name) + slower + slower;
            let target = found.entry(name.clone()).or_insert_with(|| Target {
                name,
                schedule: Schedule::default(),
                patience,
                fresh_per_round: fresh,
            });
            target.schedule.add(fault.window);
            target.patience = target.patience.max(patience);
            target.fresh_per_round = target.fresh_per_round.max(fresh);
        }
    }
    found.extend(witness(plan, &found));
    found.into_values().collect()
}

/// A node beside the watched ones, so that their silence is not the harness's own.
fn witness(plan: &Plan, watched: &BTreeMap<ProbeTarget, Target>) -> Option<(ProbeTarget, Target)> {
    let nodes: Vec<&Target> =
        watched.values().filter(|t| matches!(t.name, ProbeTarget::Node(_))).collect();
    let first = nodes.first()?;
    let names = plan.stack.nodes.iter().map(|node| &node.name);
    let name = names
        .chain(plan.stack.carriers.iter().map(|carrier| &carrier.name))
        .map(|name| ProbeTarget::Node(name.clone()))
        .find(|name| !watched.contains_key(name))?;
    let mut target = Target { name: name.clone(), ..(*first).clone() };
    for node in nodes {
        target.schedule.join(&node.schedule);
    }
    Some((name, target))
}

fn latency(plan: &Plan, target: &ProbeTarget) -> Micros {
    match target {
        ProbeTarget::Link(id) => link(plan, id).map_or(Micros::ZERO, |link| link.latency),
        ProbeTarget::Node(_) | ProbeTarget::Name(_) => Micros::ZERO,
    }
}

fn link<'a>(plan: &'a Plan, id: &str) -> Option<&'a squall_model::stack::Link> {
    plan.stack.links.iter().find(|link| link.id() == id)
}

fn talk(plan: &Plan, target: &ProbeTarget, path: ProbePath) -> Talk {
    match target {
        ProbeTarget::Link(id) => link(plan, id).map_or(Talk::Http, |link| link.protocol.into()),
        ProbeTarget::Node(node) => {
            front(plan, node).map_or(Talk::Http, |link| link.protocol.into())
        }
        ProbeTarget::Name(id) => {
            let own = link(plan, id).filter(|_| path != ProbePath::Control);
            let name = own.map_or_else(|| BESIDE.to_owned(), |link| link.domain_name());
            Talk::Name(format!("_https._tcp.{name}"))
        }
    }
}

/// Whether the path beside a link is its target's control port: of a stack that already runs no other
/// may be in reach.
fn beside(plan: &Plan, directory: &Directory, target: &ProbeTarget, path: ProbePath) -> bool {
    let known = port(plan, target).is_some_and(|(to, port)| directory.beside(&to, &port).is_some());
    path == ProbePath::Control && matches!(target, ProbeTarget::Link(_)) && !known
}

/// How a link that speaks TLS is verified, and by which name. `None` for all else, and where there is
/// nothing to trust: then the handshake fails, which is seen.
fn tls(
    plan: &Plan,
    target: &ProbeTarget,
    node: &Node,
    directory: &Directory,
) -> Option<(Connector, String)> {
    let ProbeTarget::Link(id) = target else { return None };
    let link = link(plan, id).filter(|link| link.protocol == LinkProtocol::Https)?;
    let connector = Connector::new(node, &directory.trust()?).ok()?;
    Some((connector, link.to.clone()))
}

/// Somebody else's program has no control port: it is looked at where its first link leads.
fn front<'a>(plan: &'a Plan, node: &str) -> Option<&'a squall_model::stack::Link> {
    let image = |node: &squall_model::stack::Node| matches!(node.run, RunAs::Image(_));
    plan.stack.node(node).filter(|node| image(node))?;
    plan.stack.links.iter().find(|link| link.to == node)
}

/// One look at a node that listens for `protocol`.
pub(crate) async fn ask(node: &Node, address: &str, protocol: LinkProtocol) -> io::Result<()> {
    let asked = time::timeout(PATIENCE.std(), async {
        let mut stream = node.connect(address).await?;
        Talk::from(protocol).exchange(&mut stream).await
    });
    asked.await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Node and port at the far end of a link; of a node, where it is looked at.
fn port(plan: &Plan, target: &ProbeTarget) -> Option<(String, String)> {
    let link = match target {
        ProbeTarget::Link(id) => link(plan, id)?,
        ProbeTarget::Node(node) => front(plan, node)?,
        ProbeTarget::Name(_) => return None,
    };
    let port = if link.to == SENDER { "callback" } else { link.port.as_str() };
    Some((link.to.clone(), port.to_owned()))
}

/// One target on one path.
struct Prober {
    target: Target,
    path: ProbePath,
    talk: Talk,
    tls: Option<(Connector, String)>,
    plan_port: Option<(String, String)>,
    node: Node,
    directory: Directory,
    clock: DrillClock,
    recorder: Recorder,
    /// The connection kept open, and where it leads.
    kept: Option<(String, Box<dyn Wire>)>,
}

/// A connection, with TLS or without.
trait Wire: AsyncRead + AsyncWrite + Unpin + Send + Sync {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send + Sync> Wire for S {}

impl Prober {
    async fn run(mut self, mut stop: Stopping) {
        loop {
            let next = self.clock.instant(self.target.schedule.after(self.clock.now()));
            tokio::select! {
                biased;
                () = stop.asked() => return,
                () = time::sleep_until(next) => {}
            }
            let rounds = if self.path == ProbePath::New { self.target.fresh_per_round } else { 1 };
            for _ in 0..rounds {
                tokio::select! {
                    biased;
                    () = stop.asked() => return,
                    () = self.look() => {}
                }
            }
        }
    }

    async fn look(&mut self) {
        let sent = self.clock.now();
        let saw = match time::timeout(self.target.patience.std(), self.ask()).await {
            Ok(Ok(())) => ProbeSaw::Answer { rtt: self.clock.now() - sent },
            Ok(Err(error)) => broken(&error),
            Err(_) => ProbeSaw::Silence,
        };
        self.recorder.write(&Fact::Probe(Probe {
            at: self.clock.now(),
            sent,
            target: self.target.name.clone(),
            path: self.path,
            saw,
        }));
    }

    /// Asks and waits for the answer. The kept connection is put back only after an answer: a late
    /// one must not be taken for the next.
    async fn ask(&mut self) -> io::Result<()> {
        let address = self.address().ok_or(io::ErrorKind::ConnectionRefused)?;
        let keep = matches!(self.path, ProbePath::Existing | ProbePath::Control);
        let stream = match self.kept.take().filter(|(to, _)| keep && *to == address) {
            Some((_, mut stream)) => {
                self.talk.again(&mut stream).await?;
                stream
            }
            None => {
                let mut stream = self.connect(&address).await?;
                self.talk.exchange(&mut stream).await?;
                stream
            }
        };
        if keep {
            self.kept = Some((address, stream));
        }
        Ok(())
    }

    async fn connect(&self, address: &str) -> io::Result<Box<dyn Wire>> {
        let stream = self.node.connect(address).await?;
        let Some((connector, name)) = &self.tls else { return Ok(Box::new(stream)) };
        let stream = connector.connect(name, stream).await.map_err(io::Error::other)?;
        Ok(Box::new(stream))
    }

    fn address(&self) -> Option<String> {
        match (&self.target.name, self.path) {
            (ProbeTarget::Link(_), ProbePath::Control) => {
                let (node, port) = self.plan_port.as_ref()?;
                self.directory.beside(node, port).or_else(|| self.directory.control(node))
            }
            (ProbeTarget::Link(id), _) => self.directory.link(id),
            (ProbeTarget::Node(node), _) => match &self.plan_port {
                Some((node, port)) => self.directory.beside(node, port),
                None => self.directory.control(node),
            },
            (ProbeTarget::Name(_), _) => self.directory.beside(NAMES, QUESTIONS),
        }
    }
}

/// In which way a look came to nothing.
fn broken(error: &io::Error) -> ProbeSaw {
    let told = error.get_ref();
    let untrusted = told.and_then(|why| why.downcast_ref::<TlsError>());
    match error.kind() {
        io::ErrorKind::ConnectionRefused => ProbeSaw::Refused,
        _ if told.is_some_and(|why| why.is::<Unresolved>()) => ProbeSaw::Unresolved,
        _ if matches!(untrusted, Some(TlsError::Untrusted { .. })) => ProbeSaw::Untrusted,
        _ => ProbeSaw::Closed,
    }
}
