//! The plain JSON API of `wire::json_api`: create by POST, receipts by POST to the callback.
//!
//! The word of a refusal's body is its code; a body without one leaves the HTTP status.

use super::{Ingress, Submission};
use crate::stage::config::Credentials;
use squall_model::fact::{Answer, ReceiptState};
use squall_model::units::Micros;
use squall_wire::http::{Request, Response};
use squall_wire::json_api::{Create, Receipt, Refusal, Status};

/// Who the messages are from.
const FROM: &str = "Squall";

pub(crate) struct Json {
    secret: String,
    validity_s: Option<u64>,
}

impl Json {
    pub(crate) fn new(credentials: &Credentials, validity: Option<Micros>) -> Self {
        // Whole seconds, at least one.
        let validity_s = validity.map(|validity| validity.as_millis().div_ceil(1000).max(1));
        Json { secret: credentials.secret.clone(), validity_s }
    }
}

impl Ingress for Json {
    fn request(&self, submission: &Submission<'_>) -> Result<Request, String> {
        let create = Create {
            to: submission.to.to_owned(),
            from: FROM.to_owned(),
            text: submission.text.to_owned(),
            callback: Some(submission.callback.to_owned()),
            validity_s: self.validity_s,
        };
        create.request(&self.secret).ok_or_else(|| "the secret is no header value".to_owned())
    }

    fn answer(&self, response: &Response) -> Answer {
        if response.status().is_success() {
            return Answer::Accepted;
        }
        let refusal = Refusal::parse(response.status(), response.body());
        let code = refusal.map(|refusal| refusal.code.as_str().to_owned());
        Answer::Rejected(code.unwrap_or_else(|| response.status().as_u16().to_string()))
    }

    fn receipt(&self, request: &Request) -> Option<ReceiptState> {
        match Receipt::parse(request.body())?.status {
            Status::Delivered => Some(ReceiptState::Delivered),
            Status::Failed => Some(ReceiptState::Failed),
            Status::Expired => Some(ReceiptState::Expired),
            Status::Accepted => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use squall_wire::json_api::Why;

    fn json(validity: Option<Micros>) -> Json {
        Json::new(&Credentials { account: "AC1".into(), secret: "s".into() }, validity)
    }

    #[test]
    fn a_submission_reads_as_what_it_was_made_of() {
        let submission =
            Submission { m: 1, to: "+62001", text: "12 34 & more", callback: "http://s/1" };
        let request = json(Some(Micros::from_millis(1500))).request(&submission).expect("one");
        let create = Create::parse(request.body()).expect("a create");
        assert_eq!((create.to.as_str(), create.text.as_str()), ("+62001", "12 34 & more"));
        assert_eq!((create.callback.as_deref(), create.validity_s), (Some("http://s/1"), Some(2)));
    }

    #[test]
    fn refusals_carry_the_word_or_the_status() {
        let mut response = Refusal::of(Why::QueueFull).answer();
        assert_eq!(json(None).answer(&response), Answer::Rejected("queue_full".into()));
        *response.body_mut() = Bytes::from_static(b"<html>");
        assert_eq!(json(None).answer(&response), Answer::Rejected("503".into()));
        *response.status_mut() = http::StatusCode::ACCEPTED;
        assert_eq!(json(None).answer(&response), Answer::Accepted);
    }

    #[test]
    fn only_final_states_are_receipts() {
        let read = |status| {
            let receipt = Receipt { id: "m".into(), to: "+62001".into(), status, code: None };
            let (_, request) = receipt.request("http://s/1").expect("a request");
            json(None).receipt(&request)
        };
        assert_eq!(read(Status::Delivered), Some(ReceiptState::Delivered));
        assert_eq!(read(Status::Failed), Some(ReceiptState::Failed));
        assert_eq!(read(Status::Expired), Some(ReceiptState::Expired));
        assert_eq!(read(Status::Accepted), None);
    }
}
