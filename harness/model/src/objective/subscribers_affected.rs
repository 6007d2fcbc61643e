//! `between 28% and 32% of subscribers of "smartfren" are affected`, `fewer than 1% …`.

use crate::case::Case;
use crate::check::{Check, Checked};
use crate::judged::Unit;
use crate::plan::PhaseName;
use crate::stats::Proportion;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SubscribersAffected {
    pub carrier: String,
    /// 0–1; 0 where the step gives no lower limit.
    pub low: f64,
    /// 0–1.
    pub high: f64,
}

impl Check for SubscribersAffected {
    fn check(&self, case: &Case<'_>, _phase: PhaseName) -> Checked {
        if case.during().is_empty() {
            let why = "No fault was seen to take effect, so nobody could be affected.";
            return Checked::nothing(Unit::Ratio, why);
        }
        let carrier = case.plan.stack.carrier(&self.carrier).map_or(&self.carrier, |c| &c.name);
        let mut seen = Proportion { k: 0, n: 0 };
        for hit in crate::impact::segments(case).iter().filter(|hit| hit.carrier == *carrier) {
            seen.k += hit.affected;
            seen.n += hit.reached_out;
        }
        let what = format!(
            "of {carrier} with a message scheduled during the fault had one that missed {}",
            case.deadline()
        );
        let late = case.during();
        let evidence = case
            .scheduled(&late)
            .filter(|(_, m)| !m.in_time(case.deadline()))
            .map(|(m, _)| m)
            .take(crate::judged::EVIDENCE)
            .collect();
        Checked::share(seen, self.low, self.high, "subscriber", &what)
            .evidence(evidence)
            .limit(case.deadline())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::*;
    use crate::verdict::Verdict::*;

    #[test]
    fn only_those_written_to_during_the_fault_count() {
        let objective = SubscribersAffected { carrier: "vendor-a".into(), low: 0.28, high: 0.32 };
        // Ten a second of a hundred, all of different people: a share of 30%.
        let fate = |m, s| {
            if m % 10 < 3 && (60..120).contains(&s) {
                Fate::after(crate::sample::s(9))
            } else {
                Fate::good()
            }
        };
        // Enough people that nobody is written to twice during the fault.
        let more = |plan: &mut crate::plan::Plan| {
            plan.traffic.population.iter_mut().for_each(|pool| pool.subscribers *= 2);
        };
        let seen = changed(objective.clone(), fate, more, |_| {});
        assert_eq!(seen.findings[0].verdict, Pass, "{:?}", seen.findings[0]);
        let before = |m, s| if m % 10 < 3 && s < 55 { Fate::gone() } else { Fate::good() };
        let seen = judged(objective, before);
        assert_eq!(seen.findings[0].verdict, Fail, "{:?}", seen.findings[0]);
        assert_eq!(seen.findings[0].observed, Some(0.0));
    }
}
