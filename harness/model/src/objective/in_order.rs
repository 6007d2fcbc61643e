//! `messages to one subscriber arrive in order`.

use crate::case::Case;
use crate::check::{Check, Checked};
use crate::plan::PhaseName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InOrder {}

impl Check for InOrder {
    fn check(&self, case: &Case<'_>, _phase: PhaseName) -> Checked {
        let order = &case.ledger.order;
        let what = "arrived before an earlier one to the same subscriber";
        let exposed = "follow-up message";
        Checked::none_of(order.out_of_order, order.followers, what, exposed)
            .evidence(order.evidence.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::*;
    use crate::verdict::Verdict::*;

    #[test]
    fn an_earlier_message_that_comes_after_a_later_one_is_out_of_order() {
        // The population is drawn anew every 10,000 messages, some 100 s.
        let slow = |m, _| if m == 9 { Fate::after(s(250)) } else { Fate::good() };
        let seen = judged(InOrder {}, slow);
        assert_eq!(seen.verdict, Fail);
        assert!(seen.accounting.out_of_order >= 1);
        assert_eq!(judged(InOrder {}, |_, _| Fate::good()).verdict, Pass);
        assert_eq!(
            judged(InOrder {}, |m, _| if m < 9_000 { Fate::good() } else { Fate::gone() }).verdict,
            Inconclusive
        );
    }
}
