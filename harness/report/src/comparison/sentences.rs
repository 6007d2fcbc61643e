//! What a comparison comes to in words: one sentence a stack, one for all of them, one a difference.

use crate::words;
use squall_model::comparison::{
    Better, Cell, Claims, Comparison, Difference, ENOUGH, Line, Of, Row, Tally,
};
use squall_model::judged::Unit;

/// Drills that a stack met in every play, of those it played.
pub fn met(comparison: &Comparison, stack: usize) -> (usize, usize) {
    let tallies = comparison.drills.iter().map(|row| row.plays[stack]);
    let played: Vec<Tally> = tallies.filter(|tally| tally.plays() > 0).collect();
    (played.iter().filter(|tally| tally.pass == tally.plays()).count(), played.len())
}

/// `kannel/tuned meets 9 of 11 drills every time, jasmin/default 4 of 11.`
pub fn headline(comparison: &Comparison) -> String {
    let mut order: Vec<usize> = (0..comparison.stacks.len()).collect();
    order.sort_by_key(|stack| std::cmp::Reverse(met(comparison, *stack).0));
    let each = order.iter().enumerate().map(|(place, stack)| {
        let (met, all) = met(comparison, *stack);
        let name = &comparison.stacks[*stack].stack;
        match place {
            0 if comparison.repeats > 1 => format!("{name} meets {met} of {all} drills every time"),
            0 => format!("{name} meets {met} of {all} drills"),
            _ => format!("{name} {met} of {all}"),
        }
    });
    let each: Vec<String> = each.collect();
    if each.is_empty() { "Nothing was played.".into() } else { format!("{}.", each.join(", ")) }
}

/// What may be read out of the marks, and what may not.
pub fn claims(comparison: &Comparison) -> String {
    let n = comparison.repeats;
    match comparison.claims {
        Claims::Made => format!(
            "“differs” stands where a difference holds over all {} tests of this page (at most 5 % of the \
             claims by chance) and is at least a tenth; no mark means not shown to differ, not equal.",
            words::count(comparison.tests as u64)
        ),
        Claims::TooFew => format!(
            "{} a stack: figures and ranges, and no claim that stacks differ; that takes {ENOUGH}.",
            words::plural(u64::from(n), "play", "plays")
        ),
        Claims::NotInterleaved => "The stacks were played one after the other: what else changed \
             between them would look like a difference, so none is claimed."
            .into(),
    }
}

/// One stack in one sentence.
pub fn of_stack(comparison: &Comparison, stack: usize) -> String {
    let (met, all) = met(comparison, stack);
    let every = if comparison.repeats > 1 { " every time" } else { "" };
    let mut parts = vec![format!("meets {met} of {all} drills{every}")];
    parts.push(
        match (worst(comparison, stack, "lost", "loses"), undecided_loss(comparison, stack)) {
            (Some(loses), _) => loses,
            (None, 0) => "loses no message".into(),
            (None, n) => {
                format!("no loss was seen, undecided in {}", words::plural(n, "drill", "drills"))
            }
        },
    );
    let twice = worst(comparison, stack, "duplicated", "delivers twice");
    parts.push(twice.unwrap_or_else(|| "delivers none twice".into()));
    parts.extend(worst(comparison, stack, "receipts missing", "owes the receipts of"));
    parts.extend(times(comparison, stack, "failover", "fails over in", "does not fail over"));
    parts.extend(times(
        comparison,
        stack,
        "recovery",
        "is back to normal",
        "is not back to normal",
    ));
    format!("{}.", parts.join("; "))
}

/// Drills in which it could not be told whether anything is lost.
fn undecided_loss(comparison: &Comparison, stack: usize) -> u64 {
    let open = |row: &&Row| {
        let lines = row.objectives.iter().filter(|line| line.kind == "no_loss");
        let cells = lines.filter_map(|line| line.cells.get(stack)?.as_ref());
        let objective = cells.filter_map(|cell| cell.verdicts).any(|it| it.inconclusive > 0);
        objective || cell(row, "lost", stack).is_some_and(|cell| cell.observed.is_none())
    };
    comparison.drills.iter().filter(open).count() as u64
}

/// `loses 326 when the gateway is killed with a backlog`; nothing where there is none.
fn worst(comparison: &Comparison, stack: usize, name: &str, does: &str) -> Option<String> {
    let most = |row: &&Row| {
        let seen = cell(row, name, stack).and_then(|cell| cell.observed);
        seen.and_then(|seen| seen.high).unwrap_or(0.0)
    };
    let hit: Vec<&Row> = comparison.drills.iter().filter(|row| most(row) > 0.0).collect();
    let worst = hit.iter().max_by(|a, b| most(a).total_cmp(&most(b)))?;
    let figure = cell(worst, name, stack).map(|cell| shown(cell, Unit::Count)).unwrap_or_default();
    let others = match hit.len() - 1 {
        0 => String::new(),
        1 => ", and some in another drill".into(),
        n => format!(", and some in {n} others"),
    };
    Some(format!("{does} {figure} when {}{others}", lower(&worst.scenario)))
}

/// The range over the drills, and where it never came.
fn times(
    comparison: &Comparison,
    stack: usize,
    name: &str,
    does: &str,
    not: &str,
) -> Option<String> {
    let cells =
        comparison.drills.iter().filter_map(|row| Some((row, cell(row, name, stack)?.observed?)));
    let (mut least, mut most, mut never) = (f64::INFINITY, 0.0f64, Vec::new());
    for (row, seen) in cells {
        match seen.median {
            Some(median) => (least, most) = (least.min(median), most.max(median)),
            None => never.push(lower(&row.scenario)),
        }
    }
    let time = |ms: f64| figure(ms, Unit::Ms);
    let range = match least.is_finite() {
        false => None,
        true if name == "recovery" => Some(format!("{does} within {}", time(most))),
        true if time(least) == time(most) => Some(format!("{does} {}", time(least))),
        true => Some(format!("{does} {} to {}", time(least), time(most))),
    };
    let not = match never.as_slice() {
        [] => None,
        [one] => Some(format!("{not} when {one}")),
        [one, others @ ..] => Some(format!("{not} when {one} and in {} more", others.len())),
    };
    match (range, not) {
        (Some(range), Some(not)) => Some(format!("{range}, and {not}")),
        (range, not) => range.or(not),
    }
}

pub fn line<'a>(row: &'a Row, name: &str) -> Option<&'a Line> {
    row.measures.iter().find(|line| line.name == name)
}

pub fn cell<'a>(row: &'a Row, name: &str, stack: usize) -> Option<&'a Cell> {
    line(row, name)?.cells.get(stack)?.as_ref()
}

/// What a cell of the matrix may show, and the word before it.
pub const FIGURES: [(&str, &str); 6] = [
    ("lost", "lost"),
    ("duplicated", "twice"),
    ("in time", "in time"),
    ("receipts missing", "receipts missing"),
    ("failover", "over in"),
    ("recovery", "back in"),
];

/// Whether a cell's figure is more than that all is well.
pub fn is_notable(line: &Line, cell: &Cell) -> bool {
    match (line.unit, cell.observed) {
        (Unit::Count, Some(seen)) => seen.high != Some(0.0),
        // Of lost ones it has to be said that nobody can tell.
        (Unit::Count, None) => line.name == "lost",
        (Unit::Ratio, Some(seen)) => seen.low.is_some_and(|low| low < 0.9995),
        (_, Some(seen)) => seen.median.is_some(),
        (_, None) => false,
    }
}

/// Whether a figure is the reason for a drill that failed.
pub fn is_why(row: &Row, line: &Line, stack: usize) -> bool {
    let kind = match line.name.as_str() {
        "lost" => "no_loss",
        "duplicated" => "no_duplicates",
        "in time" => "delivered_within",
        "receipts missing" => "every_outcome_has_receipt",
        "receipts false" => "no_false_receipts",
        _ => return false,
    };
    let of = row.objectives.iter().filter(|line| line.kind == kind);
    let verdicts = of.filter_map(|line| line.cells.get(stack)?.as_ref()?.verdicts);
    verdicts.into_iter().any(|verdicts| verdicts.fail > 0)
}

/// The objectives that failed in any play, but for those that a figure of the cell tells already, and
/// those that none failed and some left undecided: `not met: …`, `undecided: …`.
pub fn open_ones(row: &Row, stack: usize) -> Vec<String> {
    const TOLD: [&str; 4] =
        ["no_loss", "no_duplicates", "every_outcome_has_receipt", "delivered_within"];
    let words = |line: &Line| {
        let verdicts = line.cells.get(stack)?.as_ref()?.verdicts?;
        match (verdicts.fail, verdicts.inconclusive) {
            (0, 0) => None,
            (0, _) => Some(format!("undecided: {}", line.name)),
            _ if TOLD.contains(&line.kind.as_str()) => None,
            _ => Some(format!("not met: {}", line.name)),
        }
    };
    row.objectives.iter().filter_map(words).collect()
}

/// A scenario's name within a sentence.
fn lower(scenario: &str) -> String {
    let mut letters = scenario.chars();
    let first = letters.next().into_iter().flat_map(char::to_lowercase);
    // An abbreviation keeps its capitals.
    match scenario.chars().nth(1).is_some_and(char::is_uppercase) {
        true => scenario.to_owned(),
        false => first.chain(letters).collect(),
    }
}

/// A cell's figure with its interval or range, or the word for why there is none.
pub fn shown(cell: &Cell, unit: Unit) -> String {
    let value = |value: Option<f64>| value.map_or("never".into(), |value| figure(value, unit));
    let Some(seen) = cell.observed else {
        let word = cell.absent.iter().max_by_key(|(_, times)| **times);
        return word.map_or("–".into(), |(word, _)| word.clone());
    };
    let (middle, low, high) = (value(seen.median), value(seen.low), value(seen.high));
    if low == high { middle } else { format!("{middle} ({low} to {high})") }
}

/// A value in its unit; a time below what windows of messages can tell is none.
fn figure(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Ms if value < 1.0 => "no time".into(),
        _ => words::value(value, unit),
    }
}

/// `3 of 3`: how often it passed.
pub fn passes(tally: Tally) -> String {
    words::of(tally.pass as usize, tally.plays() as usize)
}

/// The claimed difference between a stack and the first, with the direction of its figure.
pub fn against_first(line: &Line, stack: usize) -> Option<(&Difference, &'static str)> {
    let found =
        line.differences.iter().find(|it| it.claimed && (it.one, it.other) == (0, stack))?;
    let worse = found.better == 0;
    let arrow = match (line.better, worse) {
        (Better::Lower, true) | (Better::Higher, false) => "↑",
        (Better::Lower, false) | (Better::Higher, true) => "↓",
        (Better::Unsaid, _) => "",
    };
    Some((found, arrow))
}

/// `kannel/default lost 39 (38 to 40), kannel/tuned 0; p < 0.0001`.
pub fn difference(comparison: &Comparison, line: &Line, it: &Difference) -> String {
    let name = |stack: usize| comparison.stacks[stack].stack.as_str();
    let figure = |stack: usize| match (&line.cells[stack], it.of) {
        (Some(cell), Of::Observed) => shown(cell, line.unit),
        (Some(cell), Of::Verdict) => {
            format!("passes {}", cell.verdicts.map(passes).unwrap_or_default())
        }
        (None, _) => "–".into(),
    };
    let worse = if it.better == it.one { it.other } else { it.one };
    let p = if it.p < 1e-4 { "p < 0.0001".into() } else { format!("p = {:.4}", it.p) };
    format!("{} {}, {} {}; {p}", name(it.better), figure(it.better), name(worse), figure(worse))
}
