//! Scenarios that were played several times: how often each was met, and the spread of its objectives.

use super::{nb, t};
use crate::repeated::repeated;
use crate::run::RunReport;
use maud::{Markup, html};

pub fn repeats(run: &RunReport) -> Markup {
    let all = repeated(run);
    html! {
        @if !all.is_empty() {
            h3 { "Repeats" }
            @for one in &all {
                table.stack {
                    thead { tr { th { b { (t(one.scenario())) } ": " (one.line()) } th { "verdicts" } th.num { "observed" } } }
                    tbody {
                        @for it in one.objectives() {
                            tr {
                                td.name { (t(it.text)) }
                                td data-label="verdicts" { (it.verdicts()) }
                                td.num data-label="observed" { (nb(it.observed())) }
                            }
                        }
                    }
                }
            }
        }
    }
}
