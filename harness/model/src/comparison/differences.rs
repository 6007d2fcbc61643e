//! Which pairs of stacks differ, line by line: every pair is tested, and what is claimed has to stand
//! among all of them.

use super::cells::observed;
use super::measure::{Better, MEASURES, Seen};
use super::{Claims, Comparison, Difference, FALSE_CLAIMS, Line, Of, PRACTICAL, Play, Row, Tally};
use crate::stats::{discoveries, fisher, median, ranks};

/// One pair on one line, tested.
struct Test {
    row: usize,
    /// Of the row's measures, then of its objectives.
    line: usize,
    difference: Difference,
}

/// Tests every pair of stacks on every line and notes what was told apart.
pub fn tell(comparison: &mut Comparison, stacks: &[String], plays: &[Play]) {
    let mut tests = Vec::new();
    for (index, row) in comparison.drills.iter().enumerate() {
        let of: Vec<Vec<&Play>> = stacks
            .iter()
            .map(|stack| plays.iter().filter(|play| is_of(play, row, stack)).collect())
            .collect();
        tests.extend(of_row(index, row, &of));
    }
    let ps: Vec<f64> = tests.iter().map(|test| test.difference.p).collect();
    let stands = discoveries(&ps, FALSE_CLAIMS);
    comparison.tests = tests.len();
    let may = comparison.claims == Claims::Made;
    for (mut test, stands) in tests.into_iter().zip(stands) {
        test.difference.claimed = stands && may && test.difference.practical;
        let row = &mut comparison.drills[test.row];
        let mut lines = row.measures.iter_mut().chain(&mut row.objectives);
        // What is one and the same on both sides is no difference at all.
        if let (Some(line), true) = (lines.nth(test.line), test.difference.p < 1.0) {
            line.differences.push(test.difference);
        }
    }
}

fn is_of(play: &Play, row: &Row, stack: &str) -> bool {
    play.stack == stack && play.plan.feature == row.feature && play.plan.scenario == row.scenario
}

fn of_row(row: usize, of: &Row, plays: &[Vec<&Play>]) -> Vec<Test> {
    let mut tests = Vec::new();
    let measured = of.measures.len();
    for (line, about) in of.measures.iter().chain(&of.objectives).enumerate() {
        let values: Vec<Vec<f64>> = plays
            .iter()
            .map(|plays| match line.checked_sub(measured) {
                None => values(plays, |play| (MEASURES[line].of)(&play.plan, &play.judged)),
                Some(at) => values(plays, |play| {
                    play.judged.findings.get(at).map_or(Seen::Absent(""), observed)
                }),
            })
            .collect();
        for one in 0..plays.len() {
            for other in one + 1..plays.len() {
                let found = [
                    by_values(about, (one, &values[one]), (other, &values[other])),
                    by_verdicts(about, one, other),
                ];
                let found = found.into_iter().flatten();
                tests.extend(found.map(|difference| Test { row, line, difference }));
            }
        }
    }
    tests
}

fn values(plays: &[&Play], of: impl Fn(&Play) -> Seen) -> Vec<f64> {
    let seen = plays.iter().map(|play| of(play));
    seen.filter_map(|seen| match seen {
        Seen::Value(value) => Some(value),
        Seen::Absent(_) => None,
    })
    .collect()
}

fn by_values(line: &Line, one: (usize, &[f64]), other: (usize, &[f64])) -> Option<Difference> {
    let ((i, a), (j, b)) = (one, other);
    if a.is_empty() || b.is_empty() || line.better == Better::Unsaid {
        return None;
    }
    let (middle_a, middle_b) = (middle(a, b)?, middle(b, a)?);
    let lower = if middle_a <= middle_b { i } else { j };
    let higher = if lower == i { j } else { i };
    Some(Difference {
        one: i,
        other: j,
        of: Of::Observed,
        p: ranks(a, b),
        better: if line.better == Better::Higher { higher } else { lower },
        practical: matters(middle_a, middle_b),
        claimed: false,
    })
}

/// The median; where that of both is the same, the mean, if it is one.
fn middle(own: &[f64], others: &[f64]) -> Option<f64> {
    let (median, other) = (median(own)?, median(others)?);
    let mean = own.iter().sum::<f64>() / own.len() as f64;
    Some(if median == other && mean.is_finite() { mean } else { median })
}

/// A tenth of the larger at least; what never came is always more than what did.
fn matters(a: f64, b: f64) -> bool {
    if !a.is_finite() || !b.is_finite() {
        return a.is_finite() != b.is_finite();
    }
    a != b && (a - b).abs() >= PRACTICAL * a.abs().max(b.abs())
}

fn by_verdicts(line: &Line, one: usize, other: usize) -> Option<Difference> {
    let decided = |column: usize| {
        let Tally { pass, fail, inconclusive: _ } = line.cells.get(column)?.as_ref()?.verdicts?;
        (pass + fail > 0).then_some((u64::from(pass), u64::from(pass + fail)))
    };
    let (a, b) = (decided(one)?, decided(other)?);
    let share = |(pass, all): (u64, u64)| pass as f64 / all as f64;
    Some(Difference {
        one,
        other,
        of: Of::Verdict,
        p: fisher(a, b),
        better: if share(a) >= share(b) { one } else { other },
        practical: (share(a) - share(b)).abs() >= PRACTICAL,
        claimed: false,
    })
}
