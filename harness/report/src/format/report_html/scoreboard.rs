//! One row a drill: verdict and the four numbers that people ask for.

use super::{mark, nb, t};
use crate::run::{DrillReport, RunReport};
use crate::timeline;
use crate::words;
use maud::{Markup, html};
use squall_model::plan::Expected;

pub fn scoreboard(run: &RunReport) -> Markup {
    let from: Vec<String> = run.drills.iter().map(from).collect();
    let one = from.windows(2).all(|pair| pair[0] == pair[1]);
    html! {
        @if let (true, Some(from)) = (one, from.first()) { p.from { (from) } }
        @for paragraph in run.shared() { p.about { (t(paragraph)) } }
        table.stack.score {
            thead { tr {
                th { "drill" } th { "verdict" }
                th.num { "subscribers affected" } th.num { "lost" } th.num { "duplicated" }
                th.num { "failover" } th.num { "recovery" }
            } }
            tbody {
                @for (index, drill) in run.drills.iter().enumerate() { (row(drill, index, (!one).then(|| from[index].as_str()))) }
            }
        }
        p.note { "Failover and recovery count from the instant the first fault was effective." }
    }
}

/// Where a drill comes from; said once where all come from there.
fn from(drill: &DrillReport) -> String {
    format!("{}, stack {}", t(&drill.plan().feature), t(&drill.plan().stack.name))
}

fn row(drill: &DrillReport, index: usize, from: Option<&str>) -> Markup {
    let books = &drill.judged.accounting;
    html! {
        tr {
            td.name {
                a href=(format!("#d{}", index + 1)) { b { (t(&drill.plan().title())) } }
                @if let Some(from) = from { span.sub { (from) } }
            }
            td data-label="verdict" {
                (mark::mark(drill.judged.verdict))
                @if drill.plan().expected == Expected::Fail {
                    span.sub { @if drill.judged.met { "a canary, as expected" } @else { "a canary that must fail" } }
                }
            }
            td.num data-label="affected" { (affected(drill)) }
            td.num data-label="lost" {
                @if books.undecided > 0 { "undecided" } @else { (words::count(books.lost)) }
            }
            td.num data-label="duplicated" { (words::count(books.duplicated)) }
            td.num data-label="failover" { (nb(timeline::after(drill, timeline::failed_over(drill)))) }
            td.num data-label="recovery" { (nb(timeline::after(drill, timeline::recovered(drill)))) }
        }
    }
}

/// Share and number, or why there is none.
fn affected(drill: &DrillReport) -> Markup {
    let affected: u64 = drill.judged.segments.iter().map(|hit| hit.affected).sum();
    let reached: u64 = drill.judged.segments.iter().map(|hit| hit.reached_out).sum();
    html! {
        @if reached == 0 {
            @if drill.plan().faults.is_empty() { "no fault played" } @else { "nobody written to" }
        } @else {
            (nb(words::percent(affected as f64 / reached as f64)))
            span.sub { (words::count(affected)) " of " (words::count(reached)) }
        }
    }
}
