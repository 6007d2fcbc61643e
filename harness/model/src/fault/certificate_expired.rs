//! A vendor's certificate has run out: whoever connects anew refuses it, and sends nothing.
//!
//! Connections that stand go on.

use super::{FaultKind, Watch};
use crate::lever::LeverCall;
use crate::stack::Stack;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CertificateExpired {
    /// Its own name, where the step may have used its vendor's.
    pub carrier: String,
}

impl FaultKind for CertificateExpired {
    fn target(&self) -> String {
        format!("the certificate of {}", self.carrier)
    }

    fn label(&self) -> String {
        "certificate expired".to_owned()
    }

    fn inject(&self, _id: &str, _stack: &Stack) -> Vec<LeverCall> {
        vec![LeverCall::ExpireCertificate { carrier: self.carrier.clone() }]
    }

    fn heal(&self, _id: &str, _stack: &Stack) -> Vec<LeverCall> {
        vec![LeverCall::RenewCertificate { carrier: self.carrier.clone() }]
    }

    fn watches(&self, _id: &str, stack: &Stack) -> Vec<Watch> {
        let links = stack.links_by_tls(&self.carrier);
        links.iter().map(|link| Watch::Untrusted { link: link.id() }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::sample;
    use crate::stack::LinkProtocol;

    #[test]
    fn one_certificate_is_watched_over_every_link_that_is_shown_it() {
        let mut stack = sample::stack();
        let mut link = stack.links[2].clone();
        (link.from, link.protocol) = ("a".into(), LinkProtocol::Https);
        stack.links.push(link);
        let fault = CertificateExpired { carrier: "c".into() };
        assert_eq!(fault.watches("f", &stack), [Watch::Untrusted { link: "a->c".into() }]);
        let (expired, renewed) = (fault.inject("f", &stack), fault.heal("f", &stack));
        assert_eq!(expired, [LeverCall::ExpireCertificate { carrier: "c".into() }]);
        assert_eq!(renewed, [LeverCall::RenewCertificate { carrier: "c".into() }]);
    }
}
