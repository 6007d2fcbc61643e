//! Objectives and windows that no outcome of this drill could decide, found before it is played.
//!
//! Conservative: what is refused here could not have passed. Judging what happened is not done here.

use crate::draft::Draft;
use squall_model::fault::{Fault, TelemetryRises, Watch};
use squall_model::objective::Objective;
use squall_model::objective::recovers::RecoversFrom;
use squall_model::plan::{PhaseName, Plan, PlannedFault};
use squall_model::stats::{Decision, Proportion, wanted};
use squall_model::traffic::Item;
use squall_model::units::{Micros, Span};

/// Page alert over one hour: it fires at 14.4 times the burn that a whole period could bear.
const PAGE_BURN: f64 = 14.4;
const PAGE_WINDOW_S: f64 = 3600.0;

pub fn all(draft: &mut Draft, plan: &Plan) {
    for objective in &plan.objectives {
        draft.at.line = objective.line;
        match &objective.objective {
            Objective::DeliveredWithin(it) => {
                share(draft, plan, objective.phase, it.at_least, "delivered in time");
            }
            Objective::LatencyPercentile(it) => {
                let rank = it.percentile / 100.0;
                share(draft, plan, objective.phase, rank, "under the limit");
            }
            Objective::CallsCompleted(it) => {
                of_calls(draft, plan);
                share(draft, plan, objective.phase, it.at_least, "completed");
            }
            Objective::CallsDropped(it) => {
                of_calls(draft, plan);
                within(draft, messages(plan, objective.phase), it.low, it.high, "calls");
            }
            Objective::VerbsSucceed(it) => {
                of_verbs(draft, plan, objective.phase);
                match it.at_least {
                    0.0 => cannot_fail(draft, "0%"),
                    1.0 => {
                        let message = "no number of verbs can show that all of them succeed";
                        draft.wrong("100%", message).help = Some("ask for 99.9%".to_owned());
                    }
                    _ => {}
                }
            }
            Objective::VerbsFail(it) => {
                of_verbs(draft, plan, objective.phase);
                if it.low == 0.0 && it.high == 1.0 {
                    cannot_fail(draft, "100%");
                }
            }
            Objective::SubscribersAffected(it) => affected(draft, plan, it.low, it.high),
            Objective::Recovers(it) if it.from == RecoversFrom::LastHeal => {
                follows_the_heal(draft, plan, it.within);
            }
            Objective::Returns(it) => follows_the_heal(draft, plan, it.within),
            Objective::FailsOver(it) => fails_over(draft, plan, it.within),
            Objective::Detected(it) => detected(draft, plan, it.within),
            Objective::ImpactLasts(it) => impact(draft, plan, it.low),
            Objective::NothingAfterValidity(_) if plan.traffic.validity.is_none() => {
                draft
                    .wrong("", "the drill's messages have no validity to be delivered after")
                    .help =
                    Some("add a step such as: Given messages are valid for 60 seconds".to_owned());
            }
            _ if spans(plan, objective.phase).is_empty() => nobody(draft),
            _ => {}
        }
    }
    silences(draft, plan);
    baselines(draft, plan);
    rates(draft, plan);
}

/// The spans of scheduled instants a phase looks at, in the best case.
pub fn spans(plan: &Plan, phase: PhaseName) -> Vec<Span> {
    let first = plan.faults.iter().map(|fault| fault.window.start).min();
    let last = plan.faults.iter().map(|fault| fault.window.end).max();
    let spans = match phase {
        PhaseName::Whole => vec![Span { start: plan.warm_up, end: plan.end }],
        PhaseName::BeforeTheFault => {
            first.map(|end| Span { start: plan.warm_up, end }).into_iter().collect()
        }
        PhaseName::DuringTheFault => union(plan),
        PhaseName::AfterRecovery => {
            last.map(|start| Span { start, end: plan.end }).into_iter().collect()
        }
        PhaseName::Window(span) => vec![span],
    };
    let cut =
        |span: Span| Span { start: span.start.max(plan.warm_up), end: span.end.min(plan.end) };
    spans.into_iter().map(cut).filter(|span| span.start < span.end).collect()
}

fn union(plan: &Plan) -> Vec<Span> {
    let mut windows: Vec<Span> = plan.faults.iter().map(|fault| fault.window).collect();
    windows.sort_by_key(|window| window.start);
    let mut union: Vec<Span> = Vec::new();
    for window in windows {
        match union.last_mut() {
            Some(last) if window.start <= last.end => last.end = last.end.max(window.end),
            _ => union.push(window),
        }
    }
    union
}

/// Messages scheduled in a phase, on average.
pub fn messages(plan: &Plan, phase: PhaseName) -> u64 {
    let expected = |span: Span| plan.traffic.expected(span.end) - plan.traffic.expected(span.start);
    spans(plan, phase).into_iter().map(expected).sum::<f64>().floor() as u64
}

fn nobody(draft: &mut Draft) {
    draft.wrong("", "nothing is scheduled in the phase of this objective");
}

fn share(draft: &mut Draft, plan: &Plan, phase: PhaseName, at_least: f64, what: &str) {
    let n = messages(plan, phase);
    if n == 0 {
        nobody(draft);
        return;
    }
    if at_least == 0.0 {
        cannot_fail(draft, "0%");
        return;
    }
    let best = Proportion { k: n, n };
    if best.within(at_least, 1.0) == Decision::Inside {
        return;
    }
    let (percent, items) = (crate::describe::percent(at_least), plan.traffic.item.many());
    let help = match wanted(best, at_least, 1.0) {
        Some(more) if at_least < 1.0 => format!("it would take {more} {items}"),
        _ => format!("no number of {items} can show it"),
    };
    let message =
        format!("about {n} {items} can never show at least {percent} {what}, even if all are");
    draft.wrong("", message).help = Some(help);
}

/// It would pass whatever happened: the opposite of what a drill is played for.
fn cannot_fail(draft: &mut Draft, limit: &str) {
    draft.wrong(limit, "no outcome of the drill could miss this").help =
        Some("state a limit that a bad outcome would miss".to_owned());
}

fn affected(draft: &mut Draft, plan: &Plan, low: f64, high: f64) {
    let messages = messages(plan, PhaseName::DuringTheFault);
    let n = messages.min(u64::from(plan.traffic.subscribers()));
    if n == 0 {
        draft.wrong("", "no subscriber has a message during a fault, so none can be affected");
        return;
    }
    let of = "subscribers with a message during a fault";
    within(draft, n, low, high, of);
}

/// A share of `n` that has to lie between the two.
fn within(draft: &mut Draft, n: u64, low: f64, high: f64, of: &str) {
    if n == 0 {
        nobody(draft);
        return;
    }
    if low == 0.0 && high == 1.0 {
        cannot_fail(draft, "100%");
        return;
    }
    // Without a lower limit none at all is best, else the middle of the two.
    let middle = if low == 0.0 { 0.0 } else { (low + high) / 2.0 };
    let best = |n: u64| Proportion { k: (middle * n as f64).round() as u64, n };
    if best(n).within(low, high) == Decision::Inside {
        return;
    }
    let more = wanted(best(1_000_000), low, high).is_some();
    let enough = (0..40)
        .map(|power| 1u64 << power)
        .find(|n| more && best(*n).within(low, high) == Decision::Inside);
    draft.wrong("", format!("about {n} {of} can never show this")).help = Some(match enough {
        Some(enough) => format!("it would take up to {enough} {of}"),
        None => format!("no number of {of} can show it"),
    });
}

/// How many verbs there will be is for the scripts to say; without calls there are none.
fn of_verbs(draft: &mut Draft, plan: &Plan, phase: PhaseName) {
    of_calls(draft, plan);
    if spans(plan, phase).is_empty() {
        nobody(draft);
    }
}

/// Objectives on calls and verbs want calls.
fn of_calls(draft: &mut Draft, plan: &Plan) {
    if plan.traffic.item != Item::Call {
        draft.wrong("", "this drill has no calls").help =
            Some("50 calls per second, on a stack that takes calls".to_owned());
    }
}

fn follows_the_heal(draft: &mut Draft, plan: &Plan, within: Micros) {
    let Some(heal) = plan.faults.iter().map(|fault| fault.window.end).max() else { return };
    if heal >= plan.end {
        let message = "the drill ends with the last heal, so nothing after it can be seen";
        draft.wrong("", message).help =
            Some(format!("let time pass after the fault, {within} or more"));
    }
}

/// It is counted between scheduled instants, and there are none outside of the traffic.
fn impact(draft: &mut Draft, plan: &Plan, low: Micros) {
    let most = plan.end - plan.warm_up;
    if low >= most {
        let message = format!("an impact of {low} cannot be seen in {most} of traffic");
        draft.wrong("", message).help = Some("let more time pass, or ask for less".to_owned());
    }
}

/// Sooner than this after the start nothing has been looked at yet.
const FIRST_LOOK: Micros = Micros::from_secs(1);

/// What is proven by probes, or by a count, is proven by the difference to those before it.
fn baselines(draft: &mut Draft, plan: &Plan) {
    let compares =
        |watch: &Watch| watch.target().is_some() || matches!(watch, Watch::HeldBack { .. });
    for planned in plan.faults.iter().filter(|planned| planned.window.start < FIRST_LOOK) {
        if planned.watches.iter().any(compares) {
            draft.at.line = planned.line;
            let message = "nothing is seen before this fault, so its effect can never be proven";
            draft.wrong("", message).help =
                Some("put a step before it: When steady state holds for 1 minute".to_owned());
        }
    }
}

/// A rate is compared with the one before, and seen to have gone again after.
fn rates(draft: &mut Draft, plan: &Plan) {
    let over = TelemetryRises::SEEN_OVER;
    let by_rate = |watch: &Watch| matches!(watch, Watch::Faster { .. });
    let seen_by_rate = |planned: &&PlannedFault| planned.watches.iter().any(by_rate);
    for planned in plan.faults.iter().filter(seen_by_rate) {
        let window = planned.window;
        let lasts = window.end >= plan.end;
        let message = match () {
            () if window.start <= over => "too little is seen before this fault to compare it with",
            () if window.length() <= over => "this fault is too short for its rate to be seen",
            () if !lasts && window.end + over >= plan.end + plan.drain => {
                "too little is seen after this fault to tell that it is gone"
            }
            () => continue,
        };
        draft.at.line = planned.line;
        draft.wrong("", message).help =
            Some(format!("rates are taken over {over}: give it longer than that"));
    }
}

/// The longest of the timers that decide when silence is noticed.
fn patience(plan: &Plan) -> Option<(&str, Micros)> {
    let patient = |name: &str| name.contains("timeout") || name.contains("lost");
    let timers = plan.stack.timers.iter().filter(|(name, _)| patient(name));
    timers.max_by_key(|(_, length)| **length).map(|(name, length)| (name.as_str(), *length))
}

fn is_silence(fault: &Fault) -> bool {
    matches!(fault, Fault::NodeFrozen(_) | Fault::LinkSilent(_))
}

fn fails_over(draft: &mut Draft, plan: &Plan, within: Micros) {
    let Some((name, length)) = patience(plan) else { return };
    let only_silence = plan.faults.iter().all(|planned| is_silence(&planned.fault));
    if !plan.faults.is_empty() && only_silence && within < length {
        let message = format!("{within} is less than the stack's {name} of {length}");
        draft.wrong("", message).help =
            Some("nobody can fail over before silence is noticed".to_owned());
    }
}

fn silences(draft: &mut Draft, plan: &Plan) {
    let Some((name, length)) = patience(plan) else { return };
    for planned in plan.faults.iter().filter(|planned| is_silence(&planned.fault)) {
        let window = planned.window.length();
        if window > Micros::ZERO && window < length {
            draft.at.line = planned.line;
            let message =
                format!("a silence of {window} is shorter than the stack's {name}, {length}");
            draft.wrong("", message).help =
                Some("it may pass unnoticed: make the window longer".to_owned());
        }
    }
}

/// Even if every message fails at once, an hour must first hold enough bad ones.
fn detected(draft: &mut Draft, plan: &Plan, within: Micros) {
    let slo = &plan.stack.slo;
    let bad_s = PAGE_WINDOW_S * PAGE_BURN * (1.0 - slo.target);
    let soonest = Micros::from_secs_f64(bad_s);
    if within < soonest {
        let percent = crate::describe::percent(slo.target);
        let message =
            format!("{within} is less than the alert's own time: {soonest} at the soonest");
        draft.wrong("", message).help = Some(format!(
            "14.4 times the burn of {percent} over one hour takes {soonest} even if all fails"
        ));
    }
}
