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
        // A depth names nobody: those that count as pending may as well be lost.
        if let (Fate::PendingUpTo(told), 0, 1..) = (case.ledger.fate, books.lost, books.pending) {
            let why = format!(
                "{} had not arrived by the end of the drain; nodes tell that {} wait, not which.",
                of(books.pending, "accepted message"),
                count(told)
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
    fn what_only_a_depth_speaks_for_may_be_lost_and_is_not_called_kept() {
        use crate::fact::Fact;
        let two = |m, _| if m == 7 || m == 8 { Fate::gone() } else { Fate::good() };
        let told = |count| {
            let node = "gateway-1".to_owned();
            let tell = move |facts: &mut Vec<Fact>| {
                facts.push(Fact::PendingCount { at: s(320), node: node.clone(), count });
            };
            changed(NoLoss {}, two, |_| {}, tell)
        };
        // Two wait, and two are missing: which they are nobody knows.
        let seen = told(2);
        assert_eq!((seen.verdict, seen.accounting.pending), (Inconclusive, 2));
        assert!(seen.findings[0].reason.contains("not which"), "{}", seen.findings[0].reason);
        // One of the two is lost whichever waits.
        assert_eq!(told(1).verdict, Fail);
    }

    #[test]
    fn nothing_accepted_decides_nothing() {
        assert_eq!(judged(NoLoss {}, |_, _| Fate::refused()).findings[0].verdict, Inconclusive);
    }
}
