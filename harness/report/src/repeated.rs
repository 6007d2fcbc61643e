//! Drills that were played several times, added up: how often each was met, and how far its objectives
//! spread. It judges nothing.

use crate::run::{DrillReport, RunReport};
use crate::words;
use squall_model::judged::Unit;
use squall_model::verdict::Verdict;

/// All repeats of one scenario, in their order; never empty.
pub struct Repeated<'a> {
    pub drills: Vec<&'a DrillReport>,
    /// How many were asked for: one that could not be played is in no list.
    pub of: u32,
}

/// One objective over all repeats.
pub struct Spread<'a> {
    pub text: &'a str,
    pub line: usize,
    pub unit: Unit,
    pub pass: u64,
    pub fail: u64,
    pub inconclusive: u64,
    /// The least and the most that was observed, infinite where it never came; nothing where none
    /// of them observed anything.
    pub range: Option<(f64, f64)>,
}

/// Scenarios that were played more than once, in the order of the run.
pub fn repeated(run: &RunReport) -> Vec<Repeated<'_>> {
    let mut all: Vec<Repeated<'_>> = Vec::new();
    for drill in &run.drills {
        let Some(repeat) = drill.plan().about.repeat else { continue };
        let same = |other: &&mut Repeated<'_>| {
            let first = other.drills[0].plan();
            (&first.file, first.line) == (&drill.plan().file, drill.plan().line)
        };
        match all.iter_mut().find(same) {
            Some(known) => known.drills.push(drill),
            None => all.push(Repeated { drills: vec![drill], of: repeat.of }),
        }
    }
    all
}

impl<'a> Repeated<'a> {
    pub fn scenario(&self) -> &'a str {
        &self.drills[0].plan().scenario
    }

    pub fn met(&self) -> u64 {
        self.drills.iter().filter(|drill| drill.judged.met).count() as u64
    }

    /// `2 of 3 met`.
    pub fn line(&self) -> String {
        format!("{} of {} met", self.met(), self.of)
    }

    pub fn objectives(&self) -> Vec<Spread<'a>> {
        let planned = self.drills[0].plan().objectives.iter().enumerate();
        planned
            .map(|(index, planned)| {
                let of = |drill: &&'a DrillReport| drill.judged.findings.get(index);
                let findings = || self.drills.iter().filter_map(of);
                let count = |verdict| findings().filter(|it| it.verdict == verdict).count() as u64;
                let mut seen: Vec<f64> = findings().filter_map(|it| it.observed).collect();
                seen.sort_by(f64::total_cmp);
                Spread {
                    text: &planned.text,
                    line: planned.line,
                    unit: findings().next().map_or(Unit::Count, |it| it.unit),
                    pass: count(Verdict::Pass),
                    fail: count(Verdict::Fail),
                    inconclusive: count(Verdict::Inconclusive),
                    range: seen.first().copied().zip(seen.last().copied()),
                }
            })
            .collect()
    }
}

impl Spread<'_> {
    /// `2 pass, 1 fail`.
    pub fn verdicts(&self) -> String {
        let all = [(self.pass, "pass"), (self.fail, "fail"), (self.inconclusive, "inconclusive")];
        let some = all.iter().filter(|(count, _)| *count > 0);
        some.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
    }

    /// `98.2 % to 99.9 %`, or one figure where both read the same.
    pub fn observed(&self) -> String {
        let Some((least, most)) = self.range else { return "nothing observed".into() };
        let (least, most) = (words::value(least, self.unit), words::value(most, self.unit));
        if least == most { least } else { format!("{least} to {most}") }
    }
}
