//! Nodes and regions fail.

use super::Phrase;
use crate::drill::Drill;
use crate::params::{Number, Quoted, Window};
use crate::timeline::Placed;
use cucumber::gherkin::Step;
use cucumber::when;
use squall_model::fault::{
    BufferLimited, NodeCut, NodeFrozen, NodeKilled, NodeLimited, NodeRestarted, RegionCut,
    TelemetryRises,
};
use squall_model::lever::Resource;

pub const PHRASES: &[Phrase] = &[
    Phrase::when(
        "the queue in region \"singapore\" is lost {window}",
        "the queue in region \"singapore\" is lost from 07:00 to 14:00",
        "its queue nodes are killed, their disks kept; started again at the end",
    ),
    Phrase::when(
        "region \"singapore\" is cut off {window}",
        "region \"singapore\" is cut off for 5 minutes",
        "every link across the region's border is down",
    ),
    Phrase::when(
        "node \"gateway-1\" is killed {window}",
        "node \"gateway-1\" is killed for 20 seconds",
        "as by SIGKILL; started again at the end",
    ),
    Phrase::when(
        "node \"gateway-1\" is frozen {window}",
        "node \"gateway-1\" is frozen for 20 seconds",
        "as by SIGSTOP: connections stand, nothing answers",
    ),
    Phrase::when(
        "node \"gateway-1\" is restarted",
        "node \"gateway-1\" is restarted",
        "asked to stop gracefully, then started again",
    ),
    Phrase::when(
        "node \"gateway-1\" is cut off {window}",
        "node \"gateway-1\" is cut off for 20 seconds",
        "it runs, and nothing passes between it and anybody",
    ),
    Phrase::when(
        "the CPU of node \"gateway-1\" is limited to {number} cores {window}",
        "the CPU of node \"gateway-1\" is limited to 0.05 cores for 30 seconds",
        "on docker only; it has to be used up, or the fault is not proven",
    ),
    Phrase::when(
        "the memory of node \"gateway-1\" is limited to {number} MiB {window}",
        "the memory of node \"gateway-1\" is limited to 32 MiB for 30 seconds",
        "on docker only; it has to be used up, or the fault is not proven",
    ),
    Phrase::when(
        "the buffer \"queue\" of \"queue-1\" holds only {number} events {window}",
        "the buffer \"queue\" of \"queue-1\" holds only 1000 events for 30 seconds",
        "the stack's setting queue_buffer; it has to fill, or the fault is not proven",
    ),
    Phrase::when(
        "telemetry requests rise to {number} times {window}",
        "telemetry requests rise to 5 times for 5 minutes",
        "of every node with a link to a node of the role telemetry; the stack's setting telemetry_factor",
    ),
];

#[when(expr = "the queue in region {name} is lost{window}")]
fn queue_lost(drill: &mut Drill, step: &Step, region: Quoted, window: Window) {
    drill.declare(step, |draft| {
        let placed = draft.window(&window);
        let name = draft.region(&region)?;
        let stack = &draft.stack.as_ref()?.stack;
        let queues = stack
            .nodes
            .iter()
            .filter(|node| node.role == "queue" && node.region.as_deref() == Some(name.as_str()));
        let nodes: Vec<String> = queues.map(|node| node.name.clone()).collect();
        if nodes.is_empty() {
            draft.wrong(&region.0, format!("region \"{name}\" has no node with the role queue"));
            return None;
        }
        let called = format!("the queue in region \"{name}\"");
        draft.fault(NodeKilled { nodes, called }, placed?);
        Some(())
    });
}

#[when(expr = "region {name} is cut off{window}")]
fn region_cut(drill: &mut Drill, step: &Step, region: Quoted, window: Window) {
    drill.declare(step, |draft| {
        let placed = draft.window(&window);
        let fault = RegionCut { region: draft.region(&region)? };
        if fault.border(&draft.stack.as_ref()?.stack).is_empty() {
            draft.wrong(&region.0, "no link crosses this region's border");
            return None;
        }
        draft.fault(fault, placed?);
        Some(())
    });
}

#[when(expr = "node {name} is killed{window}")]
fn killed(drill: &mut Drill, step: &Step, node: Quoted, window: Window) {
    drill.declare(step, |draft| {
        let placed = draft.window(&window);
        let nodes = draft.nodes(&node)?;
        draft.fault(NodeKilled { nodes, called: format!("node {}", node.0) }, placed?);
        Some(())
    });
}

#[when(expr = "node {name} is frozen{window}")]
fn frozen(drill: &mut Drill, step: &Step, node: Quoted, window: Window) {
    drill.declare(step, |draft| {
        let placed = draft.window(&window);
        let nodes = draft.nodes(&node)?;
        draft.fault(NodeFrozen { nodes }, placed?);
        Some(())
    });
}

#[when(expr = "node {name} is restarted")]
fn restarted(drill: &mut Drill, step: &Step, node: Quoted) {
    drill.declare(step, |draft| {
        let start = draft.instant();
        let nodes = draft.nodes(&node)?;
        draft.fault(NodeRestarted { nodes }, Placed { start, end: Some(start) });
        Some(())
    });
}

#[when(expr = "node {name} is cut off{window}")]
fn cut(drill: &mut Drill, step: &Step, node: Quoted, window: Window) {
    drill.declare(step, |draft| {
        let placed = draft.window(&window);
        let nodes = draft.nodes(&node)?;
        draft.fault(NodeCut { nodes }, placed?);
        Some(())
    });
}

#[when(expr = "the CPU of node {name} is limited to {number} cores{window}")]
fn cpu_limited(drill: &mut Drill, step: &Step, node: Quoted, cores: Number, window: Window) {
    limited(drill, step, (&node, &cores, &window), (Resource::Cpu, 1000.0));
}

#[when(expr = "the memory of node {name} is limited to {number} MiB{window}")]
fn memory_limited(drill: &mut Drill, step: &Step, node: Quoted, size: Number, window: Window) {
    limited(drill, step, (&node, &size, &window), (Resource::Memory, f64::from(1 << 20)));
}

/// `unit`: how many of the resource's own a step's number counts.
fn limited(
    drill: &mut Drill,
    step: &Step,
    (node, number, window): (&Quoted, &Number, &Window),
    (resource, unit): (Resource, f64),
) {
    drill.declare(step, |draft| {
        let placed = draft.window(window);
        let (nodes, number_of) = (draft.nodes(node), draft.positive(number));
        let to = (number_of? * unit).round() as u64;
        let least = NodeLimited::least(resource);
        if to < least {
            let message = format!("{} is too little for a container to live on", number.0);
            let help = format!("at least {}", least as f64 / unit);
            draft.wrong(&number.0, message).help = Some(help);
            return None;
        }
        draft.fault(NodeLimited { nodes: nodes?, resource, to }, placed?);
        Some(())
    });
}

#[when(expr = "the buffer {name} of {name} holds only {number} events{window}")]
fn buffer_limited(
    drill: &mut Drill,
    step: &Step,
    buffer: Quoted,
    node: Quoted,
    events: Number,
    window: Window,
) {
    drill.declare(step, |draft| {
        let placed = draft.window(&window);
        let (nodes, events) = (draft.nodes_with_settings(&node), draft.whole(&events));
        let sized = draft.sizes_buffer(&buffer, events?);
        let (nodes, ()) = (nodes?, sized?);
        let buffer = buffer.name().to_owned();
        draft.fault(BufferLimited { nodes, buffer, events: events? }, placed?);
        Some(())
    });
}

#[when(expr = "telemetry requests rise to {number} times{window}")]
fn telemetry_rises(drill: &mut Drill, step: &Step, times: Number, window: Window) {
    drill.declare(step, |draft| {
        let placed = draft.window(&window);
        let factor = draft.positive(&times)?;
        if factor <= 1.0 {
            draft.wrong(&times.0, "more than 1 times, or it is no rise");
            return None;
        }
        let file = draft.stack.as_ref()?;
        let nodes = TelemetryRises::senders(&file.stack);
        if nodes.is_empty() || !file.settings.contains_key(TelemetryRises::SETTING) {
            let message = format!("no node of stack \"{}\" sends telemetry", file.stack.name);
            draft.wrong("", message).help = Some("the stack \"voice\" has some".to_owned());
            return None;
        }
        draft.take_settings(&nodes, "")?;
        let file = draft.stack.as_ref()?;
        let fault = TelemetryRises { nodes, times: factor };
        let allowed = &file.settings[TelemetryRises::SETTING].allowed;
        let mut values = fault.nodes.iter().map(|node| fault.value(&file.stack, node));
        if let Some(value) = values.find(|value| !allowed.takes(value)).as_deref() {
            let message = format!("{value} is no value of the setting {}", TelemetryRises::SETTING);
            let mistake = draft.source.mistake_in_line(draft.at.line, &times.0, message);
            let mistake = allowed.explain(mistake, value);
            draft.mistakes.push(mistake);
            return None;
        }
        draft.fault(fault, placed?);
        Some(())
    });
}
