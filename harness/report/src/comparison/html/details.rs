//! One drill after the other: every measure and every objective on every stack, and the reports behind.

use super::super::sentences::{passes, shown};
use super::matrix::load;
use crate::format::report_html::{nb, t};
use maud::{Markup, html};
use squall_model::comparison::{Cell, Comparison, Line, Row};

pub fn details(comparison: &Comparison) -> Markup {
    html! {
        section.drill {
            h2 { "Every figure" }
            @for (index, row) in comparison.drills.iter().enumerate() { (of_drill(comparison, row, index)) }
        }
    }
}

fn of_drill(comparison: &Comparison, row: &Row, index: usize) -> Markup {
    html! {
        details.figures id=(format!("d{}", index + 1)) {
            summary { b { (t(&row.scenario)) } span.sub { (t(&row.file)) ":" (row.line) ", " (nb(load(row))) } }
            table.matrix {
                thead { tr { th { } @for stack in &comparison.stacks { th { (t(&stack.stack)) } } } }
                tbody {
                    @for line in row.objectives.iter().chain(&row.measures) { (of_line(comparison, line)) }
                    tr {
                        td.quiet { "reports" }
                        @for (stack, runs) in row.runs.iter().enumerate() {
                            td data-label=(t(&comparison.stacks[stack].stack)) { (reports(runs)) }
                        }
                    }
                }
            }
        }
    }
}

fn of_line(comparison: &Comparison, line: &Line) -> Markup {
    html! {
        tr {
            td.name { (t(&line.name)) }
            @for (stack, cell) in line.cells.iter().enumerate() {
                td data-label=(t(&comparison.stacks[stack].stack)) { (of_cell(cell.as_ref(), line)) }
            }
        }
    }
}

fn of_cell(cell: Option<&Cell>, line: &Line) -> Markup {
    html! {
        @match cell {
            None => span.quiet { "not played" },
            Some(cell) => {
                (t(&shown(cell, line.unit)))
                @if let Some(verdicts) = cell.verdicts {
                    span.sub {
                        "passed " (nb(passes(verdicts)))
                        @if verdicts.inconclusive > 0 { ", undecided " (verdicts.inconclusive) }
                    }
                }
            }
        }
    }
}

/// Links into the comparison's own folder; a folder elsewhere is named.
fn reports(runs: &[String]) -> Markup {
    html! {
        @for (number, run) in runs.iter().enumerate() {
            @if is_inside(run) { a href=(format!("{}/report.html", t(run))) { (number + 1) } " " }
            @else { code { (t(run)) } " " }
        }
    }
}

/// A path that a page may link to: below its own folder, in characters that mean nothing in an address.
fn is_inside(run: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    !run.starts_with('/') && !run.contains("..") && run.chars().all(plain)
}
