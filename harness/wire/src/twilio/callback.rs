//! Status callbacks: the form a server posts when a message changes its state.

use crate::http::url::target;
use crate::twilio::create::FORM;
use crate::twilio::{API_VERSION, Status, signature};
use bytes::Bytes;
use http::{Method, header};
use url::form_urlencoded::{Serializer, parse};

pub const SIGNATURE: &str = "X-Twilio-Signature";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    pub message_sid: String,
    pub account_sid: String,
    pub status: Status,
    pub from: String,
    pub to: String,
    /// On failed and undelivered.
    pub error_code: Option<u32>,
}

impl Callback {
    pub fn to_form(&self) -> String {
        let status = self.status.as_str();
        let mut form = Serializer::new(String::with_capacity(256));
        form.append_pair("AccountSid", &self.account_sid)
            .append_pair("ApiVersion", API_VERSION)
            .append_pair("From", &self.from)
            .append_pair("MessageSid", &self.message_sid)
            .append_pair("MessageStatus", status)
            .append_pair("SmsSid", &self.message_sid)
            .append_pair("SmsStatus", status)
            .append_pair("To", &self.to);
        if let Some(code) = self.error_code {
            form.append_pair("ErrorCode", &code.to_string());
        }
        form.finish()
    }

    /// `None` where the sid or a known status is missing.
    pub fn parse(form: &[u8]) -> Option<Callback> {
        let (mut sid, mut account, mut status) = (None, String::new(), None);
        let (mut from, mut to, mut error_code) = (String::new(), String::new(), None);
        for (key, value) in parse(form) {
            match &*key {
                "MessageSid" => sid = Some(value.into_owned()),
                "SmsSid" if sid.is_none() => sid = Some(value.into_owned()),
                "MessageStatus" => status = Status::parse(&value),
                "SmsStatus" if status.is_none() => status = Status::parse(&value),
                "AccountSid" => account = value.into_owned(),
                "From" => from = value.into_owned(),
                "To" => to = value.into_owned(),
                "ErrorCode" => error_code = value.parse().ok(),
                _ => {}
            }
        }
        Some(Callback {
            message_sid: sid?,
            account_sid: account,
            status: status?,
            from,
            to,
            error_code,
        })
    }

    /// [`signed`] with this callback's form.
    pub fn request(&self, url: &str, secret: &str) -> Option<(String, http::Request<Bytes>)> {
        signed(url, secret, self.to_form())
    }
}

/// The signed request that posts `form` to `url`, and the `host:port` to send it to. `None` for a
/// URL that is not plain HTTP with a host.
pub(super) fn signed(
    url: &str,
    secret: &str,
    form: String,
) -> Option<(String, http::Request<Bytes>)> {
    let (address, target) = target(url)?;
    let request = http::Request::builder()
        .method(Method::POST)
        .uri(target)
        .header(header::HOST, &address)
        .header(header::CONTENT_TYPE, FORM)
        .header(SIGNATURE, signature::of_form(secret, url, form.as_bytes()))
        .body(Bytes::from(form))
        .ok()?;
    Some((address, request))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn callback() -> Callback {
        Callback {
            message_sid: "SM1".into(),
            account_sid: "AC1".into(),
            status: Status::Undelivered,
            from: "+15550100".into(),
            to: "+62001".into(),
            error_code: Some(30003),
        }
    }

    #[test]
    fn a_callback_goes_there_and_back_signed() {
        assert_eq!(Callback::parse(callback().to_form().as_bytes()), Some(callback()));
        let url = "http://gateway-1:7001/status?m=1";
        let (address, request) = callback().request(url, "secret").expect("a request");
        assert_eq!(address, "gateway-1:7001");
        assert_eq!(request.uri(), "/status?m=1");
        let given = request.headers()[SIGNATURE].to_str().expect("text");
        assert!(signature::verify("secret", url, request.body(), given));
        assert!(!signature::verify("other", url, request.body(), given));
        assert!(callback().request("ftp://x/", "s").is_none());
    }

    proptest! {
        #[test]
        fn random_forms_never_panic(form in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Callback::parse(&form);
        }
    }
}
