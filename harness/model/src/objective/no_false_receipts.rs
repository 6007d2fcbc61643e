//! `no receipt is false`.

use crate::case::Case;
use crate::check::{Check, Checked};
use crate::plan::PhaseName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NoFalseReceipts {}

impl Check for NoFalseReceipts {
    fn check(&self, case: &Case<'_>, _phase: PhaseName) -> Checked {
        let claims = case.messages.rows().iter().filter(|m| m.claimed()).count() as u64;
        let bad = case.ledger.accounting.false_receipts;
        let what = "claim a delivery that no carrier saw";
        Checked::none_of(bad, claims, what, "delivery receipt")
            .evidence(case.ledger.false_evidence.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::*;
    use crate::verdict::Verdict::*;

    #[test]
    fn a_claim_that_no_carrier_bears_out_is_false() {
        let liar = |m, _| match m {
            9 => Fate { deliveries: Vec::new(), ..Fate::good() },
            _ => Fate::good(),
        };
        let seen = judged(NoFalseReceipts {}, liar);
        assert_eq!((seen.verdict, &seen.findings[0].evidence), (Fail, &vec![9]));
        assert_eq!(judged(NoFalseReceipts {}, |_, _| Fate::good()).verdict, Pass);
        assert_eq!(judged(NoFalseReceipts {}, |_, _| Fate::gone()).verdict, Inconclusive);
    }
}
