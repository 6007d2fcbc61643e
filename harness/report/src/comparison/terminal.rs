//! The last lines of a comparison, for a terminal and for a CI log.

use super::Compared;
use super::sentences::{self, cell, shown};
use crate::escape::terminal as clean;
use crate::terminal::mark;
use crate::words;
use squall_model::comparison::{Row, Tally};
use squall_model::judged::Unit;
use squall_model::verdict::Verdict;
use std::fmt::Write as _;
use std::path::Path;

/// With a line end after the last.
pub fn terminal(compared: &Compared, page: &Path, colour: bool) -> String {
    let comparison = &compared.comparison;
    let mut out = String::new();
    let longest =
        comparison.stacks.iter().map(|stack| stack.stack.chars().count()).max().unwrap_or(0);
    // Writing to a string cannot fail.
    let mut say = |line: String| {
        let _ = writeln!(out, "{line}");
    };
    for row in &comparison.drills {
        say(format!("= {}", clean(&row.scenario)));
        for (index, stack) in comparison.stacks.iter().enumerate() {
            let name = clean(&stack.stack);
            say(format!("    {name:longest$}  {}", of_row(row, index, colour)));
        }
    }
    say(String::new());
    for (index, stack) in comparison.stacks.iter().enumerate() {
        say(format!(
            "- {}: {}",
            clean(&stack.stack),
            clean(&sentences::of_stack(comparison, index))
        ));
    }
    for row in &comparison.drills {
        for line in row.measures.iter().chain(&row.objectives) {
            for it in line.differences.iter().filter(|it| it.claimed) {
                let words = sentences::difference(comparison, line, it);
                say(format!(
                    "≠ {}: {}: {}",
                    clean(&row.scenario),
                    clean(&line.name),
                    clean(&words)
                ));
            }
        }
    }
    for missing in &compared.info.missing {
        say(format!("! not played: {}", clean(missing)));
    }
    say(clean(&sentences::claims(comparison)));
    say(clean(&sentences::headline(comparison)));
    say(format!("comparison: {}", clean(&page.display().to_string())));
    out
}

fn of_row(row: &Row, stack: usize, colour: bool) -> String {
    let tally = row.plays[stack];
    if tally.plays() == 0 {
        return "not played".into();
    }
    let figures = ["lost", "duplicated", "failover", "recovery"].iter().filter_map(|name| {
        let unit = sentences::line(row, name).map_or(Unit::Count, |line| line.unit);
        Some(format!("{name} {}", shown(cell(row, name, stack)?, unit)))
    });
    let figures = figures.collect::<Vec<_>>().join(", ");
    let times =
        if tally.plays() > 1 { format!(" {}", sentences::passes(tally)) } else { String::new() };
    format!("{}{times}  {figures}", mark(worst(tally), colour))
}

/// The worst that came.
pub fn worst(tally: Tally) -> Verdict {
    match tally {
        Tally { fail: 1.., .. } => Verdict::Fail,
        Tally { inconclusive: 1.., .. } => Verdict::Inconclusive,
        _ => Verdict::Pass,
    }
}

/// `3 plays a stack`, `10 of 10`.
pub fn repeats(compared: &Compared) -> String {
    let (played, asked) = (compared.comparison.repeats, compared.info.asked);
    match asked {
        0 => words::plural(u64::from(played), "play a stack", "plays a stack"),
        asked if asked == played => {
            words::plural(u64::from(played), "play a stack", "plays a stack")
        }
        asked => format!("{played} of {asked} plays a stack"),
    }
}
