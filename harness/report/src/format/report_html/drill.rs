//! One drill in full, in the order in which questions come: what happened, does it add up, what
//! was asked, who was hit, what it cost, the score, when, how it looked, what to mend, how to repeat it, on what it rests.

use super::{
    calls, chart, cost, evidence, fix_first, hit, incident, ledger, look, mark, objectives, published, repeat, score, t,
};
use crate::run::{DrillReport, RunReport};
use maud::{Markup, html};

pub fn drill(run: &RunReport, drill: &DrillReport, index: usize) -> Markup {
    let here = Here { index };
    // A phone folds all drills but the first that is not met; wide pages and paper show them all.
    let first = run.drills.iter().position(|drill| !drill.judged.met).unwrap_or(0);
    html! {
        section.drill id=(format!("d{}", index + 1)) {
            details.fold open[index == first] {
                summary { h2 { span.number { (index + 1) } " " (t(&drill.plan().title())) } }
                @for paragraph in &drill.plan().about.description[run.shared().len()..] { p.about { (t(paragraph)) } }
                p.lead { (mark::mark(drill.judged.verdict)) " " (t(&drill.judged.reason)) }
                @if let Some(stopped) = drill.stopped() { p.alarm { "The drill was " (stopped) "; everything below ends there." } }
                @for trouble in &drill.judged.troubles { p.alarm { "Trouble of the run: " (t(trouble)) } }
                (chart::chart(drill))
                div.pair.wide-left {
                    (ledger::ledger(drill))
                    (ledger::beside(drill, here))
                }
                (calls::calls(drill, here))
                (objectives::objectives(drill, here))
                div.pair {
                    (hit::hit(drill, here))
                    (cost::cost(drill, here))
                }
                (score::score(drill))
                (incident::incident(drill, here))
                (published::published(drill))
                (look::look(drill, here))
                (fix_first::fix_first(drill, here))
                div.pair {
                    (repeat::repeat(run, drill))
                    (evidence::evidence(drill, here))
                }
            }
        }
    }
}

/// Where on the page we are: tags resolve within their own drill.
#[derive(Clone, Copy)]
pub struct Here {
    pub index: usize,
}

impl Here {
    pub fn anchor(self, evidence: crate::evidence::Evidence) -> String {
        format!("d{}-{}", self.index + 1, evidence.tag().to_lowercase())
    }

    /// A tag that leads to its row in this drill's list of evidence.
    pub fn tag(self, evidence: crate::evidence::Evidence) -> Markup {
        html! { a.tag href=(format!("#{}", self.anchor(evidence))) { (evidence.tag()) } }
    }
}
