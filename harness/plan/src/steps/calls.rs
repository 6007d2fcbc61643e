//! Objectives on calls and on the verbs of their scripts.

use super::Phrase;
use crate::draft::Draft;
use crate::drill::Drill;
use crate::params::{Percent, Phase, Quoted, Verbs};
use cucumber::gherkin::Step;
use cucumber::then;
use squall_model::objective::{CallsCompleted, CallsDropped, VerbsFail, VerbsSucceed};

pub const PHRASES: &[Phrase] = &[
    Phrase::then(
        "at least {percent} of calls are completed {phase}",
        "at least 99.9% of calls are completed before the fault",
        "their script ran to its end; refused and unanswered ones count against",
    ),
    Phrase::then(
        "at most {percent} of calls are dropped {phase}",
        "at most 15% of calls are dropped during the fault",
        "answered, and ended before their script did; a call counts when it ended",
    ),
    Phrase::then(
        "between {percent} and {percent} of calls are dropped {phase}",
        "between 12% and 15% of calls are dropped during the fault",
        "the same with a lower limit too",
    ),
    Phrase::then(
        "at least {percent} of verbs succeed {phase}",
        "at least 99% of verbs succeed before the fault",
        "of all verbs that were run, by what the handsets were told",
    ),
    Phrase::then(
        "between {percent} and {percent} of verbs fail with \"11200\" {phase}",
        "between 23% and 27% of verbs fail with \"11200\" during the fault",
        "the platform's own code; a verb counts when it ended",
    ),
    Phrase::then(
        "between {percent} and {percent} of \"play\" and \"say\" verbs fail with \"11200\" {phase}",
        "between 23% and 27% of \"play\" and \"say\" verbs fail with \"11200\" during the fault",
        "of these verbs alone: one, or several joined by and",
    ),
];

/// The verbs of a call script, as the platform tells them.
const VERBS: [&str; 7] = ["play", "say", "pause", "gather", "redirect", "hangup", "reject"];

#[then(expr = "at least {percent} of calls are completed{phase}")]
fn completed(drill: &mut Drill, step: &Step, share: Percent, phase: Phase) {
    drill.then(step, |draft| {
        let (phase, at_least) = (draft.phase(&phase), draft.share(&share));
        draft.objective(CallsCompleted { at_least: at_least? }, phase?);
        Some(())
    });
}

#[then(expr = "at most {percent} of calls are dropped{phase}")]
fn dropped_at_most(drill: &mut Drill, step: &Step, share: Percent, phase: Phase) {
    drill.then(step, |draft| {
        let phase = draft.phase(&phase);
        let high = draft.share(&share)?;
        if high == 0.0 {
            draft.wrong(&share.0, "no number of calls can show that none is ever dropped").help =
                Some("at least 99.9% of calls are completed".to_owned());
            return None;
        }
        draft.objective(CallsDropped { low: 0.0, high }, phase?);
        Some(())
    });
}

#[then(expr = "between {percent} and {percent} of calls are dropped{phase}")]
fn dropped_between(drill: &mut Drill, step: &Step, low: Percent, high: Percent, phase: Phase) {
    drill.then(step, |draft| {
        let phase = draft.phase(&phase);
        let (low, high) = draft.between_shares(&low, &high)?;
        draft.objective(CallsDropped { low, high }, phase?);
        Some(())
    });
}

#[then(expr = "at least {percent} of verbs succeed{phase}")]
fn succeed(drill: &mut Drill, step: &Step, share: Percent, phase: Phase) {
    drill.then(step, |draft| {
        let (phase, at_least) = (draft.phase(&phase), draft.share(&share));
        draft.objective(VerbsSucceed { at_least: at_least? }, phase?);
        Some(())
    });
}

#[then(expr = "between {percent} and {percent} of verbs fail with {name}{phase}")]
fn fail(drill: &mut Drill, step: &Step, low: Percent, high: Percent, code: Quoted, phase: Phase) {
    drill.then(step, |draft| failing(draft, (&low, &high), Vec::new(), &code, &phase));
}

#[then(expr = "between {percent} and {percent} of {verbs} verbs fail with {name}{phase}")]
fn some_fail(
    drill: &mut Drill,
    step: &Step,
    low: Percent,
    high: Percent,
    verbs: Verbs,
    code: Quoted,
    phase: Phase,
) {
    drill.then(step, |draft| {
        let named = verbs.0.split('"').skip(1).step_by(2).map(|verb| Quoted(format!("\"{verb}\"")));
        let verbs: Vec<Option<String>> = named.map(|verb| verb_of(draft, &verb)).collect();
        failing(draft, (&low, &high), verbs.into_iter().flatten().collect(), &code, &phase)
    });
}

fn failing(
    draft: &mut Draft,
    (low, high): (&Percent, &Percent),
    verbs: Vec<String>,
    code: &Quoted,
    phase: &Phase,
) -> Option<()> {
    let phase = draft.phase(phase);
    let shares = draft.between_shares(low, high);
    let name = code.name();
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_digit()) {
        draft.wrong(&code.0, format!("\"{name}\" is no code of a call platform")).help =
            Some("a number, such as \"11200\" for media that could not be fetched".to_owned());
        return None;
    }
    let (low, high) = shares?;
    draft.objective(VerbsFail { low, high, code: name.to_owned(), verbs }, phase?);
    Some(())
}

fn verb_of(draft: &mut Draft, verb: &Quoted) -> Option<String> {
    let name = verb.name().to_ascii_lowercase();
    if !VERBS.contains(&name.as_str()) {
        draft.unknown("verb", verb, VERBS.map(str::to_owned).to_vec());
        return None;
    }
    Some(name)
}
