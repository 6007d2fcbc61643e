//! How each fault showed itself to who knocked, and where messages waited meanwhile.

use super::drill::Here;
use super::{nb, t};
use crate::evidence::Evidence;
use crate::looked;
use crate::run::DrillReport;
use crate::words::{self, Clock};
use maud::{Markup, html};
use squall_model::judged::{FaultSeen, Waited};
use squall_model::plan::PlannedFault;

pub fn look(drill: &DrillReport, here: Here) -> Markup {
    let faults = drill.plan().faults.iter().zip(&drill.judged.faults);
    html! {
        @if !drill.plan().faults.is_empty() {
            div.pair.wide-left {
                div {
                    h3 { "How the fault showed itself" }
                    table.stack.look {
                        thead { tr { th { "who was asked" } th { "what came back" } th { "who asks knows" } } }
                        @for (planned, seen) in faults { (fault(planned, seen, Clock::of(drill.plan()))) }
                    }
                    p.note { "Probes sent while the fault was asked for, on connections made anew and on one kept open. " (here.tag(Evidence::Faults)) }
                }
                (waited(drill, here))
            }
        }
    }
}

fn fault(planned: &PlannedFault, seen: &FaultSeen, clock: Clock) -> Markup {
    html! {
        tbody {
            tr.head { th colspan="3" scope="rowgroup" { (t(&planned.text)) } }
            @if seen.answers.is_empty() { tr { td colspan="3" { (t(&seen.reason)) } } }
            @for line in &seen.answers {
                tr {
                    td.name { (t(&looked::asked(line))) }
                    td data-label="what came back" { (t(&looked::said(line, clock))) }
                    td data-label="who asks knows" { (looked::knew(line)) }
                }
            }
        }
    }
}

fn waited(drill: &DrillReport, here: Here) -> Markup {
    let clock = Clock::of(drill.plan());
    html! {
        div {
            h3 { "What waited where" }
            @if drill.judged.waited.is_empty() {
                p { "No node of this stack tells what waits in it." }
            } @else {
                table.waited {
                    thead { tr { th { "node" } th.num { "most, at" } th.num { "oldest" } th.num { "no answer" } } }
                    tbody { @for it in &drill.judged.waited { (row(it, clock)) } }
                }
                p.note { "Since the first fault, by what the nodes said of themselves; while one gives no answer, nobody knows what it holds. " (here.tag(Evidence::Health)) }
            }
        }
    }
}

fn row(it: &Waited, clock: Clock) -> Markup {
    html! {
        tr {
            td { (t(&it.node)) }
            td.num {
                b { (words::count(it.backlog)) }
                @if let Some(at) = it.at { span.sub { (nb(clock.at(at))) } }
            }
            td.num { (if it.backlog == 0 { "–".into() } else { nb(it.oldest.to_string()) }) }
            td.num { @if it.unanswered == 0 { "–" } @else { (words::count(it.unanswered)) " of " (words::count(it.asked)) } }
        }
    }
}
