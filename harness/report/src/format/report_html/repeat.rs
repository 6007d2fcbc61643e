//! How to play it again: the exact command, engine and seed, and what must be the same.

use super::t;
use crate::escape;
use crate::repeat::{self, Changed};
use crate::run::{DrillReport, RunReport};
use maud::{Markup, html};

pub fn repeat(run: &RunReport, drill: &DrillReport) -> Markup {
    let plan = drill.plan();
    let typed: Vec<String> = run.info.command.iter().map(|word| escape::shell(word)).collect();
    html! {
        div {
            h3 { "Repeat it" }
            pre.command { code { (repeat::command(run, drill)) } }
            p.note {
                @if drill.record.header.engine == "sim" { "Same seed, same plan, simulated time: the same facts, byte for byte. " }
                @else { "Same seed, same plan, same arrivals; on real time no two runs are equal. " }
                "It plays this drill alone. From a checkout, write "
                code { "cargo run --release --" } " for " code { "squall" } "."
            }
            table.kv {
                tbody {
                    tr { td.quiet { "drill" } td { code { (t(&plan.file)) ":" (plan.line) } } }
                    tr { td.quiet { "engine" } td { (t(&drill.record.header.engine)) ", squall " (t(&drill.record.header.squall)) } }
                    tr { td.quiet { "seed" } td { (plan.seed) } }
                    tr { td.quiet { "stack" } td { (t(&plan.stack.label())) } }
                    tr { td.quiet { "settings" } td { (settings(&repeat::settings(drill))) } }
                    tr { td.quiet { "plan hash" } td { code { (t(&drill.record.header.plan_hash)) } } }
                    @if !typed.is_empty() { tr { td.quiet { "as typed" } td { code { (typed.join(" ")) } } } }
                }
            }
        }
    }
}

fn settings(changed: &[Changed<'_>]) -> Markup {
    html! {
        @if changed.is_empty() { "the stack’s own" }
        @for Changed { name, value, about } in changed {
            div.setting {
                code { (t(name)) " = " (t(value)) }
                @if let Some(about) = about { span.quiet { " default " (t(&about.default)) } }
            }
        }
        @if changed.iter().any(|it| it.about.is_some()) {
            span.sub { "Stated in the drill; every other setting is the stack’s own." }
        }
    }
}
