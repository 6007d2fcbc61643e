//! One drill's row: what its plays came to on every stack, line by line.

use super::measure::{Better, MEASURES, Seen};
use super::{Cell, Line, Observed, Play, Row, Tally};
use crate::judged::{Finding, Unit};
use crate::plan::PlannedObjective;
use crate::stats::spread;

/// `of`: the plays of one drill, per stack; at least one of them.
pub fn row(of: &[Vec<&Play>]) -> Row {
    let plan = of.iter().flatten().map(|play| &play.plan).next();
    let texts = plan.map(|plan| {
        let faults = plan.faults.iter().map(|it| (it.window.start, it.text.clone()));
        let mut all: Vec<_> =
            faults.chain(plan.changes.iter().map(|it| (it.at, it.text.clone()))).collect();
        all.sort();
        all.into_iter().map(|(_, text)| text).collect()
    });
    Row {
        feature: plan.map(|plan| plan.feature.clone()).unwrap_or_default(),
        scenario: plan.map(|plan| plan.scenario.clone()).unwrap_or_default(),
        file: plan.map(|plan| plan.file.clone()).unwrap_or_default(),
        line: plan.map(|plan| plan.line).unwrap_or_default(),
        faults: texts.unwrap_or_default(),
        rate: plan.and_then(|plan| plan.traffic.rates.first()).map_or(0.0, |rate| rate.per_second),
        duration_ms: plan.map_or(0, |plan| plan.end.as_millis()),
        plays: of.iter().map(|plays| tally(plays)).collect(),
        runs: of.iter().map(|plays| plays.iter().map(|play| play.run.clone()).collect()).collect(),
        measures: MEASURES.iter().enumerate().map(|(index, _)| measured(of, index)).collect(),
        objectives: objectives(of),
    }
}

fn tally(plays: &[&Play]) -> Tally {
    let mut tally = Tally::default();
    plays.iter().for_each(|play| tally.count(play.judged.verdict));
    tally
}

fn measured(of: &[Vec<&Play>], index: usize) -> Line {
    let measure = &MEASURES[index];
    let cells = of.iter().map(|plays| {
        let seen = plays.iter().map(|play| (measure.of)(&play.plan, &play.judged));
        (!plays.is_empty()).then(|| cell(None, seen))
    });
    Line {
        name: measure.name.to_owned(),
        kind: "measure".to_owned(),
        unit: measure.unit,
        better: measure.better,
        cells: cells.collect(),
        differences: Vec::new(),
    }
}

fn objectives(of: &[Vec<&Play>]) -> Vec<Line> {
    let Some(first) = of.iter().flatten().next() else { return Vec::new() };
    let planned = first.plan.objectives.iter().enumerate();
    planned.map(|(index, planned)| objective(of, index, planned)).collect()
}

fn objective(of: &[Vec<&Play>], index: usize, planned: &PlannedObjective) -> Line {
    let findings = |plays: &[&Play]| -> Vec<Finding> {
        plays.iter().filter_map(|play| play.judged.findings.get(index).cloned()).collect()
    };
    let cells = of.iter().map(|plays| {
        let found = findings(plays);
        let mut verdicts = Tally::default();
        found.iter().for_each(|finding| verdicts.count(finding.verdict));
        let seen = found.iter().map(observed);
        (!plays.is_empty()).then(|| cell(Some(verdicts), seen))
    });
    let any = of.iter().flat_map(|plays| findings(plays)).next();
    Line {
        name: planned.text.clone(),
        kind: planned.objective.kind().to_owned(),
        unit: any.as_ref().map_or(Unit::Count, |finding| finding.unit),
        better: any.as_ref().map_or(Better::Unsaid, direction),
        cells: cells.collect(),
        differences: Vec::new(),
    }
}

/// What one finding observed.
pub fn observed(finding: &Finding) -> Seen {
    finding.observed.map_or(Seen::Absent("nothing observed"), Seen::Value)
}

fn direction(finding: &Finding) -> Better {
    match (finding.at_least, finding.at_most) {
        (Some(_), None) => Better::Higher,
        (None, Some(_)) => Better::Lower,
        _ => Better::Unsaid,
    }
}

fn cell(verdicts: Option<Tally>, seen: impl Iterator<Item = Seen>) -> Cell {
    let mut cell = Cell { verdicts, ..Cell::default() };
    let mut values = Vec::new();
    for one in seen {
        match one {
            Seen::Value(value) => values.push(value),
            Seen::Absent(word) => *cell.absent.entry(word.to_owned()).or_default() += 1,
        }
    }
    cell.observed = spread(&values).map(|of| {
        let finite = |value: f64| value.is_finite().then_some(value);
        Observed {
            n: of.n as u32,
            never: values.iter().filter(|value| !value.is_finite()).count() as u32,
            median: finite(of.median),
            low: finite(of.low),
            high: finite(of.high),
            interval: of.interval,
        }
    });
    cell
}
