//! The published timeline of the incident that a drill replays, beside what the drill saw.

use super::{nb, t};
use crate::run::DrillReport;
use crate::timeline;
use crate::words::Clock;
use maud::{Markup, html};
use squall_model::units::Micros;

/// One line: when, who tells it, what.
struct Line {
    at: Micros,
    published: bool,
    text: String,
}

/// Nothing for a drill that states none.
pub fn published(drill: &DrillReport) -> Markup {
    let stated = &drill.plan().about.published;
    if stated.is_empty() {
        return html! {};
    }
    let clock = Clock::of(drill.plan());
    let told = |it: &squall_model::about::Published| Line {
        at: it.at,
        published: true,
        text: it.text.clone(),
    };
    let seen = timeline::moments(drill).into_iter().filter_map(|moment| {
        Some(Line { at: moment.when.at()?, published: false, text: moment.text })
    });
    let mut lines: Vec<Line> = stated.iter().map(told).chain(seen).collect();
    lines.sort_by_key(|line| line.at);
    html! { div.block {
        h3 { "Beside the published timeline" }
        table.incident {
            thead { tr { th.num { (clock.name()) } th { "as published" } th { "in this drill" } } }
            tbody {
                @for line in &lines {
                    tr {
                        td.num.when { b { (nb(clock.at(line.at))) } }
                        td.what { @if line.published { (t(&line.text)) } }
                        td.what { @if !line.published { (t(&line.text)) } }
                    }
                }
            }
        }
    } }
}
