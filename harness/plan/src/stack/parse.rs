//! The sections of stack.toml, one function each. What holds between sections is `check`'s.

use super::by_setting::{self, BySetting};
use super::reader::{Ledger, Placed, Reader};
use super::settings::Setting;
use super::{StackFile, check, external, settings};
use crate::mistake::Mistake;
use crate::source::Source;
use squall_model::stack::*;
use squall_model::units::Micros;
use std::collections::BTreeMap;
use std::sync::Arc;
use toml::Spanned;
use toml::de::DeTable;

/// Names with their places, for the checks between sections.
#[derive(Default)]
pub struct Places {
    /// Regions, nodes and carriers in the order of the file: what, name.
    pub names: Vec<(&'static str, Placed<String>)>,
    /// Uses of a region's name.
    pub regions: Vec<Placed<String>>,
    /// Per link: from, to, port.
    pub links: Vec<(Placed<String>, Placed<String>, Placed<String>)>,
    /// Per segment: carrier, share, prefix.
    pub segments: Vec<(Placed<String>, Placed<f64>, Placed<String>)>,
    /// The ingress node.
    pub ingress: Option<Placed<String>>,
}

pub fn stack_file(source: &Arc<Source>) -> Result<StackFile, Vec<Mistake>> {
    let (document, errors) = DeTable::parse_recoverable(&source.text);
    let mut found: Vec<Mistake> = errors
        .iter()
        .map(|error| source.mistake(error.span().unwrap_or(0..0), error.message()))
        .collect();
    if !found.is_empty() {
        return Err(found);
    }
    let ledger = Ledger::new(source);
    let root = Reader::new(&ledger, "stack.toml", document.get_ref(), 0..0);
    let file = read_root(root, &ledger);
    found.append(&mut ledger.mistakes.borrow_mut());
    if found.is_empty() { Ok(file) } else { Err(found) }
}

/// Every key that is asked of a file's tables, whatever is wrong with it.
#[cfg(test)]
pub fn asked(source: &Arc<Source>) -> super::reader::Asked {
    let (document, _) = DeTable::parse_recoverable(&source.text);
    let ledger = Ledger::new(source);
    read_root(Reader::new(&ledger, "stack.toml", document.get_ref(), 0..0), &ledger);
    ledger.asked.into_inner()
}

fn read_root(mut root: Reader<'_>, ledger: &Ledger) -> StackFile {
    let mut places = Places::default();
    let name = root.text("name");
    let summary = root.text("summary");
    let slo = read_slo(&mut root);
    let settings = root.table_if("settings").map(|r| settings::read(&r)).unwrap_or_default();
    let timers = root.table_if("timers").map(|r| read_timers(&r)).unwrap_or_default();
    let regions = read_regions(&mut root, &mut places);
    let nodes = read_nodes(&mut root, &mut places);
    let links = read_links(&mut root, &mut places);
    let (carriers, by_setting) = read_carriers(&mut root, &mut places, &settings);
    let segments = read_segments(&mut root, &mut places);
    let ingress = read_ingress(&mut root, &mut places);
    let receipts = read_receipts(&mut root);
    let (external, placings) = external::read(&mut root).unzip();
    root.finish();
    let defaults = settings.iter().map(|(key, s)| (key.clone(), s.default.clone())).collect();
    // What is missing is a mistake by now, so the stand-ins below never leave this file; they let
    // the checks between sections go on.
    let text = |text: Option<Placed<String>>| text.map(Spanned::into_inner).unwrap_or_default();
    let no_slo = Slo { target: 0.0, deadline: Micros::ZERO, period: Micros::ZERO };
    let no_ingress = Ingress { kind: String::new(), node: String::new() };
    let stack = Stack {
        name: text(name),
        summary: text(summary),
        slo: slo.unwrap_or(no_slo),
        settings: defaults,
        timers,
        regions,
        nodes,
        links,
        carriers,
        segments,
        ingress: ingress.unwrap_or(no_ingress),
        receipts: receipts.unwrap_or(Receipts::Callback),
        external,
    };
    check::between_sections(&stack, &settings, &places, ledger);
    if let Some(placings) = &placings {
        external::check(&stack, placings, &places, ledger);
    }
    StackFile { stack, settings, by_setting }
}

fn section<'a>(root: &mut Reader<'a>, key: &'static str) -> Option<Reader<'a>> {
    let table = root.table_if(key);
    if table.is_none() {
        root.ledger.wrong(root.span.clone(), format!("stack.toml has no [{key}]"));
    }
    table
}

fn read_slo(root: &mut Reader<'_>) -> Option<Slo> {
    let mut slo = section(root, "slo")?;
    let (target, deadline) = (slo.share("target"), slo.duration("deadline"));
    let period = slo.duration_if("period").unwrap_or(Micros::from_secs(30 * 86_400));
    let target = target?;
    if !(0.5..1.0).contains(target.get_ref()) {
        slo.ledger.wrong(target.span(), "a target lies between 50% and 100%, and is not 100%");
    }
    slo.finish();
    Some(Slo { target: target.into_inner(), deadline: deadline?, period })
}

fn read_timers(reader: &Reader<'_>) -> BTreeMap<String, Micros> {
    reader
        .entries()
        .filter_map(|(name, value)| {
            let span = reader.as_duration(name.get_ref(), value)?;
            Some((name.into_inner(), span))
        })
        .collect()
}

fn read_regions(root: &mut Reader<'_>, places: &mut Places) -> Vec<String> {
    let mut regions = Vec::new();
    for mut region in root.tables("region") {
        if let Some(name) = region.text("name") {
            regions.push(name.get_ref().clone());
            places.names.push(("region", name));
        }
        region.finish();
    }
    regions
}

fn read_nodes(root: &mut Reader<'_>, places: &mut Places) -> Vec<Node> {
    let mut nodes = Vec::new();
    for mut reader in root.tables("node") {
        let (name, role) = (reader.text("name"), reader.text("role"));
        let region = reader.text_if("region");
        let run = read_run(&mut reader);
        let listed = reader.texts_if("ports").unwrap_or_default();
        let own = reader.table_if("settings").map(|own| read_own(&own)).unwrap_or_default();
        reader.finish();
        places.regions.extend(region.clone());
        if let (Some(RunAs::Image(_)), Some(port)) = (&run, listed.first()) {
            let message = "the ports of an image stand beside it, each with its number";
            let mistake = root.ledger.source.mistake(port.span(), message);
            root.ledger.push(mistake.help("run = { image = …, ports = { http = 8080 } }"));
        }
        let (Some(name), Some(role), Some(run)) = (name, role, run) else { continue };
        nodes.push(Node {
            name: name.get_ref().clone(),
            role: role.into_inner(),
            region: region.map(Spanned::into_inner),
            ports: match &run {
                RunAs::Image(image) => image.ports.keys().cloned().collect(),
                RunAs::BuiltIn(_) => listed.into_iter().map(Spanned::into_inner).collect(),
            },
            run,
            settings: own,
        });
        places.names.push(("node", name));
    }
    nodes
}

/// `run = "gateway"` is a built-in role, `run = { image = { build = "…" }, … }` somebody else's program.
fn read_run(reader: &mut Reader<'_>) -> Option<RunAs> {
    if !reader.value("run").is_some_and(|run| run.get_ref().is_table()) {
        return reader.text("run").map(|role| RunAs::BuiltIn(role.into_inner()));
    }
    let mut run = reader.table_if("run")?;
    let from = read_image(&mut run);
    let command = run.texts_if("command").unwrap_or_default();
    let env = run.table_if("env").map(|env| read_own(&env)).unwrap_or_default();
    let ports = run.table_if("ports").map(|ports| read_numbers(&ports)).unwrap_or_default();
    run.finish();
    let command = command.into_iter().map(Spanned::into_inner).collect();
    Some(RunAs::Image(Image { from: from?, command, env, ports }))
}

fn read_image(run: &mut Reader<'_>) -> Option<ImageFrom> {
    let Some(mut image) = run.table_if("image") else {
        let wants =
            "run is a role, or has an image = { build = \"folder\" } or { pull = \"name\" }";
        run.ledger.wrong(run.span.clone(), wants);
        return None;
    };
    let (build, pull) = (image.text_if("build"), image.text_if("pull"));
    let span = image.span.clone();
    image.finish();
    match (build, pull) {
        (Some(folder), None) if is_inside(folder.get_ref()) => {
            Some(ImageFrom::Build(folder.into_inner()))
        }
        (Some(folder), None) => {
            run.ledger.wrong(folder.span(), "build names a folder inside the stack's own");
            None
        }
        (None, Some(name)) => Some(ImageFrom::Pull(name.into_inner())),
        (Some(_), Some(_)) | (None, None) => {
            run.ledger.wrong(span, "an image has a build folder or a name to pull, and not both");
            None
        }
    }
}

fn is_inside(folder: &str) -> bool {
    let mut parts = std::path::Path::new(folder).components();
    !folder.is_empty() && parts.all(|part| matches!(part, std::path::Component::Normal(_)))
}

/// Port name → its number.
fn read_numbers(reader: &Reader<'_>) -> BTreeMap<String, u16> {
    let entries = reader.entries().filter_map(|(name, value)| {
        let number = super::reader::scalar(value.get_ref()).and_then(|text| text.parse().ok());
        match number.filter(|number| *number > 0) {
            Some(number) => Some((name.into_inner(), number)),
            None => reader.expected(name.get_ref(), "a port number, 1 to 65535", value),
        }
    });
    entries.collect()
}

fn read_own(reader: &Reader<'_>) -> BTreeMap<String, String> {
    let entries =
        reader.entries().filter_map(|(name, value)| match super::reader::scalar(value.get_ref()) {
            Some(text) => Some((name.into_inner(), text)),
            None => reader.expected(name.get_ref(), "a string, a number or a truth value", value),
        });
    entries.collect()
}

fn read_links(root: &mut Reader<'_>, places: &mut Places) -> Vec<Link> {
    let protocols = [
        ("http", LinkProtocol::Http),
        ("https", LinkProtocol::Https),
        ("smpp", LinkProtocol::Smpp),
        ("sip", LinkProtocol::Sip),
        ("frames", LinkProtocol::Frames),
    ];
    let mut links = Vec::new();
    for mut reader in root.tables("link") {
        let (from, to, port) = (reader.text("from"), reader.text("to"), reader.text("port"));
        let protocol = reader.word("protocol", &protocols);
        let latency = reader.duration_if("latency").unwrap_or_default();
        reader.finish();
        let (Some(from), Some(to), Some(port), Some(protocol)) = (from, to, port, protocol) else {
            continue;
        };
        links.push(Link {
            from: from.get_ref().clone(),
            to: to.get_ref().clone(),
            port: port.get_ref().clone(),
            protocol,
            latency,
        });
        places.links.push((from, to, port));
    }
    links
}

fn read_carriers(
    root: &mut Reader<'_>,
    places: &mut Places,
    settings: &BTreeMap<String, Setting>,
) -> (Vec<Carrier>, Vec<BySetting>) {
    let counted = [("accepted", Counted::Accepted), ("submitted", Counted::Submitted)];
    let mut carriers = Vec::new();
    let mut follows = Vec::new();
    for mut reader in root.tables("carrier") {
        let (name, vendor) = (reader.text("name"), reader.text_if("vendor"));
        let mut named = by_setting::Named::default();
        let protocol = by_setting::read_protocol(&mut reader, &mut named);
        let subscribers = reader.whole_if("subscribers").unwrap_or(0);
        let capacity = by_setting::read_capacity(&mut reader, &mut named);
        let capacity_counts = reader.word_if("capacity_counts", &counted).unwrap_or_default();
        let receipt_delay = reader.duration_if("receipt_delay").unwrap_or_default();
        reader.finish();
        let (Some(name), Some(protocol)) = (name, protocol) else { continue };
        let mut carrier = Carrier {
            name: name.get_ref().clone(),
            vendor: vendor.as_ref().map(|vendor| vendor.get_ref().clone()),
            protocol,
            subscribers,
            capacity,
            capacity_counts,
            receipt_delay,
        };
        follows.extend(by_setting::follow(&mut carrier, named, settings, root.ledger));
        carriers.push(carrier);
        places.names.push(("carrier", name));
        places.names.extend(vendor.map(|vendor| ("vendor", vendor)));
    }
    (carriers, follows)
}

fn read_segments(root: &mut Reader<'_>, places: &mut Places) -> Vec<Segment> {
    let mut segments = Vec::new();
    for mut reader in root.tables("segment") {
        let (name, carrier) = (reader.text("name"), reader.text("carrier"));
        let (region, share) = (reader.text("region"), reader.share("share"));
        let prefix = reader.text("prefix");
        reader.finish();
        places.regions.extend(region.clone());
        let (Some(name), Some(carrier), Some(region), Some(share), Some(prefix)) =
            (name, carrier, region, share, prefix)
        else {
            continue;
        };
        segments.push(Segment {
            name: name.get_ref().clone(),
            carrier: carrier.get_ref().clone(),
            region: region.into_inner(),
            share: *share.get_ref(),
            prefix: prefix.get_ref().clone(),
        });
        places.names.push(("segment", name));
        places.segments.push((carrier, share, prefix));
    }
    segments
}

fn read_ingress(root: &mut Reader<'_>, places: &mut Places) -> Option<Ingress> {
    let kinds = [("twilio", "twilio"), ("kannel", "kannel"), ("jasmin", "jasmin")];
    let kinds = [&kinds[..], &[("smpp", "smpp"), ("json", "json"), ("calls", "calls")]].concat();
    let mut reader = section(root, "ingress")?;
    let (kind, node) = (reader.word("kind", &kinds), reader.text("node"));
    reader.finish();
    places.ingress = node.clone();
    Some(Ingress { kind: kind?.to_owned(), node: node?.into_inner() })
}

fn read_receipts(root: &mut Reader<'_>) -> Option<Receipts> {
    let kinds = [("callback", Receipts::Callback), ("smpp", Receipts::Smpp)];
    let mut reader = section(root, "receipts")?;
    let kind = reader.word("kind", &kinds);
    reader.finish();
    kind
}
