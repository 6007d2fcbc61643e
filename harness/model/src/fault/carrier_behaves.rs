//! A carrier behaves badly towards messages or receipts, as [`Behaviour`] says.

use super::{FaultKind, Watch};
use crate::behaviour::Behaviour;
use crate::lever::LeverCall;
use crate::stack::Stack;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CarrierBehaves {
    pub carrier: String,
    pub behaviour: Behaviour,
}

impl FaultKind for CarrierBehaves {
    fn target(&self) -> String {
        self.carrier.clone()
    }

    fn label(&self) -> String {
        let percent = |share: &f64| format!("{}%", share * 100.0);
        match &self.behaviour {
            Behaviour::Throttle => "throttles".to_owned(),
            Behaviour::Refuse { answer, share } => format!("{answer} to {}", percent(share)),
            Behaviour::Swallow { share } => format!("never delivers {}", percent(share)),
            Behaviour::AnswerAfter { delay_ms } => format!("answers after {delay_ms} ms"),
            Behaviour::Capacity { per_second } => format!("at most {per_second}/s"),
            Behaviour::ReceiptsDelayed { delay_ms } => format!("receipts {delay_ms} ms late"),
            Behaviour::ReceiptsLost { share } => format!("{} of receipts lost", percent(share)),
            Behaviour::ReceiptsRepeated { share } => {
                format!("{} of receipts repeated", percent(share))
            }
            Behaviour::ReceiptsFalse { share } => format!("{} of receipts false", percent(share)),
        }
    }

    fn inject(&self, id: &str, _stack: &Stack) -> Vec<LeverCall> {
        vec![LeverCall::SetCarrierBehaviour {
            carrier: self.carrier.clone(),
            name: id.to_owned(),
            behaviour: self.behaviour.clone(),
        }]
    }

    fn heal(&self, id: &str, _stack: &Stack) -> Vec<LeverCall> {
        vec![LeverCall::ClearCarrierBehaviour {
            carrier: self.carrier.clone(),
            name: id.to_owned(),
        }]
    }

    /// Behaviours without a share are drawn for everything; what a capacity refuses depends on load.
    fn watches(&self, id: &str, _stack: &Stack) -> Vec<Watch> {
        let (carrier, name) = (self.carrier.clone(), id.to_owned());
        let share = match &self.behaviour {
            Behaviour::Throttle
            | Behaviour::AnswerAfter { .. }
            | Behaviour::ReceiptsDelayed { .. } => 1.0,
            Behaviour::Refuse { share, .. }
            | Behaviour::Swallow { share }
            | Behaviour::ReceiptsLost { share }
            | Behaviour::ReceiptsRepeated { share }
            | Behaviour::ReceiptsFalse { share } => *share,
            Behaviour::Capacity { .. } => return vec![Watch::Hits { carrier, name }],
        };
        vec![Watch::Draws { carrier, name, share }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::sample;

    #[test]
    fn a_behaviour_is_set_and_cleared_under_one_name() {
        let behaviour = Behaviour::Refuse { answer: "queue full".into(), share: 0.3 };
        let fault = CarrierBehaves { carrier: "c".into(), behaviour: behaviour.clone() };
        let stack = sample::stack();
        let (carrier, name) = ("c".to_owned(), "f".to_owned());
        assert_eq!(
            fault.inject("f", &stack),
            [LeverCall::SetCarrierBehaviour {
                carrier: carrier.clone(),
                name: name.clone(),
                behaviour
            }]
        );
        assert_eq!(
            fault.heal("f", &stack),
            [LeverCall::ClearCarrierBehaviour { carrier: carrier.clone(), name: name.clone() }]
        );
        assert_eq!(fault.watches("f", &stack), [Watch::Draws { carrier, name, share: 0.3 }]);
        assert_eq!(fault.label(), "queue full to 30%");
    }

    #[test]
    fn a_capacity_is_proven_by_what_it_refused() {
        let behaviour = Behaviour::Capacity { per_second: 5.0 };
        let fault = CarrierBehaves { carrier: "c".into(), behaviour };
        assert!(matches!(fault.watches("f", &sample::stack())[..], [Watch::Hits { .. }]));
    }
}
