//! Every objective with its verdict, what was observed, the interval that decided, and the target.

use super::drill::Here;
use super::{mark, nb, t};
use crate::evidence::Evidence;
use crate::run::DrillReport;
use crate::words;
use maud::{Markup, html};
use squall_model::judged::Finding;
use squall_model::objective::Objective;
use squall_model::traffic::Item;
use squall_model::plan::PlannedObjective;
use squall_model::verdict::Verdict;

pub fn objectives(drill: &DrillReport, here: Here) -> Markup {
    let plan = drill.plan();
    html! {
        h3 { "Objectives " span.quiet.count { (tally(drill)) } }
        table.stack.objectives {
            thead { tr {
                th { "objective" } th { "verdict" } th.num { "observed, interval" }
                th { "against the target" } th { "evidence" }
            } }
            tbody {
                @for (planned, finding) in plan.objectives.iter().zip(&drill.judged.findings) {
                    (row(drill.plan().traffic.item, planned, finding, here))
                }
            }
        }
        p.note {
            "Tick: target. Tinted side: meets it. Bar: the bounds that decided, at 95 % for proportions. Dot: observed. "
            "A verdict is given only when the whole interval is on one side; otherwise it is inconclusive."
        }
    }
}

/// How many came to what, in words that never hide the undecided.
fn tally(drill: &DrillReport) -> String {
    let score = &drill.judged.score;
    format!("{} pass, {} fail, {} inconclusive", score.passed, score.failed, score.undecided)
}

fn row(item: Item, planned: &PlannedObjective, finding: &Finding, here: Here) -> Markup {
    let observed = match finding.observed {
        Some(value) => nb(words::value(value, finding.unit)),
        None => "not observed".into(),
    };
    html! {
        tr {
            td.name {
                (t(&planned.text)) " " span.quiet { "line " (planned.line) }
                span.sub { (t(&finding.reason)) }
                @if !finding.evidence.is_empty() { (messages(item, &finding.evidence)) }
            }
            td data-label="verdict" { (mark::mark(finding.verdict)) }
            td.num data-label="observed" {
                b { (observed) }
                @if let Some(interval) = words::interval(finding) { span.sub { (nb(interval)) } }
            }
            td.against data-label="target" { (against(finding)) span.sub { (words::target(finding)) } }
            td data-label="evidence" { (here.tag(source(&planned.objective))) }
        }
    }
}

fn messages(item: Item, ids: &[u64]) -> Markup {
    html! {
        span.sub {
            (item.many()) " "
            @for (i, id) in ids.iter().take(5).enumerate() { @if i > 0 { ", " } (id) }
            @if ids.len() > 5 { " and " (ids.len() - 5) " more in run.json" }
        }
    }
}

fn source(objective: &Objective) -> Evidence {
    use Objective as O;
    match objective {
        O::DeliveredWithin(_) | O::SubscribersAffected(_) | O::LatencyPercentile(_) => {
            Evidence::Deliveries
        }
        O::CallsCompleted(_) | O::CallsDropped(_) | O::VerbsSucceed(_) | O::VerbsFail(_) => {
            Evidence::Deliveries
        }
        O::FailsOver(_) | O::Returns(_) | O::RouteChanges(_) | O::Recovers(_) | O::InOrder(_) => {
            Evidence::Deliveries
        }
        O::ImpactLasts(_) | O::BudgetSpent(_) | O::NothingAfterValidity(_) | O::OverloadEnds(_) => {
            Evidence::Deliveries
        }
        O::NoLoss(_) | O::NoDuplicates(_) | O::Attempts(_) | O::BacklogDrains(_) => Evidence::Ledger,
        O::NoFalseReceipts(_) | O::EveryOutcomeHasReceipt(_) => Evidence::Receipts,
        O::Detected(_) => Evidence::Sender,
        O::HealthIsHonest(_) => Evidence::Health,
    }
}

/// Own scale: the target's tick, the tinted side that meets it, the deciding bounds, the observed dot.
fn against(finding: &Finding) -> Markup {
    let all = [finding.observed, finding.low, finding.high, finding.at_least, finding.at_most];
    let finite: Vec<f64> = all.into_iter().flatten().filter(|v| v.is_finite()).collect();
    let targets = [finding.at_least, finding.at_most];
    if finite.is_empty() || targets.iter().all(Option::is_none) {
        return html! {};
    }
    let (low, high) = finite.iter().fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(*v), b.max(*v)));
    let pad = ((high - low) * 0.18).max(high.abs() * 0.02).max(1e-9);
    let x = |value: f64| (4.0 + 192.0 * (value - low + pad) / (high - low + 2.0 * pad)).clamp(4.0, 196.0);
    let (from, to) = (finding.at_least.map_or(0.0, x), finding.at_most.map_or(200.0, x));
    let tone = finding.verdict.word();
    html! {
        svg.interval viewBox="0 0 200 18" aria-hidden="true" {
            path class="grid" d="M0 9H200" {}
            rect class="good-area" x=(format!("{from:.1}")) y="5" width=(format!("{:.1}", (to - from).max(0.0))) height="8" {}
            @for target in targets.into_iter().flatten() {
                path class="tick" d=(format!("M{:.1} 1V17", x(target))) {}
            }
            @if let (Some(a), Some(b)) = (finding.low, finding.high) {
                path class=(format!("range {tone}")) d=(format!("M{:.1} 9H{:.1}", x(a.max(low)), x(b.min(high)))) {}
            }
            @if let Some(value) = finding.observed {
                @let at = if value.is_finite() { x(value) } else { 196.0 };
                @if finding.verdict == Verdict::Inconclusive {
                    circle class="hollow" cx=(format!("{at:.1}")) cy="9" r="4" {}
                } @else {
                    circle class=(if finding.verdict == Verdict::Pass { "good-fill" } else { "bad-fill" }) cx=(format!("{at:.1}")) cy="9" r="4" {}
                }
            }
        }
    }
}
