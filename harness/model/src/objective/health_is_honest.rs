//! `no node reports healthy while its backlog is stuck`.

use crate::case::Case;
use crate::check::{Check, Checked};
use crate::fact::{Fact, Health};
use crate::judged::Unit;
use crate::plan::PhaseName;
use crate::units::Micros;
use crate::verdict::Verdict;
use crate::words::of;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HealthIsHonest {}

impl Check for HealthIsHonest {
    fn check(&self, case: &Case<'_>, _phase: PhaseName) -> Checked {
        let mut nodes: BTreeMap<&str, Vec<&Health>> = BTreeMap::new();
        for event in case.events {
            if let Fact::Health(health) = event {
                nodes.entry(&health.node).or_default().push(health);
            }
        }
        let mut stuck = 0;
        let mut lies: Vec<(&str, Micros)> = Vec::new();
        for (node, answers) in nodes {
            let (times, lie) = look(&answers, case.deadline());
            stuck += times;
            lies.extend(lie.map(|at| (node, at)));
        }
        let Some((node, at)) = lies.iter().min_by_key(|(_, at)| *at) else {
            return match stuck {
                0 => {
                    let why =
                        format!("No node's backlog was stuck. {}", stuck_means(case.deadline()));
                    Checked::nothing(Unit::Count, why).at_most(0.0)
                }
                n => {
                    let reason = format!(
                        "A backlog was stuck in {}, never one of good health. {}",
                        of(n, "answer"),
                        stuck_means(case.deadline())
                    );
                    Checked::of(Verdict::Pass, Unit::Count, Some(0.0), reason).at_most(0.0)
                }
            };
        };
        let reason = format!(
            "{} reported healthy with a stuck backlog; first {node}, {at} into the drill. {}",
            of(lies.len() as u64, "node"),
            stuck_means(case.deadline())
        );
        Checked::of(Verdict::Fail, Unit::Count, Some(lies.len() as f64), reason).at_most(0.0)
    }
}

/// The threshold in words, for whoever reads the verdict.
fn stuck_means(deadline: Micros) -> String {
    format!(
        "Stuck: over {RUN} answers in a row nothing left it, and its oldest message, waiting longer \
         than the stack's deadline of {deadline}, aged as fast as the clock."
    )
}

/// Answers in a row that make a backlog stuck rather than slow.
const RUN: usize = 3;

/// How many answers showed a stuck backlog, and when the node first lied about it: the oldest message
/// is past the deadline and as much older as time went by, and nothing leaves.
fn look(answers: &[&Health], deadline: Micros) -> (u64, Option<Micros>) {
    let (mut times, mut run, mut lies, mut lie) = (0, 0, 0, None);
    for pair in answers.windows(2) {
        let (before, now) = (pair[0], pair[1]);
        let aged = (now.oldest - before.oldest).0 * 10 >= (now.at - before.at).0 * 9;
        let stuck = now.healthy.is_some()
            && now.backlog > 0
            && now.backlog >= before.backlog
            && now.oldest >= deadline
            && now.at > before.at
            && aged;
        run = if stuck { run + 1 } else { 0 };
        lies = if stuck && now.healthy == Some(true) { lies + 1 } else { 0 };
        times += u64::from(run >= RUN);
        if lies >= RUN && lie.is_none() {
            lie = Some(now.at);
        }
    }
    (times, lie)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::*;
    use crate::verdict::Verdict::*;

    fn drill(healthy: bool, backlog: impl Fn(u64) -> u64) -> crate::judged::Judged {
        let told = |facts: &mut Vec<Fact>| {
            facts.extend((60..120).map(|second| {
                let (at, oldest) = (s(second), s(second - 50));
                let (node, backlog) = ("queue-1".into(), backlog(second));
                Fact::Health(Health { at, node, healthy: Some(healthy), backlog, oldest, gauges: Default::default() })
            }));
        };
        changed(HealthIsHonest {}, |_, _| Fate::good(), |_| {}, told)
    }

    #[test]
    fn a_stuck_backlog_called_healthy_is_a_lie() {
        assert_eq!(drill(true, |at| at).verdict, Fail);
        for seen in [drill(true, |at| at), drill(false, |at| at), drill(true, |_| 0)] {
            let why = &seen.findings[0].reason;
            assert!(why.contains("3 answers in a row") && why.contains("deadline of 5 s"), "{why}");
        }
        assert_eq!(drill(false, |at| at).verdict, Pass);
        assert_eq!(drill(true, |_| 0).verdict, Inconclusive);
        assert_eq!(drill(true, |at| 1_000 - at).verdict, Inconclusive);
    }
}
