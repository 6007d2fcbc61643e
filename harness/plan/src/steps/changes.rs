//! Time passes, and settings change on purpose. A change stays until changed again and is no fault.

use super::Phrase;
use crate::draft::{Draft, DraftChange};
use crate::drill::Drill;
use crate::params::{Duration, Quoted, Time};
use cucumber::gherkin::Step;
use cucumber::when;
use squall_model::lever::LeverCall;
use squall_model::units::Micros;

pub const PHRASES: &[Phrase] = &[
    Phrase::when(
        "steady state holds for {duration}",
        "steady state holds for 10 minutes",
        "undisturbed time: the baseline that recovery is measured against",
    ),
    Phrase::when("{duration} pass", "10 minutes pass", "the drill goes on as it is"),
    Phrase::when(
        "the setting \"workers\" of \"gateway\" becomes \"8\"",
        "the setting \"workers\" of \"gateway\" becomes \"8\"",
        "from here on",
    ),
    Phrase::when(
        "the setting \"workers\" of \"gateway\" goes from \"2\" to \"8\" between {time} and {time}",
        "the setting \"workers\" of \"gateway\" goes from \"2\" to \"8\" between 16:16 and 16:38",
        "by whole steps, evenly spread",
    ),
];

/// A ramp takes at most so many steps.
const MOST_STEPS: u64 = 60;

#[when(expr = "steady state holds for {duration}")]
fn steady(drill: &mut Drill, step: &Step, length: Duration) {
    drill.declare(step, |draft| {
        let length = draft.duration(&length);
        draft.pass(length).map(|_| ())
    });
}

#[when(regex = r"^(-?[\d.,]+ ?[A-Za-z]+) pass(?:es)?$")]
fn pass(drill: &mut Drill, step: &Step, length: Duration) {
    drill.declare(step, |draft| {
        let length = draft.duration(&length);
        draft.pass(length).map(|_| ())
    });
}

#[when(expr = "the setting {name} of {name} becomes {name}")]
fn becomes(drill: &mut Drill, step: &Step, key: Quoted, node: Quoted, value: Quoted) {
    drill.declare(step, |draft| {
        let when = draft.instant();
        let nodes = draft.nodes_with_settings(&node);
        let taken = takes(draft, &key, &value);
        let (nodes, ()) = (nodes?, taken?);
        change(draft, when, &nodes, key.name(), value.name());
        Some(())
    });
}

#[when(expr = "the setting {name} of {name} goes from {name} to {name} between {time} and {time}")]
#[expect(clippy::too_many_arguments, reason = "one for each word of the phrase that varies")]
fn ramps(
    drill: &mut Drill,
    step: &Step,
    key: Quoted,
    node: Quoted,
    first: Quoted,
    last: Quoted,
    from: Time,
    to: Time,
) {
    drill.declare(step, |draft| {
        let placed = draft.between(&from.0, &to.0);
        let nodes = draft.nodes_with_settings(&node);
        let taken = takes(draft, &key, &first).and(takes(draft, &key, &last));
        let (Ok(low), Ok(high)) = (first.name().parse::<i64>(), last.name().parse::<i64>()) else {
            draft.wrong(&first.0, "a setting can only go between two whole numbers");
            return None;
        };
        let (nodes, (), placed) = (nodes?, taken?, placed?);
        let steps = low.abs_diff(high).min(MOST_STEPS);
        let length = placed.end? - placed.start;
        for number in 0..=steps {
            let done = number as f64 / steps.max(1) as f64;
            let value = low + ((high - low) as f64 * done).round() as i64;
            let when = placed.start + Micros::from_secs_f64(length.as_secs_f64() * done);
            change(draft, when, &nodes, key.name(), &value.to_string());
        }
        Some(())
    });
}

/// The stack has this setting and it may have this value.
fn takes(draft: &mut Draft, key: &Quoted, value: &Quoted) -> Option<()> {
    let file = draft.stack.as_ref()?;
    if let Some(what) = file.fixed_by(key.name()) {
        let message = format!("{} is what {what} starts with", key.0);
        draft.wrong(&key.0, message).help =
            Some("state it with the stack: it cannot change during the drill".to_owned());
        return None;
    }
    let mistake = match file.settings.get(key.name()) {
        Some(setting) if setting.allowed.takes(value.name()) => return Some(()),
        Some(setting) => {
            let message = format!("{} is no value of {}", value.0, key.0);
            let mistake = draft.source.mistake_in_line(draft.at.line, &value.0, message);
            setting.allowed.explain(mistake, value.name())
        }
        None => {
            let message = format!("the stack has no setting {}", key.0);
            let mistake = draft.source.mistake_in_line(draft.at.line, &key.0, message);
            mistake.nearest(key.name(), file.settings.keys().map(String::as_str))
        }
    };
    draft.mistakes.push(mistake);
    None
}

fn change(draft: &mut Draft, when: Micros, nodes: &[String], key: &str, value: &str) {
    let call = |node: &String| LeverCall::SetNodeSetting {
        node: node.clone(),
        key: key.to_owned(),
        value: value.to_owned(),
    };
    let (calls, at) = (nodes.iter().map(call).collect(), draft.at.clone());
    draft.changes.push(DraftChange { when, calls, at });
}
