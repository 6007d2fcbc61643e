//! `[external]`: where the system under test already runs. Reads addresses, resolves and dials none.

use super::check::port_of;
use super::parse::Places;
use super::reader::{Ledger, Placed, Reader};
use squall_model::external::External;
use squall_model::stack::{LinkProtocol, SENDER, Stack};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use toml::Spanned;

/// Beginnings of numbers that reach nobody: no national number of Indonesia begins with 0, and the
/// country code 999 is reserved (ITU-T E.164).
const TEST_RANGES: [&str; 2] = ["+620", "+999"];

/// Parts of `[external]` with their places, for what must hold between it and other sections.
pub struct Placings {
    /// Where it stands.
    span: std::ops::Range<usize>,
    /// Node or carrier, port, address.
    nodes: Vec<(Placed<String>, Ports)>,
    links: Vec<(Placed<String>, Placed<String>)>,
    proxy: Option<Placed<String>>,
}

pub fn read(root: &mut Reader<'_>) -> Option<(External, Placings)> {
    let mut table = root.table_if("external")?;
    let ledger = table.ledger;
    let name = table.text("name");
    let allow = read_allow(&mut table);
    let proxy = table.text_if("proxy").inspect(|at| is_address(ledger, at));
    let variables = ["token", "account", "secret"].map(|key| read_variable(&mut table, key));
    let callback = read_callback(&mut table);
    let nodes = table.table_if("nodes").map(|nodes| read_nodes(&nodes)).unwrap_or_default();
    let links = table.table_if("links").map(|links| read_addresses(&links)).unwrap_or_default();
    let span = table.span.clone();
    table.finish();
    let [token, account, secret] = variables;
    let plain = |entries: &[(Placed<String>, Placed<String>)]| -> BTreeMap<String, String> {
        entries.iter().map(|(key, at)| (key.get_ref().clone(), at.get_ref().clone())).collect()
    };
    let external = External {
        name: name.map(Spanned::into_inner).unwrap_or_default(),
        allow,
        proxy: proxy.as_ref().map(|at| at.get_ref().clone()),
        token,
        account,
        secret,
        callback: callback.unwrap_or(External::LOOPBACK),
        nodes: nodes.iter().map(|(name, ports)| (name.get_ref().clone(), plain(ports))).collect(),
        links: plain(&links),
    };
    Some((external, Placings { span, nodes, links, proxy }))
}

fn read_allow(table: &mut Reader<'_>) -> BTreeSet<SocketAddr> {
    let listed = table.texts_if("allow").unwrap_or_default();
    let exact = listed.into_iter().filter_map(|text| {
        let address = text.get_ref().parse::<SocketAddr>().ok();
        let found = address.filter(|at| !at.ip().is_unspecified() && at.port() > 0);
        if found.is_none() {
            let message = format!("\"{}\" is no exact address", text.get_ref());
            let mistake = table.ledger.source.mistake(text.span(), message);
            table.ledger.push(mistake.help("a number and a port, such as \"127.0.0.1:8474\""));
        }
        found
    });
    exact.collect()
}

/// `{ env = "NAME" }`: a secret stands in no file.
fn read_variable(table: &mut Reader<'_>, key: &'static str) -> Option<String> {
    let mut reader = table.table_if(key)?;
    let name = reader.text("env");
    reader.finish();
    name.map(Spanned::into_inner)
}

fn read_callback(table: &mut Reader<'_>) -> Option<IpAddr> {
    let text = table.text_if("callback")?;
    let found = text.get_ref().parse::<IpAddr>().ok().filter(|ip| !ip.is_unspecified());
    if found.is_none() {
        let message = format!("\"{}\" is no address to listen at", text.get_ref());
        let mistake = table.ledger.source.mistake(text.span(), message);
        let help = "the one address of this machine that the stack reaches, without a port";
        table.ledger.push(mistake.help(help));
    }
    found
}

type Ports = Vec<(Placed<String>, Placed<String>)>;

fn read_nodes(nodes: &Reader<'_>) -> Vec<(Placed<String>, Ports)> {
    let entries = nodes.entries().filter_map(|(name, value)| match value.get_ref().as_table() {
        Some(table) => {
            let ports = Reader::new(nodes.ledger, name.get_ref(), table, value.span());
            Some((name, read_addresses(&ports)))
        }
        None => nodes.expected(name.get_ref(), "a table of ports", value),
    });
    entries.collect()
}

fn read_addresses(table: &Reader<'_>) -> Vec<(Placed<String>, Placed<String>)> {
    let entries = table.entries().filter_map(|(name, value)| match value.get_ref().as_str() {
        Some(text) => {
            let at = Spanned::new(value.span(), text.to_owned());
            is_address(table.ledger, &at);
            Some((name, at))
        }
        None => table.expected(name.get_ref(), "an address such as \"127.0.0.1:8000\"", value),
    });
    entries.collect()
}

fn is_address(ledger: &Ledger, text: &Placed<String>) {
    let parts = text.get_ref().rsplit_once(':');
    let port = parts.and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
    if port.is_none_or(|(host, port)| host.is_empty() || port == 0) {
        let message = format!("\"{}\" is no address", text.get_ref());
        ledger.push(ledger.source.mistake(text.span(), message).help("host:port"));
    }
}

/// Reports what contradicts the rest of the file.
pub fn check(stack: &Stack, placings: &Placings, places: &Places, ledger: &Ledger) {
    let Some(external) = &stack.external else { return };
    if placings.nodes.is_empty() || external.allow.is_empty() {
        let mistake = ledger.source.mistake(placings.span.clone(), "[external] names no target");
        ledger.push(mistake.help("allow = [\"127.0.0.1:8000\"] and a line in [external.nodes]"));
        return;
    }
    addresses_are_allowed(external, placings, ledger);
    who_runs_is_known(stack, placings, ledger);
    every_node_runs(stack, external, placings, ledger);
    links_are_known(stack, external, placings, ledger);
    for (link, (_, to, _)) in stack.links.iter().zip(&places.links) {
        if link.protocol == LinkProtocol::Https {
            let message = "a stack that already runs knows no certificate of this run";
            let mistake = ledger.source.mistake(to.span(), message);
            ledger.push(mistake.help("protocol = \"http\""));
        }
    }
    for (_, _, prefix) in &places.segments {
        if !TEST_RANGES.iter().any(|range| prefix.get_ref().starts_with(range)) {
            let message = format!("numbers beginning with {} may be somebody's", prefix.get_ref());
            let mistake = ledger.source.mistake(prefix.span(), message);
            ledger.push(mistake.help(format!("test ranges: {}", TEST_RANGES.join(", "))));
        }
    }
}

/// What is written as numbers can be looked up here; a host name is when it is dialled.
fn addresses_are_allowed(external: &External, placings: &Placings, ledger: &Ledger) {
    let ports = placings.nodes.iter().flat_map(|(_, ports)| ports);
    let all = ports.chain(&placings.links).map(|(_, at)| at).chain(&placings.proxy);
    for at in all {
        let exact = at.get_ref().parse::<SocketAddr>();
        if exact.is_ok_and(|exact| !external.allow.contains(&exact)) {
            let message = format!("{} is not in allow", at.get_ref());
            let mistake = ledger.source.mistake(at.span(), message);
            ledger.push(mistake.help("only addresses in allow are ever dialled"));
        }
    }
}

fn who_runs_is_known(stack: &Stack, placings: &Placings, ledger: &Ledger) {
    let carriers = stack.carriers.iter().map(|carrier| carrier.name.as_str());
    let known: Vec<&str> =
        stack.nodes.iter().map(|node| node.name.as_str()).chain(carriers).collect();
    for (name, ports) in &placings.nodes {
        let text = name.get_ref().as_str();
        let carrier = stack.carriers.iter().find(|carrier| carrier.name == text);
        let has: Vec<&str> = match (stack.node(text), carrier) {
            (Some(node), _) => node.ports.iter().map(String::as_str).chain(["admin"]).collect(),
            (None, Some(carrier)) => vec![port_of(carrier.protocol), "control"],
            (None, None) => {
                let mistake =
                    ledger.source.mistake(name.span(), format!("no node or carrier \"{text}\""));
                ledger.push(mistake.nearest(text, known.iter().copied()));
                continue;
            }
        };
        for (port, _) in ports.iter().filter(|(port, _)| !has.contains(&port.get_ref().as_str())) {
            let message = format!("\"{text}\" has no port \"{}\"", port.get_ref());
            let mistake = ledger.source.mistake(port.span(), message);
            ledger.push(mistake.nearest(port.get_ref(), has.iter().copied()));
        }
        if carrier.is_some() && !ports.iter().any(|(port, _)| port.get_ref() == "control") {
            let message = format!("carrier \"{text}\" has no \"control\"");
            let mistake = ledger.source.mistake(name.span(), message);
            ledger.push(mistake.help("its log is the truth about what was delivered"));
        }
    }
}

fn every_node_runs(stack: &Stack, external: &External, placings: &Placings, ledger: &Ledger) {
    for node in stack.nodes.iter().filter(|node| !external.runs(&node.name)) {
        let message = format!("[external.nodes] has no line for node \"{}\"", node.name);
        let mistake = ledger.source.mistake(placings.span.clone(), message);
        ledger.push(mistake.help("beside it Squall starts only proxies and carriers"));
    }
    let entry = stack.links.iter().find(|link| link.from == SENDER);
    for link in entry.into_iter().filter(|link| external.runs(&link.to)) {
        if !external.nodes[&link.to].contains_key(&link.port) {
            let message = format!("no address of port \"{}\" of \"{}\"", link.port, link.to);
            let mistake = ledger.source.mistake(placings.span.clone(), message);
            ledger.push(mistake.help("the sender submits there"));
        }
    }
}

fn links_are_known(stack: &Stack, external: &External, placings: &Placings, ledger: &Ledger) {
    let ids: Vec<String> = stack.links.iter().map(|link| link.id()).collect();
    for (id, _) in placings.links.iter().filter(|(id, _)| !ids.contains(id.get_ref())) {
        let mistake = ledger.source.mistake(id.span(), format!("no link \"{}\"", id.get_ref()));
        ledger.push(mistake.nearest(id.get_ref(), ids.iter().map(String::as_str)));
    }
    // Who already runs cannot be told where a carrier listens that is about to be started.
    let lost = stack.links.iter().filter(|link| {
        let starts = stack.carriers.iter().any(|carrier| carrier.name == link.to)
            && !external.runs(&link.to);
        starts && external.proxy.is_none() && !external.is_led(link)
    });
    for link in lost {
        let message = format!("\"{}\" cannot know where \"{}\" will listen", link.from, link.to);
        let mistake = ledger.source.mistake(placings.span.clone(), message);
        let help = format!("[external.links] \"{}\" = what \"{}\" dials", link.id(), link.from);
        ledger.push(mistake.help(help));
    }
}
