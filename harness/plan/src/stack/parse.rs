//! The sections of stack.toml, one function each. What holds between sections is `check`'s.

use super::by_setting::{self, BySetting};
use super::followed::{self, Followed};
use super::follows::{Follows, under};
use super::reader::{Ledger, Placed, Reader};
use super::settings::Setting;
use super::{StackFile, check, external, links, nodes, profiles, settings};
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
    let profiles =
        root.table_if("profiles").map(|r| profiles::read(&r, &settings)).unwrap_or_default();
    let timers = root.table_if("timers").map(|r| read_timers(&r, &settings)).unwrap_or_default();
    let regions = read_regions(&mut root, &mut places);
    let defaults = settings.iter().map(|(key, s)| (key.clone(), s.default.clone())).collect();
    let (nodes, runs) = nodes::read(&mut root, &mut places, &settings, &defaults);
    let (links, ends) = links::read(&mut root, &mut places, &settings, &defaults);
    let (carriers, by_setting) = read_carriers(&mut root, &mut places, &settings);
    let segments = read_segments(&mut root, &mut places);
    let ingress = read_ingress(&mut root, &mut places);
    let receipts = read_receipts(&mut root);
    let (external, placings) = external::read(&mut root).unzip();
    root.finish();
    // What is missing is a mistake by now, so the stand-ins below never leave this file; they let
    // the checks between sections go on.
    let text = |text: Option<Placed<String>>| text.map(Spanned::into_inner).unwrap_or_default();
    let no_slo = Slo { target: 0.0, deadline: Micros::ZERO, period: Micros::ZERO };
    let no_ingress = Ingress { kind: String::new(), node: String::new() };
    let stack = Stack {
        name: text(name),
        profile: None,
        summary: text(summary),
        slo: slo.unwrap_or(no_slo),
        timers: under(&timers, &defaults),
        settings: defaults,
        regions,
        nodes,
        links,
        carriers,
        segments,
        ingress: ingress.unwrap_or(no_ingress),
        receipts: receipts.unwrap_or(Receipts::Callback),
        external,
    };
    let follows = Follows { carriers: by_setting, nodes: runs, links: ends, timers };
    check::between_sections(&stack, &places, ledger);
    check::whatever_settings_say(&stack, &settings, &follows, &places, ledger);
    check::templates_can_be_filled_in(&stack, &settings, &follows, ledger);
    if let Some(placings) = &placings {
        external::check(&stack, placings, &places, ledger);
    }
    StackFile { stack, settings, profiles, follows }
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

fn read_timers(
    reader: &Reader<'_>,
    settings: &BTreeMap<String, Setting>,
) -> BTreeMap<String, Followed<Micros>> {
    let timer = |(name, value): (Placed<String>, _)| {
        let length =
            followed::of(reader, name.get_ref(), value, settings, |reader, key, value| {
                reader.as_duration(key, value)
            })?;
        Some((name.into_inner(), length))
    };
    reader.entries().filter_map(timer).collect()
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

pub fn read_own(reader: &Reader<'_>) -> BTreeMap<String, String> {
    let entries =
        reader.entries().filter_map(|(name, value)| match super::reader::scalar(value.get_ref()) {
            Some(text) => Some((name.into_inner(), text)),
            None => reader.expected(name.get_ref(), "a string, a number or a truth value", value),
        });
    entries.collect()
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
