//! From when to when messages missed their deadline, and in how much of that: the first and the last
//! may be strays with hours between them.

use crate::run::DrillReport;
use crate::words::{self, Clock};
use squall_model::units::Micros;
use std::collections::BTreeSet;

/// Longer stretches are counted in minutes, others in seconds.
const LONG: Micros = Micros::from_secs(600);

/// `between 07:00:10 and 14:03:00, in 421 of 423 minutes`; nothing where no message missed it.
pub fn said(drill: &DrillReport) -> Option<String> {
    let impact = drill.judged.timeline.impact?;
    let (unit, one, many) = match impact.length() > LONG {
        true => (Micros::from_secs(60), "minute", "minutes"),
        false => (Micros::from_secs(1), "second", "seconds"),
    };
    let deadline = drill.plan().stack.slo.deadline;
    let slot = |at: Micros| (at - impact.start).0 / unit.0;
    let missed = drill.record.messages.attempted().map(|(_, message)| message);
    let missed = missed.filter(|message| !message.in_time(deadline));
    let within = |at: Micros| impact.start <= at && at <= impact.end;
    let slots: BTreeSet<u64> =
        missed.map(|message| message.due).filter(|due| within(*due)).map(slot).collect();
    let all = slot(impact.end) + 1;
    let clock = Clock::of(drill.plan());
    let (from, to) = (clock.at(impact.start), clock.at(impact.end));
    let some = words::count(slots.len() as u64);
    Some(format!("between {from} and {to}, in {some} of {}", words::plural(all, one, many)))
}
