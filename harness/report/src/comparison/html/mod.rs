//! `comparison.html`: one file, read in a minute: who survives what, in a matrix, then the pairs that
//! differ, every figure, and how each stack was configured. The look is the report's own.

mod details;
mod matrix;
mod stacks;

use super::sentences;
use super::terminal::repeats;
use super::{Compared, Info};
use crate::format::report_html::{head, nb, shell, t};
use crate::words;
use maud::{Markup, html};
use std::io::{self, Write};

const STYLE: &str = include_str!("style.css");

pub fn write(compared: &Compared, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(page(compared).into_string().as_bytes())
}

fn page(compared: &Compared) -> Markup {
    let body = html! {
        (top(compared))
        (matrix::matrix(compared))
        (matrix::differences(&compared.comparison))
        (details::details(&compared.comparison))
        (stacks::stacks(&compared.comparison))
        footer.note {
            "Squall comparison. One file, no script, nothing loaded from a network. Every figure is from the "
            "record of a drill; a cell's drills have reports of their own, linked below the figures."
        }
    };
    shell("Squall comparison of stacks", STYLE, body)
}

fn top(compared: &Compared) -> Markup {
    let Compared { comparison, info } = compared;
    let Info { squall, started, command, asked: _, missing } = info;
    html! {
        header.top {
            div {
                p.kicker { "Squall comparison: which stack survives what" }
                h1.compared { (t(&sentences::headline(comparison))) }
                ul.each {
                    @for (index, stack) in comparison.stacks.iter().enumerate() {
                        li { b { (t(&stack.stack)) } " " (t(&sentences::of_stack(comparison, index))) }
                    }
                }
                @if !missing.is_empty() {
                    details.figures {
                        summary.alarm { (nb(words::plural(missing.len() as u64, "play is", "plays are"))) " missing: stopped before, or not to be had" }
                        ul { @for one in missing { li { (t(one)) } } }
                    }
                }
            }
            dl.facts {
                @if !started.is_empty() { dt { "when" } dd { (head::when(started)) } }
                dt { "engine" } dd { (head::engine_words(&comparison.engine)) ", squall " (t(squall)) }
                dt { "drills" } dd { (comparison.drills.len()) ", on " (comparison.stacks.len()) " stacks" }
                dt { "repeats" } dd { (nb(repeats(compared))) ", each with another seed" }
                @if !command.is_empty() { dt { "command" } dd { code { (t(&command.join(" "))) } } }
            }
        }
    }
}
