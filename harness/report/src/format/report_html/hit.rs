//! Who was hit: by segment, of those who were written to while a fault was effective.

use super::drill::Here;
use super::{nb, t};
use crate::evidence::Evidence;
use crate::run::DrillReport;
use crate::words;
use maud::{Markup, html};

pub fn hit(drill: &DrillReport, here: Here) -> Markup {
    let hits = &drill.judged.segments;
    let reached: u64 = hits.iter().map(|hit| hit.reached_out).sum();
    let affected: u64 = hits.iter().map(|hit| hit.affected).sum();
    let most = hits.iter().map(|hit| hit.reached_out).max().unwrap_or(0);
    let sampled = drill.plan().traffic.sampled;
    let item = drill.plan().traffic.item;
    html! {
        div {
            h3 { "Who was hit" }
            @if reached == 0 {
                p {
                    @if drill.plan().faults.is_empty() { "No fault was played, so nobody was." }
                    @else { (item.says("Nobody had a message scheduled while a fault was effective.")) }
                }
            } @else {
                table.hit {
                    tbody {
                        @for hit in hits {
                            tr {
                                td { (t(&hit.name)) }
                                td.bar { (bar(hit.reached_out, hit.affected, most)) }
                                td.num { b { (share(hit.affected, hit.reached_out)) } }
                                td.num.quiet { (words::count(hit.affected)) " of " (words::count(hit.reached_out)) }
                            }
                        }
                        tr.total {
                            td { "all" } td {}
                            td.num { b { (share(affected, reached)) } }
                            td.num.quiet { (words::count(affected)) " of " (words::count(reached)) }
                        }
                    }
                }
                p.note {
                    (item.says("Full bar: subscribers of the segment with a message scheduled while a fault was effective. Red: had such a message late, refused or never. "))
                    @if sampled > 1 { "Sampled 1 in " (words::count(sampled)) ": one subscriber stands for as many. " }
                    (here.tag(Evidence::Deliveries))
                }
            }
        }
    }
}

fn share(part: u64, whole: u64) -> String {
    if whole == 0 { "nobody".into() } else { nb(format!("{:.1} %", part as f64 * 100.0 / whole as f64)) }
}

fn bar(reached: u64, affected: u64, most: u64) -> Markup {
    let scale = |count: u64| match count {
        0 => 0.0,
        count => (198.0 * count as f64 / most.max(1) as f64).max(2.0),
    };
    html! {
        svg viewBox="0 0 200 14" preserveAspectRatio="none" aria-hidden="true" {
            rect class="rest-fill" x="1" y="1" width=(format!("{:.1}", scale(reached))) height="12" {}
            rect class="bad-fill" x="1" y="1" width=(format!("{:.1}", scale(affected))) height="12" {}
        }
    }
}
