//! Links between nodes, carriers and vendors fail or get worse.

use super::Phrase;
use crate::draft::Draft;
use crate::drill::Drill;
use crate::params::{Duration, Number, Percent, Quoted, Window};
use cucumber::gherkin::Step;
use cucumber::when;
use squall_model::fault::{
    Fault, LinkBandwidth, LinkDown, LinkLatency, LinkLoses, LinkResets, LinkSilent,
};
use squall_model::units::Micros;

pub const PHRASES: &[Phrase] = &[
    Phrase::when(
        "the link \"gateway\" to \"smartfren\" gains {duration} latency {window}",
        "the link \"gateway\" to \"smartfren\" gains 800 ms latency for 30 seconds",
        "added once to the round trip; a role stands for all its nodes",
    ),
    Phrase::when(
        "the link \"gateway\" to \"smartfren\" gains {duration} latency with {duration} jitter {window}",
        "the link \"gateway\" to \"smartfren\" gains 800 ms latency with 200 ms jitter for 30 seconds",
        "the same, drawn anew for every chunk of data",
    ),
    Phrase::when(
        "the link \"gateway\" to \"smartfren\" is limited to {number} kB per second {window}",
        "the link \"gateway\" to \"smartfren\" is limited to 20 kB per second for 30 seconds",
        "each direction",
    ),
    Phrase::when(
        "the link \"gateway\" to \"smartfren\" goes silent {window}",
        "the link \"gateway\" to \"smartfren\" goes silent for 30 seconds",
        "connections stand and nothing comes through",
    ),
    Phrase::when(
        "the link \"gateway\" to \"smartfren\" is down {window}",
        "the link \"gateway\" to \"smartfren\" is down for 30 seconds",
        "connections are closed and new ones refused",
    ),
    Phrase::when(
        "the link \"gateway\" to \"smartfren\" resets connections {window}",
        "the link \"gateway\" to \"smartfren\" resets connections for 30 seconds",
        "every connection is cut with RST",
    ),
    Phrase::when(
        "the link \"gateway\" to \"smartfren\" loses {percent} of connections {window}",
        "the link \"gateway\" to \"smartfren\" loses 30% of connections for 30 seconds",
        "existing and new ones, drawn by the seed",
    ),
];

/// The shape that all link faults share: a window, two ends, and a fault on what lies between.
fn on_links(
    drill: &mut Drill,
    step: &Step,
    ends: (&Quoted, &Quoted),
    window: &Window,
    fault: impl FnOnce(&mut Draft, Vec<String>) -> Option<Fault>,
) {
    drill.declare(step, |draft| {
        let placed = draft.window(window);
        let links = draft.links(ends.0, ends.1);
        // The fault's own numbers are read even where the link is unknown: their mistakes count too.
        let fault = fault(draft, links.clone().unwrap_or_default());
        if links.is_some() {
            draft.fault(fault?, placed?);
        }
        Some(())
    });
}

fn latency_of(draft: &mut Draft, text: &Duration) -> Option<Micros> {
    let latency = draft.duration(text)?;
    if latency < Micros::from_millis(1) {
        draft.wrong(&text.0, "less than 1 ms cannot be added");
        return None;
    }
    Some(latency)
}

#[when(expr = "the link {name} to {name} gains {duration} latency{window}")]
fn slower(
    drill: &mut Drill,
    step: &Step,
    from: Quoted,
    to: Quoted,
    latency: Duration,
    window: Window,
) {
    on_links(drill, step, (&from, &to), &window, |draft, links| {
        let latency = latency_of(draft, &latency)?;
        Some(LinkLatency { links, latency, jitter: Micros::ZERO }.into())
    });
}

#[when(expr = "the link {name} to {name} gains {duration} latency with {duration} jitter{window}")]
fn slower_with_jitter(
    drill: &mut Drill,
    step: &Step,
    from: Quoted,
    to: Quoted,
    latency: Duration,
    jitter: Duration,
    window: Window,
) {
    on_links(drill, step, (&from, &to), &window, |draft, links| {
        let read = latency_of(draft, &latency);
        let spread = draft.duration(&jitter);
        let (latency, spread) = (read?, spread?);
        if spread >= latency {
            draft
                .wrong(&jitter.0, format!("the jitter must be less than the latency of {latency}"));
            return None;
        }
        Some(LinkLatency { links, latency, jitter: spread }.into())
    });
}

#[when(expr = "the link {name} to {name} is limited to {number} kB per second{window}")]
fn bandwidth(
    drill: &mut Drill,
    step: &Step,
    from: Quoted,
    to: Quoted,
    rate: Number,
    window: Window,
) {
    on_links(drill, step, (&from, &to), &window, |draft, links| {
        draft.positive(&rate)?;
        let kilobytes_per_second = draft.whole(&rate)?;
        Some(LinkBandwidth { links, kilobytes_per_second }.into())
    });
}

#[when(expr = "the link {name} to {name} goes silent{window}")]
fn silent(drill: &mut Drill, step: &Step, from: Quoted, to: Quoted, window: Window) {
    on_links(drill, step, (&from, &to), &window, |_, links| Some(LinkSilent { links }.into()));
}

#[when(expr = "the link {name} to {name} is down{window}")]
fn down(drill: &mut Drill, step: &Step, from: Quoted, to: Quoted, window: Window) {
    on_links(drill, step, (&from, &to), &window, |_, links| Some(LinkDown { links }.into()));
}

#[when(expr = "the link {name} to {name} resets connections{window}")]
fn resets(drill: &mut Drill, step: &Step, from: Quoted, to: Quoted, window: Window) {
    on_links(drill, step, (&from, &to), &window, |_, links| Some(LinkResets { links }.into()));
}

#[when(expr = "the link {name} to {name} loses {percent} of connections{window}")]
fn loses(drill: &mut Drill, step: &Step, from: Quoted, to: Quoted, share: Percent, window: Window) {
    on_links(drill, step, (&from, &to), &window, |draft, links| {
        let share = draft.fault_share(&share)?;
        Some(LinkLoses { links, share }.into())
    });
}
