//! What it cost: error budget, naming the ledger lines it adds up, and money where a price is stated.

use super::drill::Here;
use super::nb;
use crate::evidence::Evidence;
use crate::run::DrillReport;
use crate::words;
use maud::{Markup, html};
use squall_model::judged::Spent;
use squall_model::units::Micros;

pub fn cost(drill: &DrillReport, here: Here) -> Markup {
    let budget = &drill.judged.budget;
    html! {
        div {
            h3 { "What it cost" }
            table.cost {
                tbody {
                    @for (i, at) in budget.targets().iter().enumerate() { (budget_row(drill, i, at)) }
                    tr {
                        td.quiet { "out of objective" }
                        td.num { b { (nb(out(budget.out_of_objective))) } }
                        td { (drill.plan().traffic.item.says("from the first to the last message that missed its deadline")) }
                    }
                    tr {
                        td.quiet { "money" }
                        @match (budget.cost, drill.plan().cost_per_hour) {
                            (Some(cost), Some(price)) => {
                                td.num { b { "$" (words::count(cost)) } }
                                td { (nb(format!("{:.2} h", budget.out_of_objective.as_secs_f64() / 3_600.0))) " × $" (words::count(price)) " an hour, as stated in the drill" }
                            }
                            _ => { td.num { "–" } td { "the drill states no price" } }
                        }
                    }
                }
            }
            p.note { (here.tag(Evidence::Deliveries)) " " (here.tag(Evidence::Plan)) }
        }
    }
}

/// The error budget at one target; the stack's own is drawn and added up.
fn budget_row(drill: &DrillReport, i: usize, at: &Spent) -> Markup {
    let own = at.target == drill.judged.budget.own.target;
    html! {
        tr {
            td.quiet { @if i == 0 { "error budget" } }
            td.num { b class=[(at.spent > 1.0).then_some("bad")] { (spent(at.spent)) } }
            td {
                "of " (period(drill.plan().stack.slo.period)) " at " (nb(words::percent(at.target)))
                @if own {
                    ", the stack’s own target, spent in this drill"
                    (bar(at.spent))
                    span.sub { (sum(drill)) }
                } @else { " spent" }
            }
        }
    }
}

pub fn spent(spent: f64) -> String {
    nb(if spent >= 1.0 { format!("{:.0} %", spent * 100.0) } else { words::percent(spent) })
}

fn out(span: Micros) -> String {
    if span == Micros::ZERO { "none".into() } else { span.to_string() }
}

fn period(period: Micros) -> String {
    match period.as_secs_f64() / 86_400.0 {
        days if days >= 1.0 => nb(format!("{days:.0} days")),
        _ => nb(period.to_string()),
    }
}

/// The lines of the ledger that are bad; said to be others where they do not add up to the count.
fn sum(drill: &DrillReport) -> String {
    let it = &drill.judged.accounting;
    let lines = [
        ("rejected", it.rejected),
        ("indeterminate and not delivered in time", it.indeterminate),
        ("late", it.late),
        ("failed", it.failed),
        ("expired", it.expired),
        ("pending", it.pending),
        ("undecided", it.undecided),
        ("lost", it.lost),
    ];
    let named: Vec<&str> = lines.iter().filter(|(_, n)| *n > 0).map(|(name, _)| *name).collect();
    let bad = words::count(drill.judged.budget.bad);
    let allowed = words::count(drill.judged.budget.own.allowed.max(0.0) as u64);
    match named.as_slice() {
        [] => format!("no bad {}; {allowed} allowed", drill.plan().traffic.item.one()),
        named => format!("{bad} after warm-up = {}; {allowed} allowed", named.join(" + ")),
    }
}

/// Up to the budget, and past it in bad colour, with the tick at 100 %.
fn bar(spent: f64) -> Markup {
    let whole = spent.max(1.0);
    let x = |share: f64| 238.0 * (share / whole).clamp(0.0, 1.0);
    html! {
        svg.budget viewBox="0 0 240 14" preserveAspectRatio="none" aria-hidden="true" {
            rect class="rest-fill" x="1" y="2" width=(format!("{:.1}", x(1.0))) height="10" {}
            rect class="plain-fill" x="1" y="2" width=(format!("{:.1}", x(spent.min(1.0)))) height="10" {}
            @if spent > 1.0 {
                rect class="bad-fill" x=(format!("{:.1}", 1.0 + x(1.0))) y="2" width=(format!("{:.1}", x(spent) - x(1.0))) height="10" {}
            }
            path class="tick" d=(format!("M{:.1} 0V14", 1.0 + x(1.0))) {}
        }
    }
}
