//! Drills down, stacks across: the verdict, and what a team asks for next.

use super::super::Compared;
use super::super::sentences::{self, against_first, cell, passes, shown};
use super::super::terminal::worst;
use crate::format::report_html::{mark, nb, t};
use crate::words;
use maud::{Markup, html};
use squall_model::comparison::{Comparison, Row};
use squall_model::units::Micros;

pub fn matrix(compared: &Compared) -> Markup {
    let comparison = &compared.comparison;
    html! {
        section.drill {
            h2 { "Every drill on every stack" }
            p.lead { (t(&sentences::claims(comparison))) " The first stack is what the others are compared to." }
            (legend(comparison))
            table.matrix {
                thead { tr {
                    th { "drill" }
                    @for stack in &comparison.stacks { th { b { (t(&stack.stack)) } } }
                } }
                tbody { @for (index, row) in comparison.drills.iter().enumerate() { (of_row(comparison, row, index)) } }
            }
        }
    }
}

/// What the words of a cell mean, before they are read.
fn legend(comparison: &Comparison) -> Markup {
    html! {
        p.note {
            "A verdict is of all the drill's objectives, and with several plays the worst of them; what is in red is why. "
            b { "In time" } ": arrived within the stack's own deadline, of all that was sent; left out where it was all. "
            b { "Lost" } ": accepted and never seen again. " b { "Twice" } ": delivered more than once. "
            b { "Over in" } ": from the fault's effect until the other route carried the traffic. "
            b { "Back in" } ": from the fault's end until delivery was as before; left out where it never was otherwise. "
            b { "Undecided" } ": this drill could not tell, for a stack or for lack of traffic. "
            @if comparison.repeats >= 6 { "Beside a median stands its 95 % interval." }
            @else if comparison.repeats > 1 { "In brackets stand the least and the most of all plays." }
        }
    }
}

fn of_row(comparison: &Comparison, row: &Row, index: usize) -> Markup {
    html! {
        tr {
            td.name {
                a href=(format!("#d{}", index + 1)) { b { (t(&row.scenario)) } }
                @for fault in &row.faults { span.sub { (t(fault)) } }
            }
            @for (stack, column) in comparison.stacks.iter().enumerate() {
                td data-label=(t(&column.stack)) { (of_cell(row, stack)) }
            }
        }
    }
}

fn of_cell(row: &Row, stack: usize) -> Markup {
    let tally = row.plays[stack];
    html! {
        @if tally.plays() == 0 { span.quiet { "not played" } }
        @else {
            (mark::mark(worst(tally)))
            @if tally.plays() > 1 { span.sub { (nb(passes(tally))) " passed" } }
            (figures(row, stack))
            @for text in sentences::open_ones(row, stack) { span.figure.bad[text.starts_with("not met")] { (t(&text)) } }
        }
    }
}

/// What is lost and doubled where anything is; the two times where there are any.
fn figures(row: &Row, stack: usize) -> Markup {
    html! {
        @for (name, word) in sentences::FIGURES {
            @if let (Some(line), Some(own)) = (sentences::line(row, name), cell(row, name, stack)) {
                @if sentences::is_notable(line, own) {
                    span.figure.bad[sentences::is_why(row, line, stack)] {
                        (word) " " (t(&shown(own, line.unit)))
                        @if let Some((_, arrow)) = against_first(line, stack) { b.differs { " " (arrow) " differs" } }
                    }
                }
            }
        }
    }
}

/// Pairs that differ, in words.
pub fn differences(comparison: &Comparison) -> Markup {
    let lines = comparison.drills.iter().flat_map(|row| {
        let lines = row.measures.iter().chain(&row.objectives).map(move |line| (row, line));
        lines.filter(|(_, line)| line.differences.iter().any(|it| it.claimed))
    });
    let lines: Vec<_> = lines.collect();
    html! {
        @if !lines.is_empty() {
            section.drill {
                h2 { "Differences that hold" }
                p.lead { "The better of the two stands first." }
                table.pairs {
                    thead { tr { th { "drill" } th { "what" } th { "pairs" } } }
                    tbody {
                        @for (row, line) in lines {
                            tr {
                                td { (t(&row.scenario)) } td { (t(&line.name)) }
                                td {
                                    @for it in line.differences.iter().filter(|it| it.claimed) {
                                        span.pair-line { (t(&sentences::difference(comparison, line, it))) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// `50 a second for 1 min 40 s`.
pub fn load(row: &Row) -> String {
    let length = Micros::from_millis(row.duration_ms);
    format!("{} messages a second at first, {length}", words::count(row.rate as u64))
}
