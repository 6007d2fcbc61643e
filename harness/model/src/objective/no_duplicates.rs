//! `no message is delivered more than once`.

use crate::case::Case;
use crate::check::{Check, Checked};
use crate::plan::PhaseName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NoDuplicates {}

impl Check for NoDuplicates {
    fn check(&self, case: &Case<'_>, _phase: PhaseName) -> Checked {
        let ledger = &case.ledger;
        let (bad, all) = (ledger.accounting.duplicated, ledger.reached);
        Checked::none_of(bad, all, "were delivered more than once", "delivered message")
            .evidence(ledger.duplicated_evidence.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::*;
    use crate::verdict::Verdict::*;

    #[test]
    fn twice_over_two_routes_is_twice() {
        let twice = |m, _| match m {
            5 => Fate { deliveries: vec![(s(1), A), (s(2), B)], ..Fate::good() },
            _ => Fate::good(),
        };
        let seen = judged(NoDuplicates {}, twice);
        assert_eq!((seen.verdict, &seen.findings[0].evidence), (Fail, &vec![5]));
        assert_eq!(judged(NoDuplicates {}, |_, _| Fate::good()).verdict, Pass);
        assert_eq!(judged(NoDuplicates {}, |_, _| Fate::gone()).verdict, Inconclusive);
    }
}
