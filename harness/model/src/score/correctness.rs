//! Correctness: whether the stack kept its word about single messages, whatever became of its speed.

use super::{Drill, Measured};
use crate::case::Case;
use crate::check::Check;
use crate::objective::{
    EveryOutcomeHasReceipt, NoDuplicates, NoFalseReceipts, NoLoss, NothingAfterValidity,
};
use crate::plan::PhaseName;
use crate::verdict::Verdict;

pub(super) const FORMULA: &str = "100 × the share that held of five properties: none lost, none \
    delivered twice, no false receipt, a receipt for every final outcome, and, where messages have a \
    validity, nothing delivered after it; one that the record does not decide counts as not held.";

pub(super) fn measure(drill: &Drill<'_>) -> Measured {
    let case = drill.case;
    let (mut held, mut broken, mut open) = (Vec::new(), Vec::new(), Vec::new());
    for (name, verdict) in properties(case) {
        match verdict {
            Verdict::Pass => held.push(name),
            Verdict::Fail => broken.push(name),
            Verdict::Inconclusive => open.push(name),
        }
    }
    let all = (held.len() + broken.len() + open.len()) as f64;
    let mut why = format!("{} of {all} properties held", held.len());
    for (word, names) in [("broken", &broken), ("not decided", &open)] {
        if !names.is_empty() {
            why += &format!("; {word}: {}", names.join(", "));
        }
    }
    let share = |some: usize| 100.0 * some as f64 / all;
    let (low, high) = (share(held.len()), share(held.len() + open.len()));
    Measured::Points { low, high, why: why + "." }
}

/// Each judged as its objective is, over the whole drill.
fn properties(case: &Case<'_>) -> Vec<(&'static str, Verdict)> {
    let checks: [(&str, &dyn Check); 5] = [
        ("none lost", &NoLoss {}),
        ("none delivered twice", &NoDuplicates {}),
        ("no false receipt", &NoFalseReceipts {}),
        ("every outcome has a receipt", &EveryOutcomeHasReceipt {}),
        ("nothing after its validity", &NothingAfterValidity {}),
    ];
    let asked = if case.plan.traffic.validity.is_some() { checks.len() } else { checks.len() - 1 };
    let judge = |(name, check): &(&'static str, &dyn Check)| {
        (*name, check.check(case, PhaseName::Whole).finding.verdict)
    };
    checks.iter().take(asked).map(judge).collect()
}
