//! Puts together what each node is told at its start. Pure, but for the draws handed in.

use super::{Directory, NAMES, PROXY, QUESTIONS};
use squall_model::node_config::{Names, NodeConfig};
use squall_model::plan::Plan;
use squall_model::stack::{CarrierProtocol, Link, LinkProtocol, search_domain};
use squall_platform::rng::Draw;
use std::collections::BTreeMap;

/// What the sender submits with, the same at edge, gateways and carriers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Credentials {
    /// As Twilio's account ids: `AC` and 32 hex digits.
    pub(crate) account: String,
    pub(crate) secret: String,
}

impl Credentials {
    pub(crate) fn draw(rng: &mut squall_platform::Rng) -> Self {
        let account = format!("AC{}", hex(rng, 32));
        Credentials { account, secret: hex(rng, 32) }
    }
}

pub(crate) fn hex(rng: &mut squall_platform::Rng, digits: usize) -> String {
    (0..digits).map(|_| char::from_digit(rng.random_range(0..16), 16).unwrap_or('0')).collect()
}

/// Any port of loopback; in the simulation loopback is the node itself.
pub(crate) const ANY: &str = "127.0.0.1:0";

/// Builds configurations; the directory must know the links by then.
pub(crate) struct Configs<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) credentials: &'a Credentials,
    pub(crate) token: &'a str,
    pub(crate) directory: &'a Directory,
}

impl Configs<'_> {
    pub(crate) fn proxy(&self) -> NodeConfig {
        NodeConfig {
            node: PROXY.to_owned(),
            listen: listen(["control"]),
            seed: self.plan.seed,
            ..NodeConfig::default()
        }
    }

    pub(crate) fn names(&self) -> NodeConfig {
        NodeConfig {
            node: NAMES.to_owned(),
            listen: listen([QUESTIONS, "control"]),
            seed: self.plan.seed,
            token: self.token.to_owned(),
            ..NodeConfig::default()
        }
    }

    /// How a link's client is told to dial: by the name of its target, or at the link's proxy.
    fn dial(&self, link: &Link) -> Option<String> {
        if self.plan.stack.is_by_name(link) {
            let tls = link.protocol == LinkProtocol::Https;
            return Some(format!("{}://{}", if tls { "https" } else { "http" }, link.to));
        }
        self.directory.link(&link.id())
    }

    /// A stack node or a carrier.
    pub(crate) fn node(&self, name: &str) -> NodeConfig {
        let stack = &self.plan.stack;
        let node = stack.node(name);
        let mut settings = stack.settings.clone();
        if let Some(node) = node {
            settings.extend(node.settings.clone());
        }
        settings.insert("account".into(), self.credentials.account.clone());
        settings.insert("secret".into(), self.credentials.secret.clone());
        let ports: Vec<&str> = match (node, stack.carrier(name).map(|carrier| carrier.protocol)) {
            (Some(node), _) => node.ports.iter().map(String::as_str).chain(["admin"]).collect(),
            (None, Some(CarrierProtocol::Smpp)) => vec!["smpp", "control"],
            (None, Some(CarrierProtocol::Sip)) => vec!["sip", "control"],
            (None, _) if stack.links_by_tls(name).is_empty() => vec!["http", "control"],
            (None, _) => vec!["https", "control"],
        };
        let links: Vec<&Link> = stack.links.iter().filter(|link| link.from == name).collect();
        let server = links
            .iter()
            .any(|link| stack.is_by_name(link))
            .then(|| self.directory.port(NAMES, QUESTIONS))
            .flatten();
        let verifies = links.iter().any(|link| link.protocol == LinkProtocol::Https);
        NodeConfig {
            node: name.to_owned(),
            region: node.and_then(|node| node.region.clone()),
            listen: listen(ports),
            links: links
                .iter()
                .filter_map(|link| Some((link.to.clone(), self.dial(link)?)))
                .collect(),
            names: server.map(|server| Names { server, search: search_domain(name) }),
            trust: verifies.then(|| self.directory.trust()).flatten(),
            settings,
            timers: stack.timers.clone(),
            segments: stack.segments.clone(),
            carriers: stack.carriers.clone(),
            regions: stack
                .nodes
                .iter()
                .filter_map(|node| Some((node.name.clone(), node.region.clone()?)))
                .collect(),
            slo: Some(stack.slo.clone()),
            seed: self.plan.seed,
            token: self.token.to_owned(),
            ..NodeConfig::default()
        }
    }
}

fn listen<'a>(ports: impl IntoIterator<Item = &'a str>) -> BTreeMap<String, String> {
    ports.into_iter().map(|port| (port.to_owned(), ANY.to_owned())).collect()
}
