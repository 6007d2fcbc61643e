//! A declared draft → the resolved plan: rates, population, windows with an end, lever calls with undo.

use crate::draft::{Draft, Rate};
use crate::feature::Selected;
use sha2::{Digest as _, Sha256};
use squall_model::about::{About, Published, SettingAbout};
use squall_model::lever::LeverCall;
use squall_model::plan::{Change, Clock, Expected, Plan, PlannedFault, SCHEMA};
use squall_model::stack::Stack;
use squall_model::traffic::{Item, Pool, RateFrom, Traffic};
use squall_model::units::{Micros, Span};
use std::collections::BTreeMap;

/// Longest warm-up; shorter where a tenth of the time before the first fault is.
const WARM_UP: Micros = Micros::from_secs(30);
/// Beyond the stack's longest timer, before a message may be called lost.
const DRAIN_MARGIN: Micros = Micros::from_secs(10);

/// `None` where something is missing without which there is no plan; the draft then says what.
pub fn plan(draft: &mut Draft, selected: &Selected<'_>, seed: Option<u64>) -> Option<Plan> {
    draft.at.line = selected.scenario.position.line;
    if draft.stack_named.is_none() {
        draft.wrong("", "the drill names no stack").help =
            Some("add a step such as: Given the stack \"reference\"".to_owned());
    }
    if !draft.traffic_stated {
        draft.wrong("", "the drill states no traffic").help =
            Some("add a step such as: Given 200 messages per second".to_owned());
    }
    let end = draft.timeline.end();
    if end == Micros::ZERO && !draft.timeline.broken {
        draft.wrong("", "the drill has no length").help =
            Some("add a step such as: When 10 minutes pass".to_owned());
        return None;
    }
    let stack = draft.stack.as_ref()?.stack.clone();
    let faults = faults(draft, &stack, end);
    draft.at.line = selected.scenario.position.line;
    let traffic = traffic(draft, &stack)?;
    let first = faults.iter().map(|fault| fault.window.start).min().unwrap_or(end);
    let canary = selected.tags.iter().any(|tag| tag == "must-fail");
    let drain = stack.longest_timer() + DRAIN_MARGIN;
    Some(Plan {
        schema: SCHEMA.to_owned(),
        feature: selected.feature.name.clone(),
        scenario: selected.scenario.name.clone(),
        file: draft.source.name.clone(),
        line: selected.scenario.position.line,
        tags: selected.tags.clone(),
        expected: if canary { Expected::Fail } else { Expected::Pass },
        clock: draft.clock.unwrap_or(Clock { start_unix_us: 0, offset_seconds: 0, stated: false }),
        seed: seed.or(draft.seed).unwrap_or_else(|| seed_from(selected)),
        traffic,
        warm_up: WARM_UP.min(Micros(first.0 / 10)),
        end,
        drain,
        faults,
        changes: changes(draft),
        objectives: draft.objectives.clone(),
        guards: draft.guards.clone(),
        cost_per_hour: draft.cost_per_hour,
        about: about(draft, selected),
        stack,
    })
}

/// The words under `Feature:` and `Scenario:`, and what the stack's file says of its settings.
fn about(draft: &Draft, selected: &Selected<'_>) -> About {
    let texts = [&selected.feature.description, &selected.scenario.description];
    let published = draft.clock.iter().flat_map(|clock| {
        let moments =
            texts.iter().copied().flatten().flat_map(|text| text.lines()).filter_map(moment);
        moments.map(|(at, text)| Published { at: since(clock, at), text: text.to_owned() })
    });
    let published = published.collect();
    let told = texts.iter().copied().flatten().map(|text| told(text, draft.clock.is_some()));
    let description = told.filter(|paragraph| !paragraph.is_empty()).collect();
    let settings = draft.stack.iter().flat_map(|file| &file.settings);
    let settings = settings.map(|(name, setting)| {
        let (default, doc) = (setting.default.clone(), setting.doc.clone());
        (name.clone(), SettingAbout { default, doc, mends: setting.mends.clone() })
    });
    About { description, published, settings: settings.collect(), repeat: None }
}

/// The lines that are no moments, as one paragraph: the parser keeps no empty lines. Without a clock
/// no line is a moment.
fn told(text: &str, clock: bool) -> String {
    let lines = text.lines().map(str::trim);
    let told = lines.filter(|line| !line.is_empty() && (!clock || moment(line).is_none()));
    told.collect::<Vec<&str>>().join(" ")
}

/// A line of a published timeline, `- 15:12 monitors see high load`: seconds of its day, and the rest.
fn moment(line: &str) -> Option<(u64, &str)> {
    let (time, text) = line.trim().strip_prefix("- ")?.split_once(' ')?;
    Some((crate::words::time_of_day(time).ok()?, text.trim()))
}

/// Drill time of the next such time of day.
fn since(clock: &Clock, seconds: u64) -> Micros {
    let local = clock.start_unix_us as i64 / 1_000_000 + i64::from(clock.offset_seconds);
    let start = local.rem_euclid(86_400);
    Micros::from_secs((seconds as i64 - start).rem_euclid(86_400) as u64)
}

/// The same names give the same seed; 32 bits, so that one can type it.
fn seed_from(selected: &Selected<'_>) -> u64 {
    let names = format!("{}\0{}", selected.feature.name, selected.scenario.name);
    let digest = Sha256::digest(names.as_bytes());
    digest.iter().take(4).fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}

fn traffic(draft: &mut Draft, stack: &Stack) -> Option<Traffic> {
    let rate = draft.rate.clone()?;
    if rate.item != stack.takes() {
        let takes = stack.takes().many();
        let message =
            format!("the stack \"{}\" takes {takes}, not {}", stack.name, rate.item.many());
        draft.wrong("", message).help = Some(format!("… {takes} per second"));
        return None;
    }
    if rate.item == Item::Call && draft.validity.is_some() {
        draft.wrong("", "calls have no validity").help =
            Some("leave out: messages are valid for …".to_owned());
        return None;
    }
    let population = population(&rate, stack);
    let total: u64 = population.iter().map(|pool| u64::from(pool.subscribers)).sum();
    if total == 0 || total > u64::from(u32::MAX) {
        let message = match total {
            0 => "nobody can be written to: no carrier here has subscribers",
            _ => "more subscribers than can be told apart: sample them",
        };
        draft.wrong("", message);
        return None;
    }
    let rates = rates(draft, &rate);
    let item = rate.item;
    Some(Traffic { item, rates, population, sampled: rate.sampled, validity: draft.validity })
}

/// The segments that are written to, each sampled like the volume.
fn population(rate: &Rate, stack: &Stack) -> Vec<Pool> {
    let wanted = |name: &str| rate.carrier.as_deref().is_none_or(|carrier| carrier == name);
    let segments = stack.segments.iter().filter(|segment| wanted(&segment.carrier));
    segments
        .filter_map(|segment| {
            let carrier = stack.carriers.iter().find(|known| known.name == segment.carrier)?;
            let real = carrier.subscribers as f64 * segment.share;
            let subscribers = (real / rate.sampled as f64).round().min(f64::from(u32::MAX)) as u32;
            Some(Pool { segment: segment.clone(), subscribers })
        })
        .filter(|pool| pool.subscribers > 0)
        .collect()
}

/// From each instant at which anything changes: the rise declared last that covers it, else the base.
fn rates(draft: &Draft, base: &Rate) -> Vec<RateFrom> {
    let edges = draft.rises.iter().flat_map(|rise| [Some(rise.start), rise.end]).flatten();
    let mut instants: Vec<Micros> = edges.chain([Micros::ZERO]).collect();
    instants.sort();
    instants.dedup();
    let mut rates: Vec<RateFrom> = Vec::new();
    for at in instants {
        let covers = |start: Micros, end: Option<Micros>| start <= at && end.is_none_or(|e| at < e);
        let rise = draft.rises.iter().rev().find(|rise| covers(rise.start, rise.end));
        let real = rise.map_or(base.per_second, |rise| rise.per_second);
        let per_second = real / base.sampled as f64;
        if rates.last().is_none_or(|last| last.per_second != per_second) {
            rates.push(RateFrom { at, per_second });
        }
    }
    rates
}

fn faults(draft: &mut Draft, stack: &Stack, end: Micros) -> Vec<PlannedFault> {
    let mut planned: Vec<PlannedFault> = Vec::new();
    for (index, declared) in draft.faults.clone().into_iter().enumerate() {
        let window = Span { start: declared.start, end: declared.end.unwrap_or(end) };
        if declared.end.is_none() && window.length() == Micros::ZERO {
            draft.at = declared.at.clone();
            draft.wrong("", "the drill ends where this fault begins").help =
                Some("give it a window, or let time pass after it".to_owned());
        }
        let id = format!("fault-{}", index + 1);
        let fault = PlannedFault {
            inject: declared.fault.inject(&id, stack),
            heal: declared.fault.heal(&id, stack),
            watches: declared.fault.watches(&id, stack),
            fault: declared.fault,
            window,
            text: declared.at.text.clone(),
            line: declared.at.line,
        };
        if let Some(other) = planned.iter().find(|other| collide(other, &fault)) {
            let message =
                format!("acts on what the fault of line {} acts on meanwhile", other.line);
            draft.at = declared.at.clone();
            draft.wrong("", message).help =
                Some("the heal of one would undo the other: let them follow each other".to_owned());
        }
        let changed = draft
            .changes
            .iter()
            .find(|change| change.when <= fault.window.end && pulls(&fault.inject, &change.calls));
        if let Some(line) = changed.map(|change| change.at.line) {
            draft.at = declared.at;
            let message = format!("acts on the setting that line {line} changes");
            draft.wrong("", message).help =
                Some("its heal puts back what the stack says, and so would undo the change".into());
        }
        planned.push(fault);
    }
    planned
}

/// Two faults at once that pull the same switch. Toxics and behaviours have names of their own.
fn collide(one: &PlannedFault, other: &PlannedFault) -> bool {
    let meanwhile = one.window.start < other.window.end && other.window.start < one.window.end;
    meanwhile && pulls(&one.inject, &other.inject)
}

/// Whether the two pull a switch in common. A setting is one, whatever it is set to; so is a limit.
fn pulls(calls: &[LeverCall], others: &[LeverCall]) -> bool {
    let same = |one: &LeverCall, other: &LeverCall| match (one, other) {
        (LeverCall::AddToxic { .. } | LeverCall::SetCarrierBehaviour { .. }, _) => false,
        (
            LeverCall::SetNodeSetting { node, key, .. },
            LeverCall::SetNodeSetting { node: of, key: named, .. },
        ) => (node, key) == (of, named),
        (
            LeverCall::LimitNode { node, resource, .. },
            LeverCall::LimitNode { node: of, resource: named, .. },
        ) => (node, resource) == (of, named),
        _ => one == other,
    };
    calls.iter().any(|call| others.iter().any(|other| same(call, other)))
}

/// One change an instant and step, in order of time.
fn changes(draft: &Draft) -> Vec<Change> {
    let mut ordered: BTreeMap<(Micros, usize), Change> = BTreeMap::new();
    for (index, change) in draft.changes.iter().enumerate() {
        let (at, text, line) = (change.when, change.at.text.clone(), change.at.line);
        ordered.insert((at, index), Change { at, text, line, calls: change.calls.clone() });
    }
    ordered.into_values().collect()
}
