//! The verbs of a drill's calls: how often each was run, and with which codes it failed.

use super::drill::Here;
use super::t;
use crate::evidence::Evidence;
use crate::run::DrillReport;
use crate::words;
use maud::{Markup, html};
use squall_model::calls::{Calls, VerbEnds};

/// Nothing for a drill of messages.
pub fn calls(drill: &DrillReport, here: Here) -> Markup {
    let Some(Calls { dropped, verbs }) = &drill.judged.calls else { return html! {} };
    let mut names: Vec<&str> = verbs.iter().map(|ends| ends.verb.as_str()).collect();
    names.dedup();
    let all = drill.judged.accounting.attempted;
    html! {
        h3 { "Verbs of the calls" }
        p {
            b { (words::count(*dropped)) } " of " (words::count(all)) " calls (" (words::percent_of(*dropped, all))
            ") were dropped: answered, and ended before their script did. Evidence " (here.tag(Evidence::Deliveries))
        }
        table.verbs {
            thead { tr { th { "verb" } th.num { "run" } th.num { "failed" } th { "codes" } } }
            tbody { @for name in names { (row(name, verbs)) } }
        }
    }
}

fn row(name: &str, verbs: &[VerbEnds]) -> Markup {
    let own: Vec<&VerbEnds> = verbs.iter().filter(|ends| ends.verb == name).collect();
    let run: u64 = own.iter().map(|ends| ends.count).sum();
    let failed: Vec<(&str, u64)> =
        own.iter().filter_map(|ends| Some((ends.code.as_deref()?, ends.count))).collect();
    let bad: u64 = failed.iter().map(|(_, count)| count).sum();
    html! {
        tr {
            td { (t(name)) }
            td.num { (words::count(run)) }
            td.num {
                @if bad > 0 { b.bad { (words::count(bad)) } " " span.quiet { (words::percent_of(bad, run)) } }
                @else { "0" }
            }
            td { @for (i, (code, count)) in failed.iter().enumerate() {
                @if i > 0 { ", " }
                (t(code)) " " span.quiet { "×" (words::count(*count)) }
            } }
        }
    }
}
