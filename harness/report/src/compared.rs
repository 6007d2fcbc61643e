//! What the drills of a run say together: which of them hold an objective that they have in common,
//! and which do not. One sentence an objective, the same in every format. It judges nothing.

use crate::differs;
use crate::run::{DrillReport, RunReport};
use crate::words;
use squall_model::judged::Finding;
use squall_model::verdict::Verdict;

/// Fewer drills are no comparison.
const FEWEST: usize = 3;

/// A sentence for each objective that several drills of one feature, with different settings, state in
/// the same words. Repeats of a drill are added up elsewhere.
pub fn sentences(run: &RunReport) -> Vec<String> {
    let mut stated: Vec<(&str, &str)> = Vec::new();
    for plan in run.drills.iter().map(DrillReport::plan) {
        for planned in &plan.objectives {
            let one = (plan.file.as_str(), planned.text.as_str());
            if !stated.contains(&one) {
                stated.push(one);
            }
        }
    }
    stated.into_iter().filter_map(|(file, text)| sentence(run, file, text)).collect()
}

fn sentence(run: &RunReport, file: &str, text: &str) -> Option<String> {
    let drills = run
        .drills
        .iter()
        .filter(|drill| drill.plan().file == file && drill.plan().about.repeat.is_none());
    let all: Vec<(&DrillReport, &Finding)> = drills
        .filter_map(|drill| {
            let at = drill.plan().objectives.iter().position(|planned| planned.text == text)?;
            Some((drill, drill.judged.findings.get(at)?))
        })
        .collect();
    let settings: Vec<String> = all.iter().map(|(drill, _)| differs::line(run, drill)).collect();
    let alike = settings.windows(2).all(|pair| pair[0] == pair[1]);
    // What all of them hold, or none, tells nothing apart.
    let turns = all.windows(2).any(|pair| pair[0].1.verdict != pair[1].1.verdict);
    if all.len() < FEWEST || alike || !turns {
        return None;
    }
    let those = |verdict: Verdict, word: &str| {
        let named: Vec<String> = all
            .iter()
            .filter(|(_, finding)| finding.verdict == verdict)
            .map(|(drill, finding)| format!("{}{}", drill.plan().title(), seen(finding)))
            .collect();
        (!named.is_empty()).then(|| format!("{word} {}", named.join(", ")))
    };
    let parts = [
        those(Verdict::Pass, "holds with"),
        those(Verdict::Fail, "does not with"),
        those(Verdict::Inconclusive, "is undecided with"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    Some(format!("“{text}” {}.", parts.join("; ")))
}

/// ` (8.8%, 8.3% to 9.3%)`: what was observed and the bounds that decided.
fn seen(finding: &Finding) -> String {
    let show = |value: f64| words::value(value, finding.unit);
    match (finding.observed, finding.low, finding.high) {
        (Some(observed), Some(low), Some(high)) if low < high && high.is_finite() => {
            format!(" ({}, {} to {})", show(observed), show(low), show(high))
        }
        (Some(observed), ..) if observed.is_finite() => format!(" ({})", show(observed)),
        _ => String::new(),
    }
}
