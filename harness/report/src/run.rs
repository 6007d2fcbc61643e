//! A whole run, judged: the one value that every report format is written from.
//!
//! A record keeps one small row a message, so a run of many drills fits into memory.

use crate::events::{self, Event};
use crate::exit;
use crate::series::Series;
use crate::words::Clock;
use squall_model::judged::Judged;
use squall_model::plan::Plan;
use squall_model::record::Record;
use squall_model::units::{Micros, Span};
use squall_model::verdict::Verdict;
use std::collections::BTreeMap;

/// What the facts do not say: who played, when, for how long, and by which command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunInfo {
    /// Version of squall.
    pub squall: String,
    pub engine: String,
    pub seed: u64,
    /// RFC 3339, in UTC.
    pub started: String,
    pub wall_ms: u64,
    /// The command line that was typed, `squall` included; empty where it is not known.
    pub command: Vec<String>,
    /// Every undo was proven. Where not, the run ends with exit code 4.
    pub undo_verified: bool,
}

impl Default for RunInfo {
    fn default() -> Self {
        RunInfo {
            squall: env!("CARGO_PKG_VERSION").into(),
            engine: String::new(),
            seed: 0,
            started: String::new(),
            wall_ms: 0,
            command: Vec::new(),
            undo_verified: true,
        }
    }
}

/// A run, judged.
#[derive(Clone, Debug)]
pub struct RunReport {
    pub info: RunInfo,
    /// The worst drill, each counted after `met`.
    pub verdict: Verdict,
    pub met: bool,
    pub exit_code: u8,
    pub drills: Vec<DrillReport>,
}

/// One drill: what was recorded, what was judged, and what the formats draw.
#[derive(Clone, Debug)]
pub struct DrillReport {
    pub record: Record,
    pub judged: Judged,
    /// The whole drill, and the minutes around the first fault where those are crowded.
    pub whole: Series,
    pub zoom: Option<Series>,
    pub events: Vec<Event>,
    /// How many facts of each kind the record holds; messages are counted by the ledger.
    pub facts: BTreeMap<&'static str, u64>,
}

/// Judges every record and adds up what the run comes to.
pub fn judge_run(records: impl IntoIterator<Item = Record>, info: RunInfo) -> RunReport {
    RunReport::new(
        records.into_iter().map(|r| DrillReport::new(squall_model::judge::judge(&r), r)),
        info,
    )
}

impl RunReport {
    /// A run of drills that are judged already.
    pub fn new(drills: impl IntoIterator<Item = DrillReport>, mut info: RunInfo) -> RunReport {
        let drills: Vec<DrillReport> = drills.into_iter().collect();
        let verdict = Verdict::worst(drills.iter().map(|drill| exit::counts_as(&drill.judged)));
        if let (true, Some(first)) = (info.engine.is_empty(), drills.first()) {
            info.engine.clone_from(&first.record.header.engine);
            info.squall.clone_from(&first.record.header.squall);
            info.seed = first.record.plan.seed;
        }
        RunReport {
            verdict,
            met: verdict == Verdict::Pass,
            exit_code: exit::code(verdict, info.undo_verified),
            info,
            drills,
        }
    }
}

impl RunReport {
    /// Paragraphs that every drill of several begins with: those of a feature, said once.
    pub fn shared(&self) -> &[String] {
        let (Some(first), true) = (self.drills.first(), self.drills.len() > 1) else { return &[] };
        let own = &first.plan().about.description;
        let same = |other: &DrillReport| {
            let pairs = own.iter().zip(&other.plan().about.description);
            pairs.take_while(|(a, b)| a == b).count()
        };
        &own[..self.drills.iter().map(same).min().unwrap_or(0)]
    }
}

impl DrillReport {
    /// The curves and events of one record.
    pub fn new(judged: Judged, record: Record) -> DrillReport {
        let whole = Span { start: Micros::ZERO, end: end_of_curves(&record, &judged) };
        DrillReport {
            whole: Series::over(&record, whole, 300),
            zoom: zoom(&judged, whole).map(|span| Series::over(&record, span, 120)),
            events: events::notable(&record),
            facts: events::kinds(&record),
            record,
            judged,
        }
    }

    pub fn plan(&self) -> &Plan {
        &self.record.plan
    }

    /// Where the traffic ended: as planned, or where the drill was stopped.
    pub fn end(&self) -> Micros {
        let end = self.plan().end;
        self.judged.stopped.map_or(end, |at| at.min(end))
    }

    /// Until when anything was watched for.
    pub fn watched(&self) -> Micros {
        self.judged.stopped.unwrap_or(self.plan().end + self.plan().drain)
    }

    /// `stopped at 0:01:40.0, of 3 min planned`; nothing where the drill was played to its end.
    pub fn stopped(&self) -> Option<String> {
        let at = Clock::of(self.plan()).at(self.judged.stopped?);
        Some(format!("stopped at {at}, of {} planned", self.plan().end))
    }
}

/// The traffic's end, or later where the drain was still at work: the curves show it to its end. A
/// drill that was stopped has none after that.
fn end_of_curves(record: &Record, judged: &Judged) -> Micros {
    let end = record.plan.end.max(Micros::from_secs(1));
    if let Some(at) = judged.stopped.filter(|at| *at < end) {
        return at.max(Micros::from_secs(1));
    }
    let last = judged.timeline.drained.into_iter().chain(judged.timeline.recovered).max();
    last.map_or(end, |last| end.max((last + Micros::from_secs(1)).min(end + record.plan.drain)))
}

/// A quarter before the injection and three after it, where that is a small part of the drill.
fn zoom(judged: &Judged, whole: Span) -> Option<Span> {
    let injected = judged.timeline.injected?;
    let length = Micros(whole.length().0 / 6).min(Micros::from_secs(20 * 60));
    let start = injected.saturating_sub(Micros(length.0 / 4));
    let span = Span { start, end: (start + length).min(whole.end) };
    (length >= Micros::from_secs(120)).then_some(span)
}
