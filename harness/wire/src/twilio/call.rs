//! The Calls API: the form that places an outbound call with its TwiML, the Call resource, and the
//! form posted when a call changes its state.
//!
//! Nothing here runs TwiML: a call that is placed to read a text out carries it in `Say`.

use super::callback::signed;
use super::create::FORM;
use super::{API_VERSION, ErrorBody, authorization};
use bytes::Bytes;
use http::{Method, header};
use serde::{Deserialize, Serialize};
use url::form_urlencoded::{Serializer, parse};

/// Longest TwiML of a create, in characters (Twilio's limit of the `Twiml` parameter).
pub const MAX_TWIML: usize = 4000;

/// The parameters of a create that mean something here; others are read and ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateCall {
    pub to: String,
    pub from: String,
    pub twiml: String,
    pub status_callback: Option<String>,
    /// How long it may ring, in seconds.
    pub timeout_s: Option<u64>,
}

impl CreateCall {
    /// # Errors
    /// The error body that answers the request.
    pub fn parse(form: &[u8]) -> Result<CreateCall, ErrorBody> {
        let mut create = CreateCall::default();
        for (key, value) in parse(form) {
            let value = value.into_owned();
            match &*key {
                "To" => create.to = value,
                "From" => create.from = value,
                "Twiml" => create.twiml = value,
                "StatusCallback" => create.status_callback = Some(value),
                "Timeout" => {
                    let wrong = || ErrorBody::new(400, 21220, "Invalid Timeout");
                    create.timeout_s = Some(value.parse().map_err(|_| wrong())?);
                }
                _ => {}
            }
        }
        match () {
            () if create.to.is_empty() => Err(ErrorBody::new(400, 21201, "No 'To' number given")),
            () if create.from.is_empty() => {
                Err(ErrorBody::new(400, 21213, "A 'From' number is required"))
            }
            () if create.twiml.is_empty() => {
                Err(ErrorBody::new(400, 21205, "Url or Twiml is required"))
            }
            () if create.twiml.chars().count() > MAX_TWIML => {
                Err(ErrorBody::new(400, 21218, "The Twiml is too long"))
            }
            () => Ok(create),
        }
    }

    /// The whole request of a client; `None` for an account that is no header value or path.
    pub fn request(&self, account: &str, secret: &str) -> Option<http::Request<Bytes>> {
        let mut form = Serializer::new(String::with_capacity(256));
        form.append_pair("To", &self.to)
            .append_pair("From", &self.from)
            .append_pair("Twiml", &self.twiml);
        if let Some(url) = &self.status_callback {
            form.append_pair("StatusCallback", url);
        }
        if let Some(seconds) = self.timeout_s {
            form.append_pair("Timeout", &seconds.to_string());
        }
        http::Request::builder()
            .method(Method::POST)
            .uri(calls_path(account))
            .header(header::AUTHORIZATION, authorization(account, secret))
            .header(header::CONTENT_TYPE, FORM)
            .body(Bytes::from(form.finish()))
            .ok()
    }
}

/// TwiML that reads `text` out.
pub fn say(text: &str) -> String {
    let mut twiml = String::with_capacity(text.len() + 50);
    twiml.push_str("<Response><Say>");
    for c in text.chars() {
        match c {
            '<' => twiml.push_str("&lt;"),
            '>' => twiml.push_str("&gt;"),
            '&' => twiml.push_str("&amp;"),
            c => twiml.push(c),
        }
    }
    twiml.push_str("</Say></Response>");
    twiml
}

/// The states of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallStatus {
    Queued,
    Ringing,
    InProgress,
    Completed,
    Busy,
    Failed,
    NoAnswer,
    Canceled,
}

impl CallStatus {
    const ALL: [(CallStatus, &'static str); 8] = [
        (CallStatus::Queued, "queued"),
        (CallStatus::Ringing, "ringing"),
        (CallStatus::InProgress, "in-progress"),
        (CallStatus::Completed, "completed"),
        (CallStatus::Busy, "busy"),
        (CallStatus::Failed, "failed"),
        (CallStatus::NoAnswer, "no-answer"),
        (CallStatus::Canceled, "canceled"),
    ];

    pub fn parse(word: &str) -> Option<CallStatus> {
        Self::ALL.into_iter().find(|(_, known)| *known == word).map(|(status, _)| status)
    }

    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(status, _)| *status == self).map_or("", |(_, word)| word)
    }
}

/// The Call resource, as far as a caller of this API reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    pub sid: String,
    pub account_sid: String,
    pub to: String,
    pub from: String,
    pub status: CallStatus,
    pub direction: String,
    pub date_created: Option<String>,
    pub api_version: String,
    pub uri: String,
}

impl Call {
    /// An outbound call, just placed.
    pub fn outbound(account: &str, sid: &str, to: &str, from: &str, unix_us: u64) -> Call {
        Call {
            sid: sid.to_owned(),
            account_sid: account.to_owned(),
            to: to.to_owned(),
            from: from.to_owned(),
            status: CallStatus::Queued,
            direction: "outbound-api".into(),
            date_created: Some(super::message::date(unix_us)),
            api_version: API_VERSION.into(),
            uri: format!("/{API_VERSION}/Accounts/{account}/Calls/{sid}.json"),
        }
    }
}

/// What a server posts when a call has changed its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallCallback {
    pub call_sid: String,
    pub account_sid: String,
    pub status: CallStatus,
    pub from: String,
    pub to: String,
}

impl CallCallback {
    /// `None` where the sid or a known status is missing.
    pub fn parse(form: &[u8]) -> Option<CallCallback> {
        let (mut sid, mut status) = (None, None);
        let (mut account_sid, mut from, mut to) = Default::default();
        for (key, value) in parse(form) {
            match &*key {
                "CallSid" => sid = Some(value.into_owned()),
                "CallStatus" => status = CallStatus::parse(&value),
                "AccountSid" => account_sid = value.into_owned(),
                "From" => from = value.into_owned(),
                "To" => to = value.into_owned(),
                _ => {}
            }
        }
        Some(CallCallback { call_sid: sid?, account_sid, status: status?, from, to })
    }

    pub fn to_form(&self) -> String {
        Serializer::new(String::with_capacity(256))
            .append_pair("AccountSid", &self.account_sid)
            .append_pair("ApiVersion", API_VERSION)
            .append_pair("CallSid", &self.call_sid)
            .append_pair("CallStatus", self.status.as_str())
            .append_pair("From", &self.from)
            .append_pair("To", &self.to)
            .finish()
    }

    /// The signed request to `url`, and the `host:port` to send it to. `None` for a URL that is not
    /// plain HTTP with a host.
    pub fn request(&self, url: &str, secret: &str) -> Option<(String, http::Request<Bytes>)> {
        signed(url, secret, self.to_form())
    }
}

/// The path of an account's calls.
pub fn calls_path(account: &str) -> String {
    format!("/{API_VERSION}/Accounts/{account}/Calls.json")
}

/// The account of `/2010-04-01/Accounts/{account}/Calls.json`; `None` for every other path.
pub fn account_of(path: &str) -> Option<&str> {
    let account = path.strip_prefix("/2010-04-01/Accounts/")?.strip_suffix("/Calls.json")?;
    (!account.is_empty() && !account.contains('/')).then_some(account)
}

/// `CA` and 32 hexadecimal digits.
pub fn call_sid(number: u128) -> String {
    format!("CA{number:032x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_call_goes_there_and_back() {
        let create = CreateCall {
            to: "+620012345678".into(),
            from: "+15550100".into(),
            twiml: say("Your code is 1 < 2 & more. SQ0001"),
            status_callback: Some("http://app:80/calls/1".into()),
            timeout_s: Some(30),
        };
        assert!(create.twiml.contains("1 &lt; 2 &amp; more"), "{}", create.twiml);
        let request = create.request("AC1", "s").expect("a request");
        assert_eq!(account_of(request.uri().path()), Some("AC1"));
        assert_eq!(CreateCall::parse(request.body()), Ok(create));
    }

    #[test]
    fn what_is_missing_is_named_by_its_code() {
        let code = |form: &str| CreateCall::parse(form.as_bytes()).map_err(|error| error.code);
        assert_eq!(code("From=1&Twiml=x"), Err(21201));
        assert_eq!(code("To=%2B6200123&Twiml=x"), Err(21213));
        assert_eq!(code("To=%2B6200123&From=1"), Err(21205));
        assert_eq!(code("To=%2B6200123&From=1&Twiml=x&Timeout=soon"), Err(21220));
        let long = "x".repeat(MAX_TWIML + 1);
        assert_eq!(code(&format!("To=%2B6200123&From=1&Twiml={long}")), Err(21218));
    }

    #[test]
    fn callbacks_and_states_go_there_and_back() {
        for (status, word) in CallStatus::ALL {
            assert_eq!(CallStatus::parse(word), Some(status));
            assert_eq!(serde_json::to_value(status).expect("a word"), word);
            let callback = CallCallback {
                call_sid: call_sid(7),
                account_sid: "AC1".into(),
                status,
                from: "+1".into(),
                to: "+62".into(),
            };
            assert_eq!(CallCallback::parse(callback.to_form().as_bytes()), Some(callback));
        }
        assert!(CallCallback::parse(b"CallSid=CA1&CallStatus=ringing-off").is_none());
        for path in ["/", "/2010-04-01/Accounts/Calls.json", "/2010-04-01/Accounts/a/b/Calls.json"]
        {
            assert_eq!(account_of(path), None, "{path}");
        }
    }

    proptest! {
        #[test]
        fn random_forms_never_panic(form in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = CreateCall::parse(&form);
            let _ = CallCallback::parse(&form);
        }
    }
}
