//! One row a drill: the defences of a run side by side, in the figures that people ask for.

use super::{mark, nb, t};
use crate::board;
use crate::compared;
use crate::differs;
use crate::run::{DrillReport, RunReport};
use crate::words;
use maud::{Markup, html};
use squall_model::plan::Expected;

pub fn scoreboard(run: &RunReport) -> Markup {
    let from: Vec<String> = run.drills.iter().map(from).collect();
    let one = from.windows(2).all(|pair| pair[0] == pair[1]);
    let targets = board::targets(run);
    html! {
        @if let (true, Some(from)) = (one, from.first()) { p.from { (from) } }
        @for paragraph in run.shared() { p.about { (t(paragraph)) } }
        @for sentence in compared::sentences(run) { p.lead { (t(&sentence)) } }
        table.stack.score {
            thead { tr {
                th { "drill" } th { "verdict" }
                th.num { "in time during the faults" } th.num { "subscribers affected" }
                th.num { "lost, duplicated" }
                th.num { "detection" } th.num { "failover" } th.num { "recovery" }
                @for target in &targets { th.num { "budget of " (nb(words::percent(*target))) } }
                @if priced(run) { th.num { "cost" } }
                th.num { "score of 100" }
            } }
            tbody {
                @for (index, drill) in run.drills.iter().enumerate() {
                    (row(run, drill, index, &targets, (!one).then(|| from[index].as_str())))
                }
            }
        }
        p.note {
            "Under a drill’s name: the settings that the drills differ in, where they are not the stack’s own. Detection, failover and recovery count from the instant the first fault was effective; “>” is how long it was watched for in vain. "
            "Budget: part of the error budget of a period at that target that the drill spent. Score: what is not known counts as 0; how much is known, of how many of its dimensions the drill called for, stands below it."
        }
    }
}

/// Where a drill comes from; said once where all come from there.
fn from(drill: &DrillReport) -> String {
    format!("{}, stack {}", t(&drill.plan().feature), t(&drill.plan().stack.label()))
}

fn priced(run: &RunReport) -> bool {
    run.drills.iter().any(|drill| drill.judged.budget.cost.is_some())
}

fn row(
    run: &RunReport,
    drill: &DrillReport,
    index: usize,
    targets: &[f64],
    from: Option<&str>,
) -> Markup {
    let differs = differs::line(run, drill);
    let cell = |label: &str, text: String| html! { td.num data-label=(label) { (nb(text)) } };
    html! {
        tr {
            td.name {
                a href=(format!("#d{}", index + 1)) { b { (t(&drill.plan().title())) } }
                @if !differs.is_empty() { span.sub { (t(&differs)) } }
                @if let Some(from) = from { span.sub { (from) } }
            }
            td data-label="verdict" {
                (mark::mark(drill.judged.verdict))
                @if drill.plan().expected == Expected::Fail {
                    span.sub { @if drill.judged.met { "a canary, as expected" } @else { "a canary that must fail" } }
                }
            }
            (cell("in time", board::in_time(drill)))
            td.num data-label="affected" { (affected(drill)) }
            td.num data-label="lost, duplicated" {
                (board::lost(drill)) ", " (words::count(drill.judged.accounting.duplicated))
            }
            (cell("detection", board::detection(drill)))
            (cell("failover", board::failover(drill)))
            (cell("recovery", board::recovery(drill)))
            @for target in targets {
                (cell(&format!("budget of {}", words::percent(*target)), board::spent(drill, *target)))
            }
            @if priced(run) { (cell("cost", board::cost(drill))) }
            td.num data-label="score of 100" { b { (board::score(drill)) } span.sub { @for part in board::coverage(drill) { (nb(part)) " " } } }
        }
    }
}

/// Share and number, or why there is none.
fn affected(drill: &DrillReport) -> Markup {
    let (affected, reached) = board::affected(drill);
    html! {
        @if reached == 0 {
            @if drill.plan().faults.is_empty() { "no fault" } @else { "nobody written to" }
        } @else {
            (nb(words::percent_of(affected, reached)))
            span.sub { (words::count(affected)) " of " (words::count(reached)) }
        }
    }
}
