//! Kannel's sendsms interface: submit by GET, receipts by GET to the address of each message.
//!
//! An answer begins with a number: 0 and 3 mean that the message is Kannel's from now on (user guide
//! 1.4.5, "Delivery report values" and "sendsms"); anything else stays the sender's.

use super::{Ingress, Submission};
use crate::stage::config::Credentials;
use http::{Method, Uri};
use squall_model::fact::{Answer, ReceiptState};
use squall_wire::http::{Request, Response, reply};
use std::collections::BTreeMap;

const PATH: &str = "/cgi-bin/sendsms";
const FROM: &str = "Squall";
/// Every kind of report: delivered, failed, buffered, accepted and rejected by the carrier.
const ALL_REPORTS: &str = "31";
/// What Kannel fills in when it calls back: the kind of report, and the carrier's own words.
const REPORT: &str = "?kind=%d&said=%A";

pub(crate) struct Kannel {
    user: String,
    password: String,
}

impl Kannel {
    pub(crate) fn new(credentials: &Credentials) -> Self {
        Kannel { user: credentials.account.clone(), password: credentials.secret.clone() }
    }
}

impl Ingress for Kannel {
    fn request(&self, submission: &Submission<'_>) -> Result<Request, String> {
        let callback = format!("{}{REPORT}", submission.callback);
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("username", &self.user)
            .append_pair("password", &self.password)
            .append_pair("from", FROM)
            .append_pair("to", submission.to)
            .append_pair("text", submission.text)
            .append_pair("dlr-mask", ALL_REPORTS)
            .append_pair("dlr-url", &callback)
            .finish();
        let uri: Uri = format!("{PATH}?{query}").parse().map_err(|_| "no address".to_owned())?;
        http::Request::builder()
            .method(Method::GET)
            .uri(uri)
            .body(bytes::Bytes::new())
            .map_err(|error| error.to_string())
    }

    fn answer(&self, response: &Response) -> Answer {
        let text = String::from_utf8_lossy(response.body());
        let code = text.split(':').next().map(str::trim).unwrap_or_default();
        match (response.status().is_success(), code) {
            (true, "0" | "3") => Answer::Accepted,
            (_, code) if !code.is_empty() && code.len() <= 3 => Answer::Rejected(code.to_owned()),
            _ => Answer::Rejected(response.status().as_u16().to_string()),
        }
    }

    fn receipts_by(&self) -> Method {
        Method::GET
    }

    fn receipt(&self, request: &Request) -> Option<ReceiptState> {
        let query = request.uri().query()?;
        let pairs: BTreeMap<_, _> = url::form_urlencoded::parse(query.as_bytes()).collect();
        match pairs.get("kind")?.as_ref() {
            "1" => Some(ReceiptState::Delivered),
            "2" | "16" => {
                let expired = pairs.get("said").is_some_and(|said| said.contains("stat:EXPIRED"));
                Some(if expired { ReceiptState::Expired } else { ReceiptState::Failed })
            }
            _ => None,
        }
    }

    /// It takes 200 and 202 for thanks.
    fn thanks(&self) -> Response {
        reply::text(http::StatusCode::OK, "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::StatusCode;

    fn kannel() -> Kannel {
        Kannel::new(&Credentials { account: "AC1".into(), secret: "s & t".into() })
    }

    #[test]
    fn a_submission_carries_everything_in_its_query() {
        let submission = Submission {
            m: 1,
            to: "+62001",
            text: "12 34 & more",
            callback: "http://s/receipts/x",
        };
        let request = kannel().request(&submission).expect("a request");
        assert_eq!((request.method(), request.uri().path()), (&Method::GET, PATH));
        let query = request.uri().query().expect("a query");
        let pairs: BTreeMap<_, _> = url::form_urlencoded::parse(query.as_bytes()).collect();
        let is = |key: &str| pairs.get(key).map(|value| value.to_string()).unwrap_or_default();
        assert_eq!((is("to"), is("text")), ("+62001".into(), "12 34 & more".into()));
        assert_eq!((is("username"), is("password")), ("AC1".into(), "s & t".into()));
        assert_eq!(is("dlr-url"), "http://s/receipts/x?kind=%d&said=%A");
    }

    #[test]
    fn what_it_keeps_is_accepted_and_what_it_does_not_is_refused_with_its_number() {
        let answer = |status: StatusCode, body: &'static str| {
            let mut response = Response::new(Bytes::from_static(body.as_bytes()));
            *response.status_mut() = status;
            kannel().answer(&response)
        };
        let refused = |code: &str| Answer::Rejected(code.to_owned());
        assert_eq!(answer(StatusCode::ACCEPTED, "0: Accepted for delivery"), Answer::Accepted);
        assert_eq!(answer(StatusCode::ACCEPTED, "3: Queued for later delivery"), Answer::Accepted);
        assert_eq!(answer(StatusCode::FORBIDDEN, "1: Authorization failed"), refused("1"));
        let unavailable = StatusCode::SERVICE_UNAVAILABLE;
        assert_eq!(answer(unavailable, "2: Temporal failure, try again later."), refused("2"));
        assert_eq!(answer(unavailable, ""), refused("503"));
        assert_eq!(answer(StatusCode::OK, "<html>anybody's page</html>"), refused("200"));
    }

    #[test]
    fn only_final_reports_are_receipts() {
        let read = |query: &str| {
            let request = http::Request::get(format!("/receipts/x?{query}"));
            kannel().receipt(&request.body(Bytes::new()).expect("a request"))
        };
        assert_eq!(read("kind=1&said=id%3A1+stat%3ADELIVRD"), Some(ReceiptState::Delivered));
        assert_eq!(read("kind=2&said=id%3A1+stat%3AUNDELIV"), Some(ReceiptState::Failed));
        assert_eq!(read("kind=2&said=id%3A1+stat%3AEXPIRED"), Some(ReceiptState::Expired));
        assert_eq!(read("kind=16&said=NACK%2F11"), Some(ReceiptState::Failed));
        for under_way in ["kind=8&said=ACK", "kind=4&said=", "said=x", ""] {
            assert_eq!(read(under_way), None, "{under_way}");
        }
    }
}
