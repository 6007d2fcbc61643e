//! Where each When step stands in drill time, from its window and from the step before it.

use crate::draft::Draft;
use crate::params::{Phase, Window};
use crate::words;
use squall_model::fault::Fault;
use squall_model::plan::PhaseName;
use squall_model::units::{Micros, Span};

const DAY_S: u64 = 86_400;

/// The cursor that the steps move.
#[derive(Debug, Default)]
pub struct Timeline {
    /// Start of the step before: where `at the same time` starts.
    last_start: Micros,
    /// End of the step before: where the next one starts.
    cursor: Micros,
    /// Latest instant any step names; the drill ends there.
    end: Micros,
    /// A window could not be understood, so nothing that counts on lengths can be checked.
    pub broken: bool,
}

/// A window of drill time; open where it lasts until the drill ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed {
    pub start: Micros,
    pub end: Option<Micros>,
}

impl Timeline {
    pub fn end(&self) -> Micros {
        self.end
    }

    /// Where a step without clock times starts.
    fn here(&self, at_the_same_time: bool) -> Micros {
        if at_the_same_time { self.last_start } else { self.cursor }
    }

    /// A step takes its place. An open one takes no time of its own: the next starts with it.
    fn place(&mut self, placed: Placed) -> Placed {
        self.last_start = placed.start;
        self.cursor = placed.end.unwrap_or(placed.start);
        self.end = self.end.max(self.cursor);
        placed
    }
}

impl Draft {
    /// `10 minutes pass`, and every step whose length alone is known.
    pub(crate) fn pass(&mut self, length: Option<Micros>) -> Option<Placed> {
        let Some(length) = length else {
            self.timeline.broken = true;
            return None;
        };
        let start = self.timeline.here(self.at.at_the_same_time);
        Some(self.timeline.place(Placed { start, end: Some(start + length) }))
    }

    /// An act that takes no time: a change, a restart.
    pub(crate) fn instant(&mut self) -> Micros {
        let start = self.timeline.here(self.at.at_the_same_time);
        self.timeline.place(Placed { start, end: Some(start) }).start
    }

    /// Reads a `{window}` and gives the step its place.
    pub(crate) fn window(&mut self, window: &Window) -> Option<Placed> {
        let text = window.0.as_str();
        let start = self.timeline.here(self.at.at_the_same_time);
        if text.is_empty() {
            return Some(self.timeline.place(Placed { start, end: None }));
        }
        if let Some(length) = text.strip_prefix("for ") {
            let read = words::duration(length);
            let length = match self.read(length, read) {
                Some(Micros::ZERO) => {
                    self.wrong(length, "the window has no length");
                    None
                }
                read => read,
            };
            return self.pass(length);
        }
        let (from, until) =
            match text.strip_prefix("from ").and_then(|ends| ends.split_once(" to ")) {
                Some((from, until)) => (Some(from), until),
                None => (None, text.strip_prefix("until ").unwrap_or(text)),
            };
        let from_at = match from {
            Some(from) => self.time(from),
            None => Some(start),
        };
        let until_at = self.time(until);
        let (Some(from_at), Some(until_at)) = (from_at, until_at) else {
            self.timeline.broken = true;
            return None;
        };
        let span = self.ordered(text, from_at, until_at);
        Some(self.timeline.place(Placed { start: span.start, end: Some(span.end) }))
    }

    /// A window between two clock times, its own words for the message.
    pub(crate) fn between(&mut self, from: &str, to: &str) -> Option<Placed> {
        let (start, end) = (self.time(from), self.time(to));
        let (Some(start), Some(end)) = (start, end) else {
            self.timeline.broken = true;
            return None;
        };
        let span = self.ordered(to, start, end);
        Some(self.timeline.place(Placed { start: span.start, end: Some(span.end) }))
    }

    /// The two instants in order, after saying so where they were not.
    fn ordered(&mut self, words: &str, start: Micros, end: Micros) -> Span {
        if end <= start {
            let message = match end == start {
                true => "the window has no length".to_owned(),
                false => "the window ends before it starts".to_owned(),
            };
            let by = start - end;
            let help = format!("its end lies {by} before its start, at {start} of drill time");
            let mistake = self.wrong(words, message);
            mistake.help = (end < start).then_some(help);
        }
        Span { start: start.min(end), end: end.max(start) }
    }

    /// A time of day as drill time: its first occurrence at or after the drill's start.
    pub(crate) fn time(&mut self, text: &str) -> Option<Micros> {
        let seconds = self.read(text, words::time_of_day(text))?;
        let Some(clock) = self.clock.filter(|clock| clock.stated) else {
            let help = "add a step such as: Given the clock starts at 2026-01-10 06:30 +07:00";
            self.wrong(text, "a time of day needs a clock").help = Some(help.to_owned());
            return None;
        };
        let local = (clock.start_unix_us / 1_000_000) as i64 + i64::from(clock.offset_seconds);
        let start = local.rem_euclid(DAY_S as i64) as u64;
        Some(Micros::from_secs((seconds + DAY_S - start) % DAY_S))
    }

    /// Reads a `{phase}`.
    pub(crate) fn phase(&mut self, phase: &Phase) -> Option<PhaseName> {
        match phase.0.as_str() {
            "" => Some(PhaseName::Whole),
            "before the fault" => Some(PhaseName::BeforeTheFault),
            "during the fault" => Some(PhaseName::DuringTheFault),
            "after recovery" => Some(PhaseName::AfterRecovery),
            text => {
                let (from, to) = text.strip_prefix("from ").and_then(|t| t.split_once(" to "))?;
                let (start, end) = (self.time(from), self.time(to));
                Some(PhaseName::Window(self.ordered(text, start?, end?)))
            }
        }
    }

    /// Puts a fault into its window.
    pub(crate) fn fault(&mut self, fault: impl Into<Fault>, window: Placed) {
        let (fault, at) = (fault.into(), self.at.clone());
        self.faults.push(crate::draft::DraftFault {
            fault,
            start: window.start,
            end: window.end,
            at,
        });
    }
}
