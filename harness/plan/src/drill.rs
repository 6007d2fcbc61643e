//! The world of the step functions: a scenario that is being declared, or one that has been judged.
//!
//! The same functions serve twice. While compiling, every step declares into a [`Draft`]. Once the
//! drill has been played, cucumber's runner plays the scenario again: Given and When have nothing
//! more to do, and each Then passes or fails by the finding of its own line.

use crate::draft::{At, Draft};
use cucumber::gherkin::Step;
use squall_model::judged::{Finding, Judged};
use squall_model::plan::{Expected, Plan};
use squall_model::verdict::Verdict;
use std::collections::BTreeMap;

#[derive(Debug, Default, cucumber::World)]
pub struct Drill {
    pub(crate) draft: Draft,
    pub(crate) outcome: Option<Outcome>,
}

/// What the drill came to, for its Then steps.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// By the line of the objectives' step.
    findings: BTreeMap<usize, Vec<Finding>>,
    expected: Expected,
    met: bool,
    reason: String,
}

impl Outcome {
    pub(crate) fn new(plan: &Plan, judged: &Judged) -> Outcome {
        let mut findings: BTreeMap<usize, Vec<Finding>> = BTreeMap::new();
        for (objective, finding) in plan.objectives.iter().zip(&judged.findings) {
            findings.entry(objective.line).or_default().push(finding.clone());
        }
        Outcome {
            findings,
            expected: plan.expected,
            met: judged.met,
            reason: judged.reason.clone(),
        }
    }

    pub(crate) fn is_met(&self) -> bool {
        self.met
    }

    /// Why the Then step of this line does not pass.
    pub(crate) fn objection(&self, line: usize) -> Option<String> {
        let Some(findings) = self.findings.get(&line) else {
            return Some("inconclusive: this step was not judged".to_owned());
        };
        let objections: Vec<String> = findings.iter().filter_map(|one| self.against(one)).collect();
        (!objections.is_empty()).then(|| objections.join("; "))
    }

    fn against(&self, finding: &Finding) -> Option<String> {
        match (self.expected, finding.verdict) {
            (Expected::Pass, Verdict::Pass) | (Expected::Fail, Verdict::Fail) => None,
            (Expected::Fail, Verdict::Pass) => {
                Some(format!("must fail, but passed: {}", finding.reason))
            }
            (_, Verdict::Inconclusive) => Some(format!("inconclusive: {}", finding.reason)),
            (Expected::Pass, Verdict::Fail) => Some(finding.reason.clone()),
        }
    }

    /// Why the drill is not met although each of its Then steps passes: a fault that was not
    /// proven, a ledger that does not balance, a run that was interrupted.
    pub(crate) fn beyond_the_steps(&self) -> Option<String> {
        let silent = self.findings.keys().all(|line| self.objection(*line).is_none());
        (!self.met && silent).then(|| self.reason.clone())
    }
}

impl Drill {
    /// A Given or When step: declares, while there is something to declare.
    pub(crate) fn declare(&mut self, step: &Step, declare: impl FnOnce(&mut Draft) -> Option<()>) {
        if self.outcome.is_none() {
            self.draft.at = at(step);
            // `None` is a mistake that the draft has noted by now.
            let _ = declare(&mut self.draft);
        }
    }

    /// A Then step: declares its objective, or reports what became of it.
    ///
    /// # Panics
    /// Only under cucumber's runner, which takes a panic for the failure of the step.
    pub(crate) fn then(&mut self, step: &Step, declare: impl FnOnce(&mut Draft) -> Option<()>) {
        match &self.outcome {
            None => self.declare(step, declare),
            Some(outcome) => {
                if let Some(objection) = outcome.objection(step.position.line) {
                    panic!("{objection}");
                }
            }
        }
    }
}

/// What `load` moves from a step's words into its keyword, so that no phrase has to repeat it.
pub(crate) const AT_THE_SAME_TIME: &str = "at the same time";

fn at(step: &Step) -> At {
    At {
        line: step.position.line,
        text: step.value.clone(),
        at_the_same_time: step.keyword.trim_end().ends_with(AT_THE_SAME_TIME),
    }
}
