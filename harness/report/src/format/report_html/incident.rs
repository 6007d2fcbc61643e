//! The incident timeline, as one would put it in a reason-for-outage.

use super::drill::Here;
use super::{nb, t};
use crate::run::DrillReport;
use crate::timeline::{self, Moment, When};
use crate::words::{self, Clock};
use maud::{Markup, html};
use squall_model::units::Micros;

pub fn incident(drill: &DrillReport, here: Here) -> Markup {
    let clock = Clock::of(drill.plan());
    let zero = timeline::zero(drill);
    html! { div.block {
        h3 { "Incident timeline" }
        (summary(drill, clock))
        table.incident {
            thead { tr {
                th.num { (clock.name()) }
                @if zero.is_some() { th.num { "since effective" } }
                th { "what happened" } th { "evidence" }
            } }
            tbody {
                @for moment in timeline::moments(drill) { (row(&moment, clock, zero, here)) }
            }
        }
    } }
}

fn row(moment: &Moment, clock: Clock, zero: Option<Micros>, here: Here) -> Markup {
    let class = match (moment.edge, moment.when) {
        (_, When::Absent(_)) => "absent",
        (true, When::At(_)) => "edge",
        (false, When::At(_)) => "",
    };
    html! {
        tr class=(class) {
            td.num.when { b { (moment.when.at().map_or("–".into(), |at| nb(clock.at(at)))) } }
            @if let Some(zero) = zero {
                td.num.when { (moment.when.at().map_or("–".into(), |at| nb(words::since(zero, at)))) }
            }
            td.what class=[moment.bad.then_some("bad")] { (t(&moment.text)) }
            td.tags { (here.tag(moment.evidence)) }
        }
    }
}

/// Service, start, end, cause: the first lines of any reason-for-outage.
fn summary(drill: &DrillReport, clock: Clock) -> Markup {
    let plan = drill.plan();
    let cause: Vec<String> = plan.faults.iter().map(|fault| t(&fault.text)).collect();
    html! {
        dl.line {
            div { dt { "Service" } dd { (t(&plan.stack.label())) } }
            @match drill.judged.timeline.impact {
                Some(impact) => {
                    div { dt { "Start" } dd { (nb(clock.at(impact.start))) } }
                    div { dt { "End" } dd { (nb(clock.at(impact.end))) } }
                    div { dt { "Out of objective" } dd { (nb(impact.length().to_string())) } }
                }
                None => { div { dt { "Impact" } dd { "none" } } }
            }
            @if !cause.is_empty() { div { dt { "Cause" } dd { "injected: " (cause.join("; ")) } } }
        }
    }
}
