//! Jasmin's HTTP interface: submit by GET, receipts by GET to the address of each message.
//!
//! `Success` means that the message lies in Jasmin's queue; anything else stays the sender's. Of each
//! message come two receipts: at level 1 the uplink's answer to its submit, at level 2 the carrier's own
//! ("HTTP API" of the manual of 0.11, "Sending SMS-MT" and "Receiving DLR").

use super::{Ingress, Submission};
use crate::stage::config::Credentials;
use http::{Method, Uri};
use squall_model::fact::{Answer, ReceiptState};
use squall_wire::http::{Request, Response, reply};
use squall_wire::smpp;
use std::collections::BTreeMap;

const PATH: &str = "/send";
const FROM: &str = "Squall";
/// Both the uplink's answer and the carrier's receipt.
const ALL_LEVELS: &str = "3";
/// Of an uplink's answer that is no refusal.
const TAKEN: &str = "ESME_ROK";

pub(crate) struct Jasmin {
    user: String,
    password: String,
}

impl Jasmin {
    /// A user's name and password are as long as SMPP takes them, for it may also bind.
    pub(crate) fn new(credentials: &Credentials) -> Self {
        let (user, password) = smpp::credentials(&credentials.account, &credentials.secret);
        Jasmin { user: user.to_owned(), password: password.to_owned() }
    }
}

impl Ingress for Jasmin {
    fn request(&self, submission: &Submission<'_>) -> Result<Request, String> {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("username", &self.user)
            .append_pair("password", &self.password)
            .append_pair("from", FROM)
            .append_pair("to", submission.to)
            .append_pair("content", submission.text)
            .append_pair("dlr", "yes")
            .append_pair("dlr-level", ALL_LEVELS)
            .append_pair("dlr-method", "GET")
            .append_pair("dlr-url", submission.callback)
            .finish();
        let uri: Uri = format!("{PATH}?{query}").parse().map_err(|_| "no address".to_owned())?;
        http::Request::builder()
            .method(Method::GET)
            .uri(uri)
            .body(bytes::Bytes::new())
            .map_err(|error| error.to_string())
    }

    fn answer(&self, response: &Response) -> Answer {
        match response.status().is_success() && response.body().starts_with(b"Success ") {
            true => Answer::Accepted,
            false => Answer::Rejected(response.status().as_u16().to_string()),
        }
    }

    fn receipts_by(&self) -> Method {
        Method::GET
    }

    /// A refusal by the uplink is final: Jasmin calls back at level 1 only once it tries no more.
    fn receipt(&self, request: &Request) -> Option<ReceiptState> {
        let query = request.uri().query()?;
        let pairs: BTreeMap<_, _> = url::form_urlencoded::parse(query.as_bytes()).collect();
        match (pairs.get("level")?.as_ref(), pairs.get("message_status")?.as_ref()) {
            ("1", TAKEN) => None,
            ("1", _) => Some(ReceiptState::Failed),
            (_, "DELIVRD") => Some(ReceiptState::Delivered),
            (_, "EXPIRED") => Some(ReceiptState::Expired),
            (_, "UNDELIV" | "REJECTD" | "DELETED" | "UNKNOWN") => Some(ReceiptState::Failed),
            _ => None,
        }
    }

    /// Without these very words it calls again.
    fn thanks(&self) -> Response {
        reply::text(http::StatusCode::OK, "ACK/Jasmin")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::StatusCode;

    fn jasmin() -> Jasmin {
        let (account, secret) = ("AC34567890123456", "s & t678-");
        Jasmin::new(&Credentials { account: account.into(), secret: secret.into() })
    }

    #[test]
    fn a_submission_carries_everything_in_its_query() {
        let submission = Submission {
            m: 1,
            to: "+62001",
            text: "12 34 & more",
            callback: "http://s/receipts/x",
        };
        let request = jasmin().request(&submission).expect("a request");
        assert_eq!((request.method(), request.uri().path()), (&Method::GET, PATH));
        let query = request.uri().query().expect("a query");
        let pairs: BTreeMap<_, _> = url::form_urlencoded::parse(query.as_bytes()).collect();
        let is = |key: &str| pairs.get(key).map(|value| value.to_string()).unwrap_or_default();
        assert_eq!((is("to"), is("content")), ("+62001".into(), "12 34 & more".into()));
        assert_eq!((is("username"), is("password")), ("AC3456789012345".into(), "s & t678".into()));
        assert_eq!(
            (is("dlr"), is("dlr-level"), is("dlr-method")),
            ("yes".into(), "3".into(), "GET".into())
        );
        assert_eq!(is("dlr-url"), "http://s/receipts/x");
    }

    #[test]
    fn what_is_queued_is_accepted_and_what_is_not_is_refused_with_its_status() {
        let answer = |status: StatusCode, body: &'static str| {
            let mut response = Response::new(Bytes::from_static(body.as_bytes()));
            *response.status_mut() = status;
            jasmin().answer(&response)
        };
        let refused = |code: &str| Answer::Rejected(code.to_owned());
        let id = "Success \"f312890d-b82f-440b-8eb2-72c2bbbb7d0e\"";
        assert_eq!(answer(StatusCode::OK, id), Answer::Accepted);
        let no_user = "Error \"Authentication failure for username:x\"";
        assert_eq!(answer(StatusCode::FORBIDDEN, no_user), refused("403"));
        assert_eq!(
            answer(StatusCode::PRECONDITION_FAILED, "Error \"No route found\""),
            refused("412")
        );
        assert_eq!(answer(StatusCode::INTERNAL_SERVER_ERROR, id), refused("500"));
        assert_eq!(answer(StatusCode::OK, "<html>anybody's page</html>"), refused("200"));
    }

    #[test]
    fn an_uplink_that_took_it_is_no_receipt_and_one_that_refused_it_is() {
        let read = |query: &str| {
            let request = http::Request::get(format!("/receipts/x?{query}"));
            jasmin().receipt(&request.body(Bytes::new()).expect("a request"))
        };
        let state =
            |level: u8, status: &str| read(&format!("id=f3&level={level}&message_status={status}"));
        assert_eq!(state(1, "ESME_ROK"), None);
        assert_eq!(state(1, "ESME_RSYSERR"), Some(ReceiptState::Failed));
        assert_eq!(state(2, "DELIVRD"), Some(ReceiptState::Delivered));
        assert_eq!(state(3, "UNDELIV"), Some(ReceiptState::Failed));
        assert_eq!(state(2, "EXPIRED"), Some(ReceiptState::Expired));
        for under_way in ["level=2&message_status=ACCEPTD", "message_status=DELIVRD", "level=2", ""]
        {
            assert_eq!(read(under_way), None, "{under_way}");
        }
        assert_eq!(jasmin().thanks().body(), "ACK/Jasmin");
    }
}
