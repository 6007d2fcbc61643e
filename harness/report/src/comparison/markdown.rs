//! `comparison.md`: the matrix for a CI job's summary or a wiki.

use super::Compared;
use super::sentences::{self, against_first, cell, shown};
use super::terminal::{repeats, worst};
use crate::escape::markdown as md;
use squall_model::comparison::{Row, Tally};
use squall_model::verdict::Verdict;
use std::fmt::Write as _;
use std::io::{self, Write};

pub fn write(compared: &Compared, out: &mut dyn Write) -> io::Result<()> {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = page(compared, &mut text);
    out.write_all(text.as_bytes())
}

fn page(compared: &Compared, out: &mut String) -> std::fmt::Result {
    let comparison = &compared.comparison;
    writeln!(out, "## {}\n", md(&sentences::headline(comparison)))?;
    writeln!(out, "engine {} · {}\n", md(&comparison.engine), repeats(compared))?;
    for (index, stack) in comparison.stacks.iter().enumerate() {
        writeln!(
            out,
            "- **{}** {}",
            md(&stack.stack),
            md(&sentences::of_stack(comparison, index))
        )?;
    }
    writeln!(out, "\n{}\n", md(&sentences::claims(comparison)))?;
    let names: Vec<String> = comparison.stacks.iter().map(|stack| md(&stack.stack)).collect();
    writeln!(out, "| drill | {} |", names.join(" | "))?;
    writeln!(out, "|---|{}", "---|".repeat(names.len()))?;
    for row in &comparison.drills {
        let cells: Vec<String> = (0..names.len()).map(|stack| of_cell(row, stack)).collect();
        writeln!(out, "| {} | {} |", md(&row.scenario), cells.join(" | "))?;
    }
    differences(compared, out)?;
    for missing in &compared.info.missing {
        writeln!(out, "\n**Not played:** {}", md(missing))?;
    }
    Ok(())
}

fn of_cell(row: &Row, stack: usize) -> String {
    let tally = row.plays[stack];
    if tally.plays() == 0 {
        return "not played".into();
    }
    let word = match worst(tally) {
        Verdict::Pass => "● PASS",
        Verdict::Fail => "■ FAIL",
        Verdict::Inconclusive => "◇ INCONCLUSIVE",
    };
    let mut parts = vec![format!("{word}{}", times(tally))];
    for (name, word) in sentences::FIGURES {
        let Some(line) = sentences::line(row, name) else { continue };
        let Some(own) = cell(row, name, stack) else { continue };
        if !sentences::is_notable(line, own) {
            continue;
        }
        let differs = against_first(line, stack)
            .map_or(String::new(), |(_, arrow)| format!(" {arrow} differs"));
        parts.push(md(&format!("{word} {}{differs}", shown(own, line.unit))));
    }
    parts.extend(sentences::open_ones(row, stack).iter().map(|text| md(text)));
    parts.join("<br>")
}

fn times(tally: Tally) -> String {
    if tally.plays() > 1 { format!(" {}", sentences::passes(tally)) } else { String::new() }
}

fn differences(compared: &Compared, out: &mut String) -> std::fmt::Result {
    let comparison = &compared.comparison;
    let mut any = false;
    for row in &comparison.drills {
        for line in row.measures.iter().chain(&row.objectives) {
            for it in line.differences.iter().filter(|it| it.claimed) {
                if !any {
                    writeln!(out, "\n### Differences that hold\n")?;
                }
                any = true;
                let words = sentences::difference(comparison, line, it);
                writeln!(out, "- {}: {}: {}", md(&row.scenario), md(&line.name), md(&words))?;
            }
        }
    }
    Ok(())
}
