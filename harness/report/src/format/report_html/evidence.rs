//! The list that every tag of this drill resolves to.

use super::drill::Here;
use super::t;
use crate::evidence::Evidence;
use crate::run::DrillReport;
use maud::{Markup, html};

pub fn evidence(drill: &DrillReport, here: Here) -> Markup {
    html! {
        div {
            h3 { "Evidence" }
            table.evidence {
                tbody {
                    @for it in Evidence::ALL {
                        tr id=(here.anchor(it)) {
                            td.quiet { (it.tag()) }
                            td.file { code { (it.file()) } }
                            td { (t(&it.what(drill))) }
                        }
                    }
                }
            }
            p.note { "Files of the run folder this page stands in; large facts are kept as " code { "facts.jsonl.zst" } "." }
        }
    }
}
