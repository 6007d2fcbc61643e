//! The resilience score of a drill: each dimension with its points, what of it is known, why, and the
//! formula, in the judge's own words.

use super::{nb, t};
use crate::board;
use crate::run::DrillReport;
use maud::{Markup, html};
use squall_model::score::{Scored, State};

pub fn score(drill: &DrillReport) -> Markup {
    let score = &drill.judged.score;
    html! { div.block {
        h3 {
            "Resilience score: " (board::score(drill)) " of 100 "
            span.quiet.count { (board::coverage(drill).join(" ")) " dimensions that the drill called for" }
        }
        table.stack.points {
            thead { tr { th { "dimension" } th { "0 to 100" } th.num { "points" } th.num { "known" } th { "what was measured, and how it counts" } } }
            tbody { @for it in &score.dimensions { (row(it)) } }
        }
        p.note { "Bar: points; dashed: not known, and counted as 0. " (t(&score.formula)) }
    } }
}

fn row(it: &Scored) -> Markup {
    html! {
        tr class=[(it.state == State::NotApplicable).then_some("absent")] {
            td.name { b { (it.name.word()) } }
            td.bar data-label="0 to 100" { (bar(it)) }
            td.num data-label="points" {
                b { (board::points(it.points)) }
                @if it.state != State::Measured { span.sub { (nb(board::dimension(it))) } }
            }
            td.num data-label="known" {
                @if it.state == State::NotApplicable { "–" }
                @else { (nb(format!("{:.0} %", (it.coverage * 100.0 + 1e-6).floor()))) }
                @if it.objectives > 0 { span.sub { (it.decided) " of " (it.objectives) (if it.objectives == 1 { " objective" } else { " objectives" }) } }
            }
            td.why data-label="what was measured" { (t(&it.reason)) span.sub { (t(&it.formula)) } }
        }
    }
}

fn bar(it: &Scored) -> Markup {
    let x = |points: Option<f64>| 1.58 * points.unwrap_or(0.0).clamp(0.0, 100.0);
    let (points, most) = (x(it.points), x(it.most));
    html! {
        svg viewBox="0 0 160 14" preserveAspectRatio="none" aria-hidden="true" {
            @if it.state != State::NotApplicable {
                rect class="rest-fill" x="1" y="2" width="158" height="10" {}
                rect class="good-fill" x="1" y="2" width=(format!("{points:.1}")) height="10" {}
                @if most - points > 0.5 {
                    rect class="open-fill" x=(format!("{:.1}", 1.0 + points)) y="2" width=(format!("{:.1}", most - points)) height="10" {}
                }
            }
        }
    }
}
