//! What must hold between the sections of a stack file: names, links, shares, settings.

use super::follows::Follows;
use super::parse::Places;
use super::reader::{Ledger, Placed};
use super::settings::Setting;
use squall_model::stack::{CarrierProtocol, Link, LinkProtocol, SENDER, Stack};
use squall_model::template::{self, Fill, Place};
use std::collections::BTreeMap;

/// Reports every contradiction; the stack may only be used when there is none.
pub fn between_sections(stack: &Stack, places: &Places, ledger: &Ledger) {
    names_are_unique(places, ledger);
    regions_exist(stack, places, ledger);
    links_join_what_is_there(stack, places, ledger);
    segments_add_up(stack, places, ledger);
    if let Some(ingress) = &places.ingress {
        let node = ingress.get_ref();
        if stack.node(node).is_none() {
            let mistake = ledger.source.mistake(ingress.span(), format!("no node \"{node}\""));
            ledger.push(mistake.nearest(node, stack.nodes.iter().map(|node| node.name.as_str())));
        } else if stack.links_between(SENDER, node).is_empty() {
            let message = format!("no link leads from \"{SENDER}\" to \"{node}\"");
            ledger.wrong(ingress.span(), message);
        }
    }
}

/// What a link leads to is there whatever the settings say, not only where all are at their defaults.
pub fn whatever_settings_say(
    stack: &Stack,
    settings: &BTreeMap<String, Setting>,
    follows: &Follows,
    places: &Places,
    ledger: &Ledger,
) {
    for (key, value, other) in follows.variants(stack, settings) {
        for (index, (link, end)) in other.links.iter().zip(&follows.links).enumerate() {
            let (Some(usual), Some((from, to, _))) =
                (stack.links.get(index), places.links.get(index))
            else {
                continue;
            };
            let Some(port) = end.port.under(&other.settings) else { continue };
            let Some(ports) = ports_of(&other, &link.to) else { continue };
            if usual == link && ports_of(stack, &link.to).as_ref() == Some(&ports) {
                continue;
            }
            if !ports.contains(&link.port.as_str()) {
                let message = format!(
                    "\"{}\" has no port \"{}\" where \"{key}\" is \"{value}\"",
                    link.to, link.port
                );
                let mistake = ledger.source.mistake(port.span(), message);
                ledger.push(mistake.nearest(&link.port, ports));
            }
            names_and_tls_fit(&other, link, (from, to, port), ledger);
        }
    }
}

/// Every place of a configuration file is one that the raised stack can fill in.
pub fn templates_can_be_filled_in(
    stack: &Stack,
    settings: &BTreeMap<String, Setting>,
    follows: &Follows,
    ledger: &Ledger,
) {
    for run in &follows.nodes {
        let known = Known { node: &run.node, stack, settings };
        for source in run.templates() {
            if let Err(unfilled) = template::render(&source.text, &known) {
                ledger.push(source.mistake(unfilled.span, unfilled.message));
            }
        }
    }
}

/// What a node's templates may name. What it will be is not known here.
struct Known<'a> {
    node: &'a str,
    stack: &'a Stack,
    settings: &'a BTreeMap<String, Setting>,
}

impl Known<'_> {
    fn setting(&self, key: &str) -> Result<&Setting, String> {
        self.settings.get(key).ok_or_else(|| format!("the stack has no setting \"{key}\""))
    }
}

impl Fill for Known<'_> {
    fn value(&self, place: Place<'_>) -> Result<String, String> {
        match place {
            Place::Host(target) | Place::Port(target) => {
                let mut links = self.stack.links.iter().filter(|link| link.from == self.node);
                if !links.any(|link| link.to == target) {
                    return Err(format!("no link leads from \"{}\" to \"{target}\"", self.node));
                }
            }
            Place::Setting(key) => {
                self.setting(key)?;
            }
            Place::Account | Place::Secret | Place::User | Place::Password | Place::Token => {}
        }
        Ok(String::new())
    }

    fn holds(&self, setting: &str, value: &str) -> Result<bool, String> {
        match self.setting(setting)?.allowed.takes(value) {
            true => Ok(true),
            false => Err(format!("\"{value}\" is no value of the setting \"{setting}\"")),
        }
    }
}

/// Steps name regions, nodes, carriers and vendors alike, so no two may share a name.
fn names_are_unique(places: &Places, ledger: &Ledger) {
    let mut seen: BTreeMap<(bool, &str), &str> = BTreeMap::new();
    for (what, name) in &places.names {
        let text = name.get_ref().as_str();
        if text.is_empty() || text == SENDER || text.contains("->") {
            ledger.wrong(name.span(), format!("\"{text}\" cannot be the name of a {what}"));
        }
        // Segments have names of their own: nothing but a report mentions them.
        if let Some(other) = seen.insert((*what == "segment", text), what) {
            let message = format!("\"{text}\" is already the name of a {other}");
            ledger.wrong(name.span(), message);
        }
    }
}

fn regions_exist(stack: &Stack, places: &Places, ledger: &Ledger) {
    for region in &places.regions {
        let name = region.get_ref();
        if !stack.regions.contains(name) {
            let mistake = ledger.source.mistake(region.span(), format!("no region \"{name}\""));
            ledger.push(mistake.nearest(name, stack.regions.iter().map(String::as_str)));
        }
    }
}

fn links_join_what_is_there(stack: &Stack, places: &Places, ledger: &Ledger) {
    let nodes = stack.nodes.iter().map(|node| node.name.as_str());
    let carriers = stack.carriers.iter().map(|carrier| carrier.name.as_str());
    let known: Vec<&str> = nodes.chain(carriers).chain([SENDER]).collect();
    let mut seen = BTreeMap::new();
    for (from, to, port) in &places.links {
        for end in [from, to] {
            let name = end.get_ref().as_str();
            if !known.contains(&name) {
                let message = format!("no node or carrier \"{name}\"");
                let mistake = ledger.source.mistake(end.span(), message);
                ledger.push(mistake.nearest(name, known.iter().copied()));
            }
        }
        if seen.insert((from.get_ref(), to.get_ref()), ()).is_some() {
            let message = format!("a second link {}->{}", from.get_ref(), to.get_ref());
            ledger.wrong(from.span(), message);
        }
        if let Some(ports) = ports_of(stack, to.get_ref())
            && !ports.contains(&port.get_ref().as_str())
        {
            let message = format!("\"{}\" has no port \"{}\"", to.get_ref(), port.get_ref());
            let mistake = ledger.source.mistake(port.span(), message);
            ledger.push(mistake.nearest(port.get_ref(), ports));
        }
        let is_this = |link: &&Link| link.from == *from.get_ref() && link.to == *to.get_ref();
        if let Some(link) = stack.links.iter().find(is_this) {
            names_and_tls_fit(stack, link, (from, to, port), ledger);
        }
    }
}

/// TLS is for carriers that have an API over HTTP; one of them speaks it on all its links or on none.
/// Who is looked up by name, and by whom, must be able to stand in a name.
fn names_and_tls_fit(
    stack: &Stack,
    link: &Link,
    (from, to, port): (&Placed<String>, &Placed<String>, &Placed<String>),
    ledger: &Ledger,
) {
    let tls = link.protocol == LinkProtocol::Https;
    let carrier = stack.carriers.iter().find(|carrier| carrier.name == link.to);
    if tls && carrier.is_none_or(|carrier| port_of(carrier.protocol) != "http") {
        let message = format!("\"{}\" is no carrier with an API over HTTP", link.to);
        let mistake = ledger.source.mistake(to.span(), message);
        ledger.push(mistake.help("protocol = \"https\" is for the links to such carriers"));
        return;
    }
    if carrier.is_some() && tls != (link.port == "https") {
        let message = "the port \"https\" and the protocol \"https\" go together";
        ledger.wrong(port.span(), message);
    }
    let others = stack.links.iter().filter(|other| other.to == link.to && tls);
    if others.into_iter().any(|other| other.protocol != LinkProtocol::Https) {
        let message = format!("another link leads to \"{}\" without TLS", link.to);
        let mistake = ledger.source.mistake(to.span(), message);
        ledger.push(mistake.help("let all links to it say protocol = \"https\", or none"));
    }
    if stack.is_by_name(link) {
        for end in [from, to] {
            let fits = |c: u8| c.is_ascii_alphanumeric() || c == b'-';
            let name = end.get_ref();
            if name.len() > 63 || !name.bytes().all(fits) {
                let message = format!("\"{name}\" cannot be part of a domain name");
                let mistake = ledger.source.mistake(end.span(), message);
                let help = format!("letters, digits and -, for \"{}\" is found by name", link.to);
                ledger.push(mistake.help(help));
            }
        }
    }
}

/// `None` for the sender, whose one port the harness opens itself, and for unknown names.
fn ports_of<'a>(stack: &'a Stack, name: &str) -> Option<Vec<&'a str>> {
    if let Some(node) = stack.node(name) {
        return Some(node.ports.iter().map(String::as_str).collect());
    }
    let carrier = stack.carriers.iter().find(|carrier| carrier.name == name)?;
    Some(match port_of(carrier.protocol) {
        "http" => vec!["http", "https"],
        port => vec![port],
    })
}

/// The port on which a carrier takes traffic where it speaks no TLS.
pub fn port_of(protocol: CarrierProtocol) -> &'static str {
    match protocol {
        CarrierProtocol::Smpp => "smpp",
        CarrierProtocol::Sip => "sip",
        _ => "http",
    }
}

fn segments_add_up(stack: &Stack, places: &Places, ledger: &Ledger) {
    let mut sums: BTreeMap<&str, (f64, std::ops::Range<usize>)> = BTreeMap::new();
    for (index, (carrier, share, prefix)) in places.segments.iter().enumerate() {
        let name = carrier.get_ref().as_str();
        if !stack.carriers.iter().any(|known| known.name == name) {
            let message = format!("no carrier \"{name}\"");
            let mistake = ledger.source.mistake(carrier.span(), message);
            let known = stack.carriers.iter().map(|carrier| carrier.name.as_str());
            ledger.push(mistake.nearest(name, known));
            continue;
        }
        let sum = sums.entry(name).or_insert((0.0, share.span()));
        *sum = (sum.0 + share.get_ref(), share.span());
        let digits = prefix.get_ref();
        if !digits
            .strip_prefix('+')
            .is_some_and(|d| (1..=7).contains(&d.len()) && d.bytes().all(|b| b.is_ascii_digit()))
        {
            ledger.wrong(prefix.span(), "a prefix is + and one to seven digits");
        }
        let clash = places.segments[..index].iter().find(|(_, _, other)| {
            digits.starts_with(other.get_ref().as_str()) || other.get_ref().starts_with(digits)
        });
        if let Some((_, _, other)) = clash {
            let message = format!("prefix {digits} cannot be told from {}", other.get_ref());
            ledger.wrong(prefix.span(), message);
        }
    }
    for (carrier, (sum, span)) in sums {
        if (sum - 1.0).abs() > 1e-6 {
            let percent = (sum * 1e4).round() / 1e2;
            let message = format!("the shares of carrier \"{carrier}\" add up to {percent}%");
            ledger.push(ledger.source.mistake(span, message).help("they must add up to 100%"));
        }
    }
    for carrier in stack.carriers.iter().filter(|carrier| carrier.subscribers > 0) {
        if !stack.segments.iter().any(|segment| segment.carrier == carrier.name) {
            let name = &carrier.name;
            let at =
                places.names.iter().find(|(what, n)| *what == "carrier" && n.get_ref() == name);
            let span = at.map(|(_, name)| name.span()).unwrap_or(0..0);
            ledger.wrong(span, format!("carrier \"{name}\" has subscribers and no [[segment]]"));
        }
    }
}
