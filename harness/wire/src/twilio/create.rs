//! The form that creates a message, and the one that changes it.

use crate::number;
use crate::twilio::{ErrorBody, authorization, messages_path};
use bytes::Bytes;
use http::{Method, header};
use url::form_urlencoded::{Serializer, parse};

pub const FORM: &str = "application/x-www-form-urlencoded";

/// Longest body of a message, in characters.
pub const MAX_BODY: usize = 1600;

/// The parameters of a create that mean something here; others are read and ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Create {
    pub to: String,
    pub from: String,
    pub messaging_service_sid: Option<String>,
    pub body: String,
    pub status_callback: Option<String>,
    pub validity_period_s: Option<u64>,
    pub media: u32,
}

impl Create {
    /// Reads a form body.
    ///
    /// # Errors
    /// The error body that answers the request.
    pub fn parse(form: &[u8]) -> Result<Create, ErrorBody> {
        let mut create = Create::default();
        for (key, value) in parse(form) {
            let value = value.into_owned();
            match &*key {
                "To" => create.to = value,
                "From" => create.from = value,
                "MessagingServiceSid" => create.messaging_service_sid = Some(value),
                "Body" => create.body = value,
                "StatusCallback" => create.status_callback = Some(value),
                "ValidityPeriod" => {
                    let wrong = || ErrorBody::new(400, 21626, "Invalid ValidityPeriod");
                    create.validity_period_s = Some(value.parse().map_err(|_| wrong())?);
                }
                "MediaUrl" => create.media += 1,
                _ => {}
            }
        }
        create.check()
    }

    fn check(self) -> Result<Create, ErrorBody> {
        if self.to.is_empty() {
            return Err(ErrorBody::of(21604));
        }
        if !is_number(&self.to) {
            return Err(ErrorBody::of(21211));
        }
        if self.from.is_empty() && self.messaging_service_sid.is_none() {
            return Err(ErrorBody::of(21603));
        }
        if self.body.is_empty() && self.media == 0 {
            return Err(ErrorBody::of(21602));
        }
        // Counting characters is only needed where there are octets enough.
        if self.body.len() > MAX_BODY && self.body.chars().count() > MAX_BODY {
            return Err(ErrorBody::of(21617));
        }
        Ok(self)
    }

    pub fn to_form(&self) -> String {
        let mut form = Serializer::new(String::with_capacity(256));
        form.append_pair("To", &self.to);
        if !self.from.is_empty() {
            form.append_pair("From", &self.from);
        }
        form.append_pair("Body", &self.body);
        if let Some(sid) = &self.messaging_service_sid {
            form.append_pair("MessagingServiceSid", sid);
        }
        if let Some(url) = &self.status_callback {
            form.append_pair("StatusCallback", url);
        }
        if let Some(seconds) = self.validity_period_s {
            form.append_pair("ValidityPeriod", &seconds.to_string());
        }
        form.finish()
    }

    /// The whole request of a client; `None` for an account that is no header value or path.
    pub fn request(&self, account: &str, secret: &str) -> Option<http::Request<Bytes>> {
        http::Request::builder()
            .method(Method::POST)
            .uri(messages_path(account))
            .header(header::AUTHORIZATION, authorization(account, secret))
            .header(header::CONTENT_TYPE, FORM)
            .body(Bytes::from(self.to_form()))
            .ok()
    }
}

/// E.164, a short code, or another channel's address (`whatsapp:+…`).
fn is_number(to: &str) -> bool {
    number::is_number(to.rsplit_once(':').map_or(to, |(_, number)| number))
}

/// What a POST on an existing message asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    /// `Status=canceled`
    Cancel,
    /// `Body=`
    Redact,
}

impl Update {
    /// # Errors
    /// The error body that answers the request.
    pub fn parse(form: &[u8]) -> Result<Update, ErrorBody> {
        let wrong = ErrorBody::new(400, 20001, "Only Status=canceled or an empty Body can be set");
        for (key, value) in parse(form) {
            match (&*key, &*value) {
                ("Status", "canceled") => return Ok(Update::Cancel),
                ("Body", "") => return Ok(Update::Redact),
                _ => {}
            }
        }
        Err(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn create() -> Create {
        Create {
            to: "+620012345678".into(),
            from: "+15550100".into(),
            messaging_service_sid: None,
            body: "Kode & Anda = 1+1 é 😀".into(),
            status_callback: Some("http://sender:80/cb?x=1".into()),
            validity_period_s: Some(60),
            media: 0,
        }
    }

    #[test]
    fn a_form_goes_there_and_back() {
        assert_eq!(Create::parse(create().to_form().as_bytes()), Ok(create()));
        let request = create().request("AC1", "s").expect("a request");
        assert_eq!(request.uri().path(), "/2010-04-01/Accounts/AC1/Messages.json");
    }

    #[test]
    fn what_is_missing_is_named_by_its_code() {
        let code = |form: &str| Create::parse(form.as_bytes()).map_err(|error| error.code);
        assert_eq!(code("From=1&Body=x"), Err(21604));
        assert_eq!(code("To=abc&From=1&Body=x"), Err(21211));
        assert_eq!(code("To=%2B620012345&Body=x"), Err(21603));
        assert_eq!(code("To=%2B620012345&From=1"), Err(21602));
        assert_eq!(code("To=%2B620012345&From=1&Body=x&ValidityPeriod=soon"), Err(21626));
        let long = "x".repeat(1601);
        assert_eq!(code(&format!("To=%2B620012345&From=1&Body={long}")), Err(21617));
        assert!(code("To=%2B620012345&MessagingServiceSid=MG1&Body=x").is_ok());
    }

    #[test]
    fn updates_are_told_apart() {
        assert_eq!(Update::parse(b"Status=canceled"), Ok(Update::Cancel));
        assert_eq!(Update::parse(b"Body="), Ok(Update::Redact));
        assert!(Update::parse(b"Body=new").is_err());
    }

    proptest! {
        #[test]
        fn random_forms_never_panic(form in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Create::parse(&form);
            let _ = Update::parse(&form);
        }
    }
}
