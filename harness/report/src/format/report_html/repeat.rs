//! How to play it again: the exact command and seed, and what must be the same.

use super::t;
use crate::escape;
use crate::format::summary_md;
use crate::run::{DrillReport, RunReport};
use maud::{Markup, html};

pub fn repeat(run: &RunReport, drill: &DrillReport) -> Markup {
    let plan = drill.plan();
    let typed: Vec<String> = run.info.command.iter().map(|word| escape::shell(word)).collect();
    html! {
        div {
            h3 { "Repeat it" }
            pre { code { (summary_md::repeat(drill)) } }
            p.note {
                @if drill.record.header.engine == "sim" { "Same seed, same plan, simulated time: the same facts, byte for byte." }
                @else { "Same seed, same plan, same arrivals; on real time no two runs are equal." }
            }
            table.kv {
                tbody {
                    tr { td.quiet { "drill" } td { code { (t(&plan.file)) ":" (plan.line) } } }
                    tr { td.quiet { "plan hash" } td { code { (t(&drill.record.header.plan_hash)) } } }
                    tr { td.quiet { "seed" } td { (plan.seed) } }
                    tr { td.quiet { "squall" } td { (t(&drill.record.header.squall)) ", engine " (t(&drill.record.header.engine)) } }
                    @if !typed.is_empty() { tr { td.quiet { "as typed" } td { code { (typed.join(" ")) } } } }
                    @for (key, value) in &plan.stack.settings {
                        tr { td.quiet { (t(key)) } td { (t(value)) } }
                    }
                }
            }
        }
    }
}
