//! The Calls API: the form that places an outbound call with its TwiML or the URL of it, the form that
//! ends one, the Call resource, and the form posted when a call changes its state.
//!
//! Nothing here runs TwiML: a call that is placed to read a text out carries it in `Say`.

#[cfg(test)]
mod tests;

use super::callback::signed;
use super::create::FORM;
use super::{API_VERSION, ErrorBody, authorization};
use crate::number::is_number;
use crate::twiml::Method as Asking;
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
    /// The script itself; where it is empty there is a `url`, and where both are given it goes first.
    pub twiml: String,
    /// Where the script is fetched once the call is answered.
    pub url: Option<String>,
    pub method: Asking,
    /// Asked where a script cannot be fetched or run.
    pub fallback_url: Option<String>,
    pub fallback_method: Asking,
    pub status_callback: Option<String>,
    /// How long it may ring, in seconds; up to 600 on Twilio.
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
                "Url" => create.url = Some(value).filter(|url| !url.is_empty()),
                "Method" => create.method = method(&value)?,
                "FallbackUrl" => create.fallback_url = Some(value).filter(|url| !url.is_empty()),
                "FallbackMethod" => create.fallback_method = method(&value)?,
                "StatusCallback" => create.status_callback = Some(value),
                "Timeout" => {
                    let wrong = || ErrorBody::new(400, 21208, "Invalid Timeout");
                    create.timeout_s = Some(value.parse().map_err(|_| wrong())?);
                }
                _ => {}
            }
        }
        create.check()
    }

    fn check(self) -> Result<CreateCall, ErrorBody> {
        match () {
            () if self.to.is_empty() => Err(ErrorBody::new(400, 21201, "No 'To' number given")),
            () if self.from.is_empty() => {
                Err(ErrorBody::new(400, 21213, "A 'From' number is required"))
            }
            () if !is_number(&self.to) => Err(ErrorBody::of(21211)),
            () if self.twiml.is_empty() && self.url.is_none() => {
                Err(ErrorBody::new(400, 21205, "Url or Twiml is required"))
            }
            () if self.twiml.chars().count() > MAX_TWIML => {
                Err(ErrorBody::new(400, 32018, "The Twiml is too long"))
            }
            () => Ok(self),
        }
    }

    /// That the caller is a telephone number, and no name as an SMS may have.
    ///
    /// # Errors
    /// The error body that answers the request.
    pub fn check_caller(&self) -> Result<(), ErrorBody> {
        let wrong = || ErrorBody::new(400, 21212, "Invalid 'From' Phone Number");
        is_number(&self.from).then_some(()).ok_or_else(wrong)
    }

    /// The whole request of a client; `None` for an account that is no header value or path.
    pub fn request(&self, account: &str, secret: &str) -> Option<http::Request<Bytes>> {
        let mut form = Serializer::new(String::with_capacity(256));
        form.append_pair("To", &self.to).append_pair("From", &self.from);
        if !self.twiml.is_empty() {
            form.append_pair("Twiml", &self.twiml);
        }
        if let Some(url) = &self.url {
            form.append_pair("Url", url).append_pair("Method", self.method.as_str());
        }
        if let Some(url) = &self.fallback_url {
            form.append_pair("FallbackUrl", url)
                .append_pair("FallbackMethod", self.fallback_method.as_str());
        }
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

fn method(word: &str) -> Result<Asking, ErrorBody> {
    Asking::parse(word).ok_or_else(|| ErrorBody::new(400, 21209, "Method is GET or POST"))
}

/// What a POST on an existing call asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateCall {
    /// `Status=canceled`: end it unless it was answered.
    Cancel,
    /// `Status=completed`: end it.
    Complete,
}

impl UpdateCall {
    /// # Errors
    /// The error body that answers the request.
    pub fn parse(form: &[u8]) -> Result<UpdateCall, ErrorBody> {
        let status = parse(form).find(|(key, _)| key == "Status").map(|(_, status)| status);
        match status.as_deref() {
            Some("canceled") => Ok(UpdateCall::Cancel),
            Some("completed") => Ok(UpdateCall::Complete),
            _ => Err(ErrorBody::new(400, 20001, "Only Status=completed or canceled can be set")),
        }
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallStatus {
    #[default]
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

    /// No other state follows.
    pub fn is_final(self) -> bool {
        !matches!(self, CallStatus::Queued | CallStatus::Ringing | CallStatus::InProgress)
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
            uri: call_path(account, sid),
        }
    }
}

/// What a server posts when a call has changed its state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallCallback {
    pub call_sid: String,
    pub account_sid: String,
    pub status: CallStatus,
    pub from: String,
    pub to: String,
    /// Why the script of a call that failed could not be run.
    pub error_code: Option<u32>,
}

impl CallCallback {
    /// `None` where the sid or a known status is missing.
    pub fn parse(form: &[u8]) -> Option<CallCallback> {
        let (mut sid, mut status) = (None, None);
        let (mut account_sid, mut from, mut to) = Default::default();
        let mut error_code = None;
        for (key, value) in parse(form) {
            match &*key {
                "CallSid" => sid = Some(value.into_owned()),
                "CallStatus" => status = CallStatus::parse(&value),
                "AccountSid" => account_sid = value.into_owned(),
                "From" => from = value.into_owned(),
                "To" => to = value.into_owned(),
                "ErrorCode" => error_code = value.parse().ok(),
                _ => {}
            }
        }
        Some(CallCallback { call_sid: sid?, account_sid, status: status?, from, to, error_code })
    }

    pub fn to_form(&self) -> String {
        self.form().finish()
    }

    /// The parameters that every request about a call carries; more can be added.
    pub(super) fn form(&self) -> Serializer<'static, String> {
        let mut form = Serializer::new(String::with_capacity(256));
        form.append_pair("AccountSid", &self.account_sid)
            .append_pair("ApiVersion", API_VERSION)
            .append_pair("CallSid", &self.call_sid)
            .append_pair("CallStatus", self.status.as_str())
            .append_pair("From", &self.from)
            .append_pair("To", &self.to);
        if let Some(code) = self.error_code {
            form.append_pair("ErrorCode", &code.to_string());
        }
        form
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

/// The path of one call.
pub fn call_path(account: &str, sid: &str) -> String {
    format!("/{API_VERSION}/Accounts/{account}/Calls/{sid}.json")
}

/// The account of `/2010-04-01/Accounts/{account}/Calls.json`; `None` for every other path.
pub fn account_of(path: &str) -> Option<&str> {
    let account = path.strip_prefix("/2010-04-01/Accounts/")?.strip_suffix("/Calls.json")?;
    (!account.is_empty() && !account.contains('/')).then_some(account)
}

/// Account and sid of [`call_path`]; `None` for every other path.
pub fn sid_of(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix("/2010-04-01/Accounts/")?.strip_suffix(".json")?;
    let (account, sid) = rest.split_once("/Calls/")?;
    let plain = |part: &str| !part.is_empty() && !part.contains('/');
    (plain(account) && plain(sid)).then_some((account, sid))
}

/// `CA` and 32 hexadecimal digits.
pub fn call_sid(number: u128) -> String {
    format!("CA{number:032x}")
}

/// The number of its written form.
pub fn read_call_sid(text: &str) -> Option<u128> {
    let digits = text.strip_prefix("CA").filter(|digits| digits.len() == 32)?;
    // A sign is no digit, whatever the reader of numbers takes.
    let digits = Some(digits).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u128::from_str_radix(digits, 16).ok()
}
