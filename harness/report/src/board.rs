//! The cells of the scoreboard, the same in every format: what a drill came to, in a word or a figure
//! each, and a word where there is no figure. It judges nothing.

use crate::run::{DrillReport, RunReport};
use crate::timeline::{self, When};
use crate::words;
use squall_model::judged::{Absence, Moment};
use squall_model::score::{Scored, State};
use squall_model::units::Micros;

/// Every target of an error budget in the run, in order.
pub fn targets(run: &RunReport) -> Vec<f64> {
    let of = |drill: &DrillReport| drill.judged.budget.targets().into_iter().map(|at| at.target);
    let mut all: Vec<f64> = run.drills.iter().flat_map(of).collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    all
}

/// Share in time of messages scheduled while a fault was effective.
pub fn in_time(drill: &DrillReport) -> String {
    let during = drill.judged.during_faults;
    match during.scheduled {
        0 if drill.plan().faults.is_empty() => "no fault".into(),
        0 => "none sent".into(),
        all => words::percent(rounded(during.in_time as f64 / all as f64)),
    }
}

/// Two decimals of a per cent at most, and never up to all of it.
fn rounded(share: f64) -> f64 {
    (share * 1e4).floor() / 1e4
}

pub fn affected(drill: &DrillReport) -> (u64, u64) {
    let hits = &drill.judged.segments;
    (hits.iter().map(|hit| hit.affected).sum(), hits.iter().map(|hit| hit.reached_out).sum())
}

/// Accepted messages that are gone, or that nobody can account for.
pub fn lost(drill: &DrillReport) -> String {
    let books = &drill.judged.accounting;
    match books.undecided {
        0 => words::count(books.lost),
        _ => "undecided".into(),
    }
}

pub fn detection(drill: &DrillReport) -> String {
    moment(drill, timeline::detected(drill), Moment::Detected, drill.watched())
}

pub fn failover(drill: &DrillReport) -> String {
    moment(drill, timeline::failed_over(drill), Moment::FailedOver, drill.end())
}

pub fn recovery(drill: &DrillReport) -> String {
    moment(drill, timeline::recovered(drill), Moment::Recovered, drill.end())
}

/// Time since the first fault was effective. What never came is longer than it was watched for; a
/// route is watched for while the fault lasts, and has a word.
fn moment(drill: &DrillReport, when: When, moment: Moment, watched: Micros) -> String {
    match (when, timeline::zero(drill)) {
        (When::Absent(Absence::Never), Some(zero)) if moment != Moment::FailedOver => {
            let stopped = if drill.judged.stopped.is_some() { " (stopped)" } else { "" };
            format!("> {}{stopped}", watched - zero)
        }
        (When::Absent(Absence::NotPlayed), _) => "–".into(),
        _ => timeline::after(drill, when),
    }
}

/// Of the error budget at `target`.
pub fn spent(drill: &DrillReport, target: f64) -> String {
    let all = drill.judged.budget.targets();
    let at = all.iter().find(|at| at.target == target);
    at.map_or("–".into(), |at| match at.spent {
        spent if spent >= 0.1 => format!("{:.0} %", spent * 100.0),
        spent if spent >= 0.000_05 => format!("{:.2} %", spent * 100.0),
        spent if spent > 0.0 => "< 0.01 %".into(),
        _ => "0 %".into(),
    })
}

pub fn cost(drill: &DrillReport) -> String {
    drill.judged.budget.cost.map_or("–".into(), |cost| format!("${}", words::count(cost)))
}

/// Points, cut off: 99.96 is not 100.
pub fn points(points: Option<f64>) -> String {
    points.map_or("–".into(), |points| format!("{:.1}", (points * 10.0 + 1e-6).floor() / 10.0))
}

pub fn score(drill: &DrillReport) -> String {
    points(drill.judged.score.value)
}

/// What stands beside every score: `up to 81.0`, `83 % known`, `of 5 of 6`; the first only where there
/// is a range.
pub fn coverage(drill: &DrillReport) -> Vec<String> {
    let score = &drill.judged.score;
    let most = match (score.low, score.high) {
        (Some(low), Some(high)) if high - low > 0.05 => {
            Some(format!("up to {},", points(Some(high))))
        }
        _ => None,
    };
    let known = format!("{:.0} % known", (score.coverage * 100.0 + 1e-6).floor());
    let of = words::of(score.applicable as usize, score.dimensions.len());
    most.into_iter().chain([known, format!("of {of}")]).collect()
}

/// A dimension's points, or the word for why it has none.
pub fn dimension(it: &Scored) -> String {
    match it.state {
        State::Measured => points(it.points),
        State::Hole => "not known".into(),
        State::NotApplicable => "not called for".into(),
    }
}

/// The whole score in a line: `score 62.1 of 100 (up to 81.0, 83 % known of 5 of 6 dimensions): …`.
pub fn score_line(drill: &DrillReport) -> String {
    let each: Vec<String> = drill
        .judged
        .score
        .dimensions
        .iter()
        .map(|it| format!("{} {}", it.name.word(), dimension(it)))
        .collect();
    format!(
        "score {} of 100 ({} dimensions): {}",
        score(drill),
        coverage(drill).join(" "),
        each.join(", ")
    )
}
