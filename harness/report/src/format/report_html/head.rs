//! What a director reads first: verdict, one sentence why, and the facts of the run.

use super::{mark, nb, t};
use crate::exit;
use crate::run::{DrillReport, RunInfo, RunReport};
use crate::stretch;
use crate::words::{self, Clock};
use maud::{Markup, html};
use squall_model::units::Micros;
use squall_model::verdict::Verdict;

pub fn head(run: &RunReport) -> Markup {
    let RunReport { info, verdict, met: _, exit_code, drills } = run;
    let RunInfo { squall, engine, seed, started, wall_ms, command: _, undo_verified } = info;
    html! {
        header.top {
            div {
                p.kicker { "Squall resilience report" }
                h1 class=(verdict.word()) { (mark::shape(*verdict)) (mark::word(*verdict)) }
                p.reason { (reason(run)) }
                @if let Some(worst) = worst(drills) { p.worst { (worst) } }
                @if drills.iter().any(|drill| !drill.judged.accounting.balances()) {
                    p.alarm { "A message ledger does not balance: no objective of that drill can pass." }
                }
                @if !undo_verified {
                    p.alarm { "An undo could not be verified. Run " code { "squall recover" } " before the next drill." }
                }
            }
            dl.facts {
                @if !started.is_empty() { dt { "when" } dd { (when(started)) } }
                dt { "engine" } dd { (engine_words(engine)) ", squall " (t(squall)) }
                dt { "seed" } dd { (seeds(*seed, drills)) }
                dt { "stacks" } dd { (stacks(drills)) }
                @if let Some(clock) = clock(drills) { dt { "drill clock" } dd { (clock) } }
                @if *wall_ms > 0 { dt { "played in" } dd { (played(drills, *wall_ms)) } }
                dt { "exit" } dd { (exit_code) ", " (exit::reason(*exit_code)) }
            }
        }
    }
}

/// `22 November 2026, 09:14:05 UTC`, or the text itself where it is no instant.
pub fn when(started: &str) -> String {
    let Ok(at) = started.parse::<jiff::Timestamp>() else { return t(started) };
    at.to_zoned(jiff::tz::TimeZone::UTC).strftime("%-d %B %Y, %H:%M:%S UTC").to_string()
}

pub fn engine_words(engine: &str) -> String {
    match engine {
        "sim" => "sim, simulated time".into(),
        "local" => "local, real time, processes of this machine".into(),
        "docker" => "docker, real time, containers".into(),
        "external" => "real time, on a stack that already ran".into(),
        other => t(other),
    }
}

/// One sentence: the judge's own for a single drill, else how many, and why the first is not met.
fn reason(run: &RunReport) -> String {
    if let [only] = run.drills.as_slice() {
        return t(&only.judged.reason);
    }
    let all = run.drills.len();
    let not_met: Vec<&DrillReport> = run.drills.iter().filter(|d| !d.judged.met).collect();
    let canaries = run.drills.iter().filter(|d| d.judged.met && d.judged.verdict == Verdict::Fail);
    let canaries = match canaries.count() {
        0 => String::new(),
        1 => ", one of them a canary that fails as it must".into(),
        n => format!(", {n} of them canaries that fail as they must"),
    };
    match not_met.first() {
        None if all == 0 => "No drill was played.".into(),
        None => format!("All {all} drills are met{canaries}."),
        Some(first) => format!(
            "{} drills {}: {}. {}",
            words::of(not_met.len(), all),
            if not_met.len() == 1 { "is not met" } else { "are not met" },
            t(&first.plan().title()),
            t(&first.judged.reason)
        ),
    }
}

/// The seed, where all drills have one.
fn seeds(seed: u64, drills: &[DrillReport]) -> String {
    match drills.iter().all(|drill| drill.plan().seed == seed) {
        true => seed.to_string(),
        false => "each drill’s own, stated with it".into(),
    }
}

/// What the outage that hit most subscribers did: a drill can meet its objectives and be one.
fn worst(drills: &[DrillReport]) -> Option<String> {
    let share = |drill: &DrillReport| {
        let affected: u64 = drill.judged.segments.iter().map(|hit| hit.affected).sum();
        let reached: u64 = drill.judged.segments.iter().map(|hit| hit.reached_out).sum();
        (reached > 0 && affected > 0).then(|| affected as f64 / reached as f64)
    };
    let of_all = drills.iter().filter_map(|drill| Some((share(drill)?, drill)));
    let (share, drill) = of_all.max_by(|a, b| a.0.total_cmp(&b.0))?;
    let when = stretch::said(drill).map_or(String::new(), |when| format!(", {when}"));
    let lost = match drill.judged.accounting.lost {
        0 => "no accepted message was lost".to_owned(),
        n => words::plural(n, "accepted message was lost", "accepted messages were lost"),
    };
    let lost = drill.plan().traffic.item.says(&lost);
    Some(format!(
        "{} “{}”: {} of the subscribers written to were affected{}; {lost}.",
        if drills.len() > 1 { "Hit hardest," } else { "In" },
        t(&drill.plan().title()),
        nb(words::percent((share * 1e4).round() / 1e4)),
        t(&when),
    ))
}

fn stacks(drills: &[DrillReport]) -> String {
    let mut names: Vec<String> = drills.iter().map(|drill| t(&drill.plan().stack.label())).collect();
    names.dedup();
    names.sort();
    names.dedup();
    names.join(", ")
}

/// The clock of the drills, where all have the same.
fn clock(drills: &[DrillReport]) -> Option<String> {
    let words = |drill: &DrillReport| {
        let clock = Clock::of(drill.plan());
        let ends = format!("{} to {} {}", clock.at(Micros::ZERO), clock.at(drill.end()), clock.name());
        let ends = if clock.stated { ends } else { "from 0".into() };
        match drill.stopped() {
            Some(stopped) => nb(format!("{ends}, {}; ", drill.end())) + &stopped,
            None => nb(format!("{ends}, {}", drill.end())),
        }
    };
    let first = words(drills.first()?);
    drills.iter().all(|drill| words(drill) == first).then_some(first)
}

fn played(drills: &[DrillReport], wall_ms: u64) -> String {
    let clock: f64 = drills.iter().map(|drill| drill.end().as_secs_f64()).sum();
    let wall = Micros::from_millis(wall_ms);
    let simulated = drills.iter().all(|drill| drill.record.header.engine == "sim");
    let faster = clock / wall.as_secs_f64().max(1e-9);
    match simulated && faster >= 2.0 {
        true => format!("{}, {} times faster than the clock", nb(wall.to_string()), words::count(faster as u64)),
        false => nb(wall.to_string()),
    }
}
