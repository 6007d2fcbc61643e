//! `every final outcome has a receipt`.

use crate::case::Case;
use crate::check::{Check, Checked};
use crate::plan::PhaseName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EveryOutcomeHasReceipt {}

impl Check for EveryOutcomeHasReceipt {
    fn check(&self, case: &Case<'_>, _phase: PhaseName) -> Checked {
        let books = &case.ledger.accounting;
        let outcomes = books.delivered + books.late + books.failed + books.expired;
        let what = "came to no receipt";
        Checked::none_of(books.missing_receipts, outcomes, what, "final outcome")
            .evidence(case.ledger.no_receipt_evidence.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::*;
    use crate::verdict::Verdict::*;

    #[test]
    fn a_delivery_without_a_receipt_is_missing_one() {
        let mute = |m, _| match m {
            9 => Fate { receipt: None, ..Fate::good() },
            _ => Fate::good(),
        };
        let seen = judged(EveryOutcomeHasReceipt {}, mute);
        assert_eq!((seen.verdict, &seen.findings[0].evidence), (Fail, &vec![9]));
        assert_eq!(judged(EveryOutcomeHasReceipt {}, |_, _| Fate::good()).verdict, Pass);
        assert_eq!(judged(EveryOutcomeHasReceipt {}, |_, _| Fate::gone()).verdict, Inconclusive);
    }

    #[test]
    fn what_is_delivered_as_the_last_look_is_taken_misses_none() {
        let last = plan(Vec::new());
        let end = last.end + last.drain;
        let ninth = last.traffic.arrivals(last.seed, last.end).nth(9).expect("more than nine");
        let delivered = |ahead: u64| {
            let late = end - s(ahead) - ninth.due;
            judged(EveryOutcomeHasReceipt {}, move |m, _| match m {
                9 => Fate { receipt: None, deliveries: vec![(late, A)], ..Fate::good() },
                _ => Fate::good(),
            })
        };
        assert_eq!(delivered(1).verdict, Pass);
        assert_eq!(delivered(11).verdict, Fail);
    }
}
