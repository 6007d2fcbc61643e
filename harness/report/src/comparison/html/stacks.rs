//! How each stack was configured: what differs beside one another, and the files themselves.

use crate::format::report_html::{nb, t};
use maud::{Markup, html};
use squall_model::comparison::{Column, Comparison};
use squall_model::units::Micros;
use std::collections::BTreeSet;

pub fn stacks(comparison: &Comparison) -> Markup {
    html! {
        section.drill {
            h2 { "How they were configured" }
            table.matrix {
                thead { tr { th { } @for stack in &comparison.stacks { th { b { (t(&stack.stack)) } } } } }
                tbody {
                    tr {
                        td.quiet { "is" }
                        @for stack in &comparison.stacks { td data-label=(t(&stack.stack)) { (t(&stack.summary)) } }
                    }
                    tr {
                        td.quiet { "in time means" }
                        @for stack in &comparison.stacks { td data-label=(t(&stack.stack)) { "within " (nb(time(stack.deadline_ms))) } }
                    }
                    (keys(comparison, "setting", |stack, key| stack.settings.get(key).cloned(), |stack| stack.settings.keys().collect()))
                    (keys(comparison, "timer", |stack, key| stack.timers_ms.get(key).map(|ms| time(*ms)), |stack| stack.timers_ms.keys().collect()))
                }
            }
            p.note { "Settings that are not the stack's own default. A timer is how long a stack waits for something, as configured." }
            @for stack in &comparison.stacks { (files(stack)) }
        }
    }
}

fn time(ms: u64) -> String {
    Micros::from_millis(ms).to_string()
}

/// A row for each key that any of the stacks has.
fn keys<'a>(
    comparison: &'a Comparison,
    what: &str,
    value: impl Fn(&Column, &str) -> Option<String>,
    of: impl Fn(&'a Column) -> Vec<&'a String>,
) -> Markup {
    let all: BTreeSet<&String> = comparison.stacks.iter().flat_map(of).collect();
    html! {
        @for key in all {
            tr {
                td.quiet { (what) " " (t(key)) }
                @for stack in &comparison.stacks {
                    td data-label=(t(&stack.stack)) { (value(stack, key).map_or("–".into(), |text| t(&text))) }
                }
            }
        }
    }
}

fn files(stack: &Column) -> Markup {
    html! {
        @for (at, text) in &stack.files {
            details.figures {
                summary { b { (t(&stack.stack)) } " " code { (t(at)) } }
                pre { @for line in text.lines() { (t(line)) "\n" } }
            }
        }
    }
}
