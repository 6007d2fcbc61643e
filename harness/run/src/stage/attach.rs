//! Attaches to a stack that already runs, and leaves it as it was found.
//!
//! What is found is written down before anything is changed. Toxics, switched-off proxies and
//! behaviours that stand already are somebody's own experiment: the drill does not begin on top of it.

use super::raise::Stage;
use super::{Control, Directory, PROXY};
use crate::levers::{behaviour, setting, toxiproxy};
use http::Method;
use serde::{Deserialize, Serialize};
use squall_model::external::External;
use squall_model::lever::LeverCall;
use squall_model::plan::Plan;
use squall_model::stack::{Link, SENDER};
use squall_platform::time::{self, Instant};
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::time::Duration;

/// How long what an earlier drill left under way may take to arrive.
const SETTLED: Duration = Duration::from_secs(30);
/// Settings that no drill changes.
const CREDENTIALS: [&str; 2] = ["account", "secret"];
/// Entries of a carrier's log asked for at once.
const PAGE: u64 = 5_000;

/// What is found of a stack that already runs. Empty for one that an engine raises.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Attached {
    /// Link → what its proxy leads to; `None` where the proxy is made for the run.
    proxies: BTreeMap<String, Option<String>>,
    /// Node → its settings; what it did not name itself is the stack's word.
    settings: BTreeMap<String, BTreeMap<String, String>>,
    /// Carriers, each without a behaviour.
    carriers: BTreeSet<String>,
    /// Links whose proxies the run leads to their targets; all where it is `None`.
    #[serde(skip)]
    led: Option<BTreeSet<String>>,
}

#[derive(Deserialize)]
struct LogPage {
    next: u64,
    entries: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Waiting {
    #[serde(default)]
    backlog: u64,
}

impl Attached {
    pub(super) fn leads(&self, link: &Link) -> bool {
        self.led.as_ref().is_none_or(|led| led.contains(&link.id()))
    }

    /// Puts everything back and reads it back; what could not be is returned.
    pub(crate) async fn restore(&self, control: &Control) -> Vec<String> {
        let mut left = Vec::new();
        for (link, found) in &self.proxies {
            let restored = match found {
                Some(upstream) => toxiproxy::put_back(control, link, upstream).await,
                None => toxiproxy::delete(control, link).await,
            };
            left.extend(restored.err().map(|why| format!("the proxy of {link}: {why}")));
        }
        for (node, before) in &self.settings {
            let restored = put_back(control, node, before).await;
            left.extend(restored.err().map(|why| format!("the settings of {node}: {why}")));
        }
        for carrier in &self.carriers {
            let cleared = clear(control, carrier).await;
            left.extend(cleared.err().map(|why| format!("the behaviours of {carrier}: {why}")));
        }
        left
    }
}

/// Of a setting that neither the node nor the stack named nobody can have changed the value.
async fn put_back(
    control: &Control,
    node: &str,
    before: &BTreeMap<String, String>,
) -> Result<(), String> {
    let now: BTreeMap<String, String> = control.get(node, "/settings").await?;
    for (key, was) in before.iter().filter(|(key, was)| now.get(*key).is_some_and(|it| it != *was))
    {
        setting::set(control, node, key, was).await?;
    }
    Ok(())
}

async fn clear(control: &Control, carrier: &str) -> Result<(), String> {
    for name in behaviour::in_force(control, carrier).await?.keys() {
        behaviour::clear(control, carrier, name).await?;
    }
    Ok(())
}

/// Everything that already runs, where the harness finds it.
pub(crate) fn place(directory: &Directory, external: &External) {
    for (name, ports) in &external.nodes {
        directory.set_node(name, ports.clone().into());
    }
}

impl Stage {
    /// Looks at everything, writes it down, and makes the proxies that are not there yet.
    pub(super) async fn attach(&mut self, plan: &Plan, external: &External) -> Result<(), String> {
        place(&self.directory(), external);
        self.attached.led = Some(BTreeSet::new());
        for link in &plan.stack.links {
            self.find_proxy(plan, external, link).await?;
        }
        for node in external.nodes.keys().filter(|node| external.tells(node)) {
            let found: BTreeMap<String, String> = self.control.get(node, "/settings").await?;
            let mut settings = plan.stack.settings.clone();
            settings.retain(|key, _| !CREDENTIALS.contains(&key.as_str()));
            settings.extend(plan.stack.node(node).into_iter().flat_map(|it| it.settings.clone()));
            settings.extend(found);
            self.attached.settings.insert(node.clone(), settings);
        }
        // Before the logs are opened: what arrives by then is in them already.
        self.settled(external).await?;
        for carrier in plan.stack.carriers.iter().filter(|one| external.runs(&one.name)) {
            self.open_log(&carrier.name).await?;
            self.attached.carriers.insert(carrier.name.clone());
        }
        let found = serde_json::to_string(&self.attached).map_err(|error| error.to_string())?;
        self.engine.remember(&found).map_err(|error| error.to_string())?;
        for link in plan.stack.links.iter().filter(|link| external.is_led(link)) {
            let id = link.id();
            if self.directory().link(&id).is_none() {
                let listen = external.links.get(&id).cloned().unwrap_or_else(|| self.any());
                self.create_proxy(link, &listen).await?;
            } else {
                self.slow_down(link).await?;
            }
        }
        self.may_look(plan).await
    }

    /// Every link that is dialled from here is dialled where that is allowed.
    async fn may_look(&self, plan: &Plan) -> Result<(), String> {
        let looked_at = |link: &&Link| link.from == SENDER || is_touched(plan, link);
        for link in plan.stack.links.iter().filter(looked_at) {
            let address = self.directory().link(&link.id()).unwrap_or_default();
            let refused = self.engine.harness().connect(&address).await.err();
            if let Some(why) = refused.filter(|why| why.kind() == ErrorKind::PermissionDenied) {
                return Err(format!("the proxy of {}: {why}", link.id()));
            }
        }
        Ok(())
    }

    /// A proxy that runs already under the link's name is used; where there is none, one is made if
    /// that is of any use.
    async fn find_proxy(
        &mut self,
        plan: &Plan,
        external: &External,
        link: &Link,
    ) -> Result<(), String> {
        let id = link.id();
        let is_foreign = external.proxy.is_some();
        let found = if is_foreign { toxiproxy::find(&self.control, &id).await? } else { None };
        // Where the target is the run's own, or the proxy is.
        let ours = link.to == SENDER || !external.runs(&link.to);
        let led = self.attached.led.get_or_insert_default();
        match found {
            Some(found) => {
                found.is_untouched(&id)?;
                let address = self.engine.dialled(PROXY, &found.listen);
                if ours {
                    led.insert(id.clone());
                }
                self.attached.proxies.insert(id.clone(), Some(found.upstream));
                self.directory().set_link(&id, address);
            }
            None if external.is_led(link) => {
                led.insert(id.clone());
                if is_foreign {
                    self.attached.proxies.insert(id, None);
                }
            }
            None if is_touched(plan, link) => {
                return Err(format!(
                    "the proxy that already runs has none called {id}: make it and let \"{}\" dial \
                     it, or say what it dials in [external.links]",
                    link.from
                ));
            }
            None => {}
        }
        Ok(())
    }

    /// What is in a carrier's log by now is not this run's.
    async fn open_log(&self, carrier: &str) -> Result<(), String> {
        let standing = behaviour::in_force(&self.control, carrier).await?;
        if let Some(name) = standing.keys().next() {
            return Err(format!(
                "carrier {carrier} still has the behaviour {name}: clear it first"
            ));
        }
        let mut next = 0;
        loop {
            let path = format!("/log?from={next}&max={PAGE}");
            let page: LogPage = self.control.get(carrier, &path).await?;
            next = page.next;
            if (page.entries.len() as u64) < PAGE {
                self.directory().set_log_start(carrier, next);
                return Ok(());
            }
        }
    }

    /// What an earlier use left under way has arrived, as far as nodes tell: it would be load that nobody
    /// planned. All of them at once, for what leaves one is in the next.
    async fn settled(&self, external: &External) -> Result<(), String> {
        let deadline = Instant::now() + SETTLED;
        loop {
            let mut holder = None;
            for node in external.nodes.keys() {
                if self.directory().control(node).is_none() {
                    continue;
                }
                let (status, body) = self.control.call(node, Method::GET, "/health", None).await?;
                let waiting = serde_json::from_slice::<Waiting>(&body)
                    .map_err(|error| format!("{node} answered {status} to /health: {error}"))?;
                if waiting.backlog > 0 {
                    holder = Some(format!("{node} still holds {}", waiting.backlog));
                }
            }
            match holder {
                None => return Ok(()),
                Some(held) if Instant::now() >= deadline => {
                    return Err(format!("{held} of an earlier use"));
                }
                Some(_) => time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    /// Puts back what was changed; what could not be is returned. Nothing for a stack of the engine's.
    pub(crate) async fn detach(&mut self) -> Vec<String> {
        let left = self.attached.restore(&self.control).await;
        if left.is_empty() {
            self.engine.forget();
        }
        left
    }
}

/// Whether a fault of the drill acts on the link.
fn is_touched(plan: &Plan, link: &Link) -> bool {
    let id = link.id();
    plan.faults.iter().flat_map(|fault| &fault.inject).any(|call| match call {
        LeverCall::AddToxic { link, .. } | LeverCall::DisableLink { link } => *link == id,
        LeverCall::CutNode { node } => *node == link.from || *node == link.to,
        _ => false,
    })
}

impl toxiproxy::ProxyView {
    /// A drill may begin with it.
    fn is_untouched(&self, id: &str) -> Result<(), String> {
        if let Some(toxic) = self.toxics.first() {
            return Err(format!("{id} already has the toxic {}: remove it first", toxic.name));
        }
        match self.enabled {
            true => Ok(()),
            false => Err(format!("the proxy of {id} is switched off: switch it on first")),
        }
    }
}
