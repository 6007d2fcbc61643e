//! Facts that a reader must not miss: unplanned exits, levers that failed, interruptions, notes.

use crate::words;
use squall_model::fact::{Exit, Fact, LeverResult};
use squall_model::record::Record;
use squall_model::units::Micros;
use std::collections::BTreeMap;

/// Most events a report shows; how many more there were is said.
const MOST: usize = 24;

#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub at: Micros,
    pub text: String,
    /// Something went wrong with the drill or its stack.
    pub bad: bool,
}

/// The events of a record in order, the last one counting those left out.
pub fn notable(record: &Record) -> Vec<Event> {
    let mut events: Vec<Event> = record.events.iter().filter_map(event).collect();
    events.sort_by_key(|event| event.at);
    if events.len() > MOST {
        let left_out = events.len() - MOST;
        let at = events[MOST].at;
        events.truncate(MOST);
        let text = format!("{} more of this kind; see the facts.", words::count(left_out as u64));
        events.push(Event { at, text, bad: false });
    }
    events
}

fn event(fact: &Fact) -> Option<Event> {
    let bad = |at: Micros, text: String| Some(Event { at, text, bad: true });
    match fact {
        Fact::Exit(Exit { at, node, planned: false, status }) => {
            bad(*at, format!("{node} ended unplanned: {status}."))
        }
        Fact::Lever(LeverResult { at, undo, error: Some(error), .. }) => {
            let what = if *undo { "Undo" } else { "Lever" };
            bad(*at, format!("{what} failed: {error}."))
        }
        Fact::Lever(LeverResult { at, undo, read_back: false, .. }) => {
            let what = if *undo { "Undo" } else { "Lever" };
            bad(*at, format!("{what} pulled, and the stack did not confirm it."))
        }
        Fact::Interrupted { at, reason } => bad(*at, format!("Interrupted: {reason}.")),
        Fact::Note { at, text } => Some(Event { at: *at, text: text.clone(), bad: false }),
        _ => None,
    }
}

/// How many facts of each kind, by the key they carry in the file.
pub fn kinds(record: &Record) -> BTreeMap<&'static str, u64> {
    let mut kinds = BTreeMap::new();
    for fact in &record.events {
        *kinds.entry(kind(fact)).or_insert(0) += 1;
    }
    kinds
}

fn kind(fact: &Fact) -> &'static str {
    match fact {
        Fact::Submit(_) => "submit",
        Fact::Carrier(_) => "carrier",
        Fact::Receipt(_) => "receipt",
        Fact::Phase(_) => "phase",
        Fact::Lever(_) => "lever",
        Fact::Probe(_) => "probe",
        Fact::Draws(_) => "draws",
        Fact::Health(_) => "health",
        Fact::HeldBack(_) => "held_back",
        Fact::Exit(_) => "exit",
        Fact::Pending { .. } => "pending",
        Fact::PendingCount { .. } => "pending_count",
        Fact::Load(_) => "load",
        Fact::Interrupted { .. } => "interrupted",
        Fact::Note { .. } => "note",
    }
}
