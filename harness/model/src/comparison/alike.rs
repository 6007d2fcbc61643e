//! Whether plays of one drill differ in nothing but the stack.

use super::Play;
use crate::plan::Plan;
use std::collections::BTreeMap;

/// Two plays that are no comparison, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{one} and {other} are no comparison of stacks: {what}; {remedy}")]
pub struct Unlike {
    pub one: String,
    pub other: String,
    pub what: String,
    pub remedy: &'static str,
}

/// What of a plan has nothing to do with the stack: words of it, by what they are.
fn said(plan: &Plan) -> BTreeMap<&'static str, String> {
    let Plan {
        schema: _,
        feature: _,
        scenario: _,
        file: _,
        line: _,
        tags: _,
        expected,
        stack: _,
        clock,
        seed: _,
        traffic,
        // Both follow from the timeline and the stack's timers.
        warm_up: _,
        drain: _,
        end,
        faults,
        changes,
        objectives,
        guards,
        cost_per_hour,
        about: _,
    } = plan;
    let faults =
        faults.iter().map(|it| format!("{} {}–{}", it.text, it.window.start, it.window.end));
    let changes = changes.iter().map(|it| format!("{} {}", it.text, it.at));
    let objectives = objectives.iter().map(|it| format!("{} {:?}", it.text, it.phase));
    let guards = guards.iter().map(|it| it.text.clone());
    let list = |all: Vec<String>| all.join("; ");
    BTreeMap::from([
        ("what is expected", format!("{expected:?}")),
        ("the clock", format!("{clock:?}")),
        ("the length", end.to_string()),
        ("what is sent", traffic.item.many().to_owned()),
        ("the rates", format!("{:?}", traffic.rates)),
        ("the sampling", traffic.sampled.to_string()),
        ("the validity", format!("{:?}", traffic.validity)),
        ("the faults", list(faults.collect())),
        ("the changes", list(changes.collect())),
        ("the objectives", list(objectives.collect())),
        ("the guards", list(guards.collect())),
        ("the cost of an outage", format!("{cost_per_hour:?}")),
    ])
}

const SAME_FEATURE: &str = "play the same feature file on each of them";
const SAME_SEEDS: &str = "play them with the same --seed and --repeat";
const SAME_ENGINE: &str = "play them on the same engine";

/// The engine of all plays.
pub fn engine(plays: &[Play]) -> Result<String, Unlike> {
    let Some(first) = plays.first() else { return Ok(String::new()) };
    match plays.iter().find(|play| play.engine != first.engine) {
        None => Ok(first.engine.clone()),
        Some(other) => {
            let what = format!("one was played on {}, the other on {}", first.engine, other.engine);
            Err(unlike(first, other, what, SAME_ENGINE))
        }
    }
}

/// Plays of one drill, per stack.
pub fn check(of: &[Vec<&Play>]) -> Result<(), Unlike> {
    let mut all = of.iter().flatten();
    let Some(first) = all.next() else { return Ok(()) };
    let wanted = said(&first.plan);
    for play in all {
        let own = said(&play.plan);
        let differs = wanted.iter().find(|(what, text)| own.get(*what) != Some(*text));
        if let Some((what, text)) = differs {
            let other = own.get(what).map_or("", String::as_str);
            let what = format!("{what} differ, \"{text}\" and \"{other}\"");
            return Err(unlike(first, play, what, SAME_FEATURE));
        }
    }
    same_seeds(of)
}

/// As far as both were played: a comparison that was cut short has fewer of one.
fn same_seeds(of: &[Vec<&Play>]) -> Result<(), Unlike> {
    let played: Vec<&Vec<&Play>> = of.iter().filter(|plays| !plays.is_empty()).collect();
    let Some((first, others)) = played.split_first() else { return Ok(()) };
    for plays in others {
        let mut pairs = first.iter().zip(plays.iter());
        if let Some((one, other)) = pairs.find(|(one, other)| one.plan.seed != other.plan.seed) {
            let (a, b) = (one.plan.seed, other.plan.seed);
            return Err(unlike(one, other, format!("their seeds are {a} and {b}"), SAME_SEEDS));
        }
    }
    Ok(())
}

fn unlike(one: &Play, other: &Play, what: String, remedy: &'static str) -> Unlike {
    let name = |play: &Play| format!("\"{}\" on {} ({})", play.plan.title(), play.stack, play.run);
    Unlike { one: name(one), other: name(other), what, remedy }
}
