//! `no accepted message is lost`.

use crate::case::Case;
use crate::check::{Check, Checked};
use crate::judged::Unit;
use crate::ledger::Fate;
use crate::plan::PhaseName;
use crate::words::{count, of};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NoLoss {}

impl Check for NoLoss {
    fn check(&self, case: &Case<'_>, _phase: PhaseName) -> Checked {
        let books = &case.ledger.accounting;
        if books.undecided > 0 {
            let why = format!(
                "{} not accounted for, and no node tells what it still holds.",
                of(books.undecided, "accepted message")
            );
            return Checked::nothing(Unit::Count, why)
                .at_most(0.0)
                .evidence(case.ledger.missing_evidence.clone());
        }
        let mut checked =
            Checked::none_of(books.lost, books.accepted, "are lost", "accepted message")
                .evidence(case.ledger.missing_evidence.clone());
        let reason = &mut checked.finding.reason;
        if case.ledger.swallowed > 0 && books.lost > 0 {
            *reason += &format!(" A carrier took and dropped {}.", count(case.ledger.swallowed));
        }
        if books.pending > 0 {
            *reason += &format!(" {} still pending after the drain.", of(books.pending, "message"));
        }
        if let Fate::PendingUpTo(told) = case.ledger.fate {
            *reason += &format!(" Nodes tell only that {} wait, not which.", count(told));
        }
        checked
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Fate;
    use crate::sample::*;
    use crate::verdict::Verdict::*;

    #[test]
    fn one_lost_of_thirty_thousand_is_one_too_many() {
        let one = |m, _| if m == 777 { Fate::gone() } else { Fate::good() };
        let seen = judged(NoLoss {}, one);
        assert_eq!((seen.verdict, &seen.findings[0].evidence), (Fail, &vec![777]));
        assert_eq!(judged(NoLoss {}, |_, _| Fate::good()).verdict, Pass);
    }

    #[test]
    fn where_no_node_tells_what_it_holds_nothing_is_decided() {
        use crate::fact::Fact;
        let silent =
            |facts: &mut Vec<Fact>| facts.retain(|f| !matches!(f, Fact::PendingCount { .. }));
        let one = |m, _| if m == 777 { Fate::gone() } else { Fate::good() };
        let seen = changed(NoLoss {}, one, |_| {}, silent);
        assert_eq!((seen.verdict, seen.accounting.undecided), (Inconclusive, 1));
    }

    #[test]
    fn what_a_queue_still_names_is_pending_and_not_lost() {
        let two = |m, _| if m == 7 || m == 8 { Fate::gone() } else { Fate::good() };
        let named = |facts: &mut Vec<crate::fact::Fact>| {
            facts.push(crate::fact::Fact::Pending { at: s(320), m: 7, node: "queue-1".into() });
        };
        let seen = changed(NoLoss {}, two, |_| {}, named);
        assert_eq!((seen.accounting.pending, seen.accounting.lost), (1, 1));
        assert_eq!(seen.verdict, Fail);
    }

    #[test]
    fn nothing_accepted_decides_nothing() {
        assert_eq!(judged(NoLoss {}, |_, _| Fate::refused()).findings[0].verdict, Inconclusive);
    }
}
