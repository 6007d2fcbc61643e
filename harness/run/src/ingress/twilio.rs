//! Twilio's Messages API (2010-04-01): form-encoded create, status callbacks by POST.
//!
//! The error code of an error body is the refusal's code; a body without one leaves the HTTP status.

use super::{Ingress, Submission};
use crate::stage::config::Credentials;
use base64::Engine as _;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Method, Uri};
use serde::Deserialize;
use squall_model::fact::{Answer, ReceiptState};
use squall_model::units::Micros;
use squall_wire::http::{Request, Response};

/// Twilio's own magic test number for a valid sender.
const FROM: &str = "%2B15005550006";
/// "Validity Period Expired", Twilio's error 30036.
const EXPIRED: &str = "30036";

pub(crate) struct Twilio {
    path: String,
    authorization: String,
    /// The end of the form, the same for every message.
    tail: String,
}

#[derive(Deserialize)]
struct ErrorBody {
    code: Option<u64>,
}

impl Twilio {
    pub(crate) fn new(credentials: &Credentials, validity: Option<Micros>) -> Self {
        let pair = format!("{}:{}", credentials.account, credentials.secret);
        let basic = base64::engine::general_purpose::STANDARD.encode(pair);
        // ValidityPeriod is whole seconds, at least one.
        let tail = validity.map_or(String::new(), |validity| {
            format!("&ValidityPeriod={}", validity.as_millis().div_ceil(1000).max(1))
        });
        Twilio {
            path: format!("/2010-04-01/Accounts/{}/Messages.json", credentials.account),
            authorization: format!("Basic {basic}"),
            tail,
        }
    }
}

impl Ingress for Twilio {
    fn request(&self, submission: &Submission<'_>) -> Result<Request, String> {
        let mut form = String::with_capacity(256);
        form.push_str("To=");
        encode(submission.to, &mut form);
        form.push_str("&From=");
        form.push_str(FROM);
        form.push_str("&Body=");
        encode(submission.text, &mut form);
        form.push_str("&StatusCallback=");
        encode(submission.callback, &mut form);
        form.push_str(&self.tail);
        let mut request = Request::new(Bytes::from(form));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = Uri::try_from(&self.path).map_err(|error| error.to_string())?;
        let authorization =
            HeaderValue::from_str(&self.authorization).map_err(|error| error.to_string())?;
        request.headers_mut().insert(AUTHORIZATION, authorization);
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, form);
        Ok(request)
    }

    fn answer(&self, response: &Response) -> Answer {
        answer(response)
    }

    fn receipt(&self, request: &Request) -> Option<ReceiptState> {
        let form = std::str::from_utf8(request.body()).ok()?;
        match field(form, "MessageStatus")? {
            "delivered" | "read" => Some(ReceiptState::Delivered),
            "failed" | "undelivered" | "canceled" => match field(form, "ErrorCode") {
                Some(EXPIRED) => Some(ReceiptState::Expired),
                _ => Some(ReceiptState::Failed),
            },
            _ => None,
        }
    }
}

/// What an answer of any of Twilio's APIs means.
pub(super) fn answer(response: &Response) -> Answer {
    if response.status().is_success() {
        return Answer::Accepted;
    }
    let code = serde_json::from_slice::<ErrorBody>(response.body()).ok().and_then(|b| b.code);
    let status = u64::from(response.status().as_u16());
    Answer::Rejected(code.unwrap_or(status).to_string())
}

/// A field whose value needs no decoding, as statuses and codes do not.
fn field<'a>(form: &'a str, name: &str) -> Option<&'a str> {
    form.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

fn encode(text: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => {
                out.push(byte as char);
            }
            b' ' => out.push('+'),
            _ => {
                out.push('%');
                out.push(HEX[usize::from(byte >> 4)] as char);
                out.push(HEX[usize::from(byte & 15)] as char);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;

    fn twilio(validity: Option<Micros>) -> Twilio {
        let credentials = Credentials { account: "AC1".into(), secret: "s".into() };
        Twilio::new(&credentials, validity)
    }

    fn callback(form: &'static str) -> Request {
        Request::new(Bytes::from_static(form.as_bytes()))
    }

    #[test]
    fn a_submission_is_a_form_that_decodes_to_itself() {
        let submission = Submission {
            m: 1,
            to: "+62001",
            text: "Your code: 12 34 & more",
            callback: "http://127.0.0.1:80/receipts/SQ1",
        };
        let request = twilio(Some(Micros::from_millis(1500))).request(&submission).unwrap();
        assert_eq!(request.uri().path(), "/2010-04-01/Accounts/AC1/Messages.json");
        assert_eq!(request.headers()[AUTHORIZATION], "Basic QUMxOnM=");
        assert_eq!(
            std::str::from_utf8(request.body()).unwrap(),
            "To=%2B62001&From=%2B15005550006&Body=Your+code%3A+12+34+%26+more\
             &StatusCallback=http%3A%2F%2F127.0.0.1%3A80%2Freceipts%2FSQ1&ValidityPeriod=2"
        );
    }

    #[test]
    fn refusals_carry_the_vendors_code_or_the_status() {
        let mut response = Response::new(Bytes::from_static(b"{\"code\":20429,\"status\":429}"));
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        assert_eq!(twilio(None).answer(&response), Answer::Rejected("20429".into()));
        *response.body_mut() = Bytes::from_static(b"<html>");
        assert_eq!(twilio(None).answer(&response), Answer::Rejected("429".into()));
        *response.status_mut() = StatusCode::CREATED;
        assert_eq!(twilio(None).answer(&response), Answer::Accepted);
    }

    #[test]
    fn only_final_states_are_receipts() {
        let read = |form| twilio(None).receipt(&callback(form));
        assert_eq!(read("MessageSid=SM1&MessageStatus=delivered"), Some(ReceiptState::Delivered));
        assert_eq!(read("MessageStatus=failed&ErrorCode=30036"), Some(ReceiptState::Expired));
        assert_eq!(read("MessageStatus=undelivered&ErrorCode=30008"), Some(ReceiptState::Failed));
        assert_eq!(read("MessageStatus=sent"), None);
        assert_eq!(read("SmsStatus=delivered"), None);
    }
}
