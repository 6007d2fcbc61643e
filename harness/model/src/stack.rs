//! The system under test as data, resolved from `stacks/<name>/stack.toml`.

use crate::external::External;
use crate::traffic::Item;
use crate::units::Micros;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A whole stack with its settings resolved. Names are unique over nodes and carriers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stack {
    pub name: String,
    /// Which of its named sets of settings it was asked for by; `None` where by none of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    pub summary: String,
    pub slo: Slo,
    /// Resolved settings: the defaults of stack.toml, changed by the scenario's `with` table.
    pub settings: BTreeMap<String, String>,
    /// The stack's time-outs, retry intervals and health checks by name.
    pub timers: BTreeMap<String, Micros>,
    pub regions: Vec<String>,
    pub nodes: Vec<Node>,
    pub links: Vec<Link>,
    pub carriers: Vec<Carrier>,
    pub segments: Vec<Segment>,
    pub ingress: Ingress,
    pub receipts: Receipts,
    /// Where it already runs; `None` where an engine raises it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<External>,
}

/// What the stack promises: `target` of messages delivered within `deadline`, over `period`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Slo {
    /// 0–1.
    pub target: f64,
    pub deadline: Micros,
    pub period: Micros,
}

/// One process or container of the stack. Carriers are listed apart, see [`Carrier`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Node {
    pub name: String,
    /// What it does in the stack: `edge`, `gateway`, `queue`. A step may name a role for all its nodes.
    pub role: String,
    pub region: Option<String>,
    pub run: RunAs,
    /// Names of the ports it listens on; every built-in role has `admin` (health, metrics, settings).
    pub ports: Vec<String>,
    /// The node's own settings, over the stack's.
    pub settings: BTreeMap<String, String>,
}

/// Where a node's program comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunAs {
    /// A role of the table in `harness/node`.
    BuiltIn(String),
    Image(Image),
}

/// Somebody else's program, in a container. What it tells of itself it tells by an interface of its own,
/// where it is a gateway that is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Image {
    pub from: ImageFrom,
    /// Its arguments, one by one; those of the image itself where there are none.
    pub command: Vec<String>,
    pub env: BTreeMap<String, String>,
    /// Port name → the number that it listens on in its container.
    pub ports: BTreeMap<String, u16>,
    /// Path in the container → the file's text, with places as in [`crate::template`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, String>,
    /// How it is asked how much waits, at its port `admin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<Gateway>,
}

/// Gateways whose own status interface is known, and brokers that hold what waits in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Gateway {
    /// `status.xml` of bearerbox.
    Kannel,
    /// The page of metrics of its HTTP interface: uplinks, and no depth.
    Jasmin,
    /// RabbitMQ with its plugin `rabbitmq_prometheus`: the queues in which Jasmin's messages wait.
    JasminQueues,
}

/// Where an image comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImageFrom {
    /// Made by the Dockerfile of this folder, below that of all stacks: `reference/redis`.
    Build(String),
    /// Brought by whoever runs the Docker daemon, under this name.
    Pull(String),
}

impl std::fmt::Display for ImageFrom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (ImageFrom::Build(name) | ImageFrom::Pull(name)) = self;
        f.write_str(name)
    }
}

/// A connection from one node to another; always through a fault proxy. `sender` is the harness.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    pub from: String,
    pub to: String,
    /// Which of the target's ports.
    pub port: String,
    pub protocol: LinkProtocol,
    /// Added to the round trip at all times.
    pub latency: Micros,
}

impl Link {
    /// `from->to`, the name of its proxy.
    pub fn id(&self) -> String {
        format!("{}->{}", self.from, self.to)
    }

    /// The domain in which `from` looks names up, as a resolver's search domain: two clients of one
    /// target come by it through two proxies.
    pub fn search_domain(&self) -> String {
        search_domain(&self.from)
    }

    /// Under which the name server knows the target, as this link's client asks for it.
    pub fn domain_name(&self) -> String {
        format!("{}.{}", self.to, self.search_domain())
    }
}

/// The search domain of a node.
pub fn search_domain(node: &str) -> String {
    format!("{node}.{ZONE}")
}

/// How a probe can talk over the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LinkProtocol {
    /// `GET /health`.
    Http,
    /// The same after a TLS handshake.
    Https,
    /// enquire_link, bound or not.
    Smpp,
    /// OPTIONS, on a connection of its own or the one that calls go over.
    Sip,
    /// A ping frame, see `wire::frames`.
    Frames,
    /// The handshake of AMQP 0-9-1, once; on a connection that stands a channel opened and closed.
    Amqp,
    /// PING and PONG, after the server's INFO.
    Nats,
    /// PING and its answer.
    Redis,
}

/// A mock carrier or vendor, run by the harness.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Carrier {
    pub name: String,
    /// Another name that steps may use, such as `vendor-a` for a direct uplink.
    pub vendor: Option<String>,
    pub protocol: CarrierProtocol,
    /// Size of the real population behind it, before sampling; 0 where it routes to others' subscribers.
    pub subscribers: u64,
    /// Submits a second it takes; `None` is no limit.
    pub capacity: Option<f64>,
    #[serde(default)]
    pub capacity_counts: Counted,
    /// From the acceptance to the receipt; a call over SIP rings for so long.
    pub receipt_delay: Micros,
}

/// Which submits use up a carrier's capacity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Counted {
    /// Those it takes.
    #[default]
    Accepted,
    /// Refused ones too, as rate limiters do that count requests: who goes on asking stays refused.
    Submitted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CarrierProtocol {
    Smpp,
    Twilio,
    Vonage,
    Json,
    /// Twilio's Calls API: the text is read out.
    Voice,
    /// The telephone network behind a SIP trunk: what it is sent are calls.
    Sip,
}

/// A part of a carrier's subscribers with a home region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Segment {
    pub name: String,
    pub carrier: String,
    pub region: String,
    /// 0–1 of the carrier's subscribers; a carrier's shares add up to 1.
    pub share: f64,
    /// Number prefix of the segment, from a range that is never assigned.
    pub prefix: String,
}

/// How the harness submits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ingress {
    /// `twilio`, `kannel`, `jasmin`, `smpp`, `json`; `calls` for Twilio's Calls API.
    pub kind: String,
    /// The node the sender's link leads to.
    pub node: String,
}

/// How final receipts come back to the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Receipts {
    Callback,
    Smpp,
}

/// The name of the harness's own end of a link.
pub const SENDER: &str = "sender";

/// The domain of a run's name server.
const ZONE: &str = "squall";

/// Whether a setting of this name is one whose value stays out of reports.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    ["secret", "password", "passwd", "token", "key"].iter().any(|word| name.contains(word))
}

impl Stack {
    /// As it is asked for by name: `kannel`, or `kannel/tuned` under a profile.
    pub fn label(&self) -> String {
        match &self.profile {
            Some(profile) => format!("{}/{profile}", self.name),
            None => self.name.clone(),
        }
    }

    /// What its images are configured with: `node:/path` → the template.
    pub fn files(&self) -> BTreeMap<String, String> {
        let images = self.nodes.iter().filter_map(|node| match &node.run {
            RunAs::BuiltIn(_) => None,
            RunAs::Image(image) => Some((&node.name, &image.files)),
        });
        images
            .flat_map(|(node, files)| {
                files.iter().map(move |(path, text)| (format!("{node}:{path}"), text.clone()))
            })
            .collect()
    }

    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name == name)
    }

    pub fn carrier(&self, name: &str) -> Option<&Carrier> {
        self.carriers
            .iter()
            .find(|carrier| carrier.name == name || carrier.vendor.as_deref() == Some(name))
    }

    /// Links between `from` and `to`, where each side names a node, a carrier, a vendor or a role.
    pub fn links_between(&self, from: &str, to: &str) -> Vec<&Link> {
        self.links
            .iter()
            .filter(|link| self.matches(&link.from, from) && self.matches(&link.to, to))
            .collect()
    }

    /// Whether the link's client knows its target by name alone: a vendor's API over HTTP, as
    /// everywhere. SMPP carriers and the stack's own nodes are dialled by address, and who already runs
    /// elsewhere does not ask the run's name server.
    pub fn is_by_name(&self, link: &Link) -> bool {
        self.external.is_none()
            && matches!(link.protocol, LinkProtocol::Http | LinkProtocol::Https)
            && self.carriers.iter().any(|carrier| carrier.name == link.to)
    }

    /// Links whose clients find `carrier` by name.
    pub fn links_by_name(&self, carrier: &str) -> Vec<&Link> {
        let named = |link: &&Link| link.to == carrier && self.is_by_name(link);
        self.links.iter().filter(named).collect()
    }

    /// Links over which `carrier` shows a certificate.
    pub fn links_by_tls(&self, carrier: &str) -> Vec<&Link> {
        let tls = |link: &&Link| link.to == carrier && link.protocol == LinkProtocol::Https;
        self.links.iter().filter(tls).collect()
    }

    /// What its ingress takes.
    pub fn takes(&self) -> Item {
        if self.ingress.kind == "calls" { Item::Call } else { Item::Message }
    }

    /// Nodes named `name` or with the role `name`.
    pub fn nodes_named(&self, name: &str) -> Vec<&Node> {
        self.nodes.iter().filter(|node| node.name == name || node.role == name).collect()
    }

    /// The longest timer of the stack: what a drain must outlast.
    pub fn longest_timer(&self) -> Micros {
        self.timers.values().copied().max().unwrap_or_default()
    }

    /// The region a node stands in; carriers and the sender stand in none.
    pub fn region_of(&self, node: &str) -> Option<&str> {
        self.node(node)?.region.as_deref()
    }

    fn matches(&self, actual: &str, asked: &str) -> bool {
        actual == asked
            || self.node(actual).is_some_and(|node| node.role == asked)
            || self.carrier(actual).is_some_and(|c| c.vendor.as_deref() == Some(asked))
    }
}
