//! The submit: from, to, text and what goes with them, as a JSON object or a form.

use super::fields::{self, Fields};
use super::{JSON, PATH, Refusal, status};
use crate::http::authorization::{basic, carries};
use crate::number::is_number;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, header};
use serde::Serialize;

/// The parameters that mean something here; others are read and ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Create {
    /// As it came; clients of the API leave out the `+` of E.164.
    pub to: String,
    pub from: String,
    pub text: String,
    /// `status-report-req`: whether a receipt is wanted. It is where nothing is said.
    pub receipt: bool,
    /// Where the receipt goes; the vendor has one for the account too, which is not modelled.
    pub callback: Option<String>,
    pub client_ref: Option<String>,
    pub ttl_ms: Option<u64>,
    /// Key and secret where they came with the other fields and not as HTTP Basic.
    pub credentials: Option<(String, String)>,
}

/// What a client sends, under the API's names.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Body<'a> {
    #[serde(rename = "api_key")]
    key: &'a str,
    #[serde(rename = "api_secret")]
    secret: &'a str,
    to: &'a str,
    from: &'a str,
    text: &'a str,
    r#type: &'a str,
    status_report_req: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_ref: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<u64>,
}

impl Create {
    /// Reads a request.
    ///
    /// # Errors
    /// The refusal that answers it.
    pub fn parse(request: &Request<Bytes>) -> Result<Create, Refusal> {
        let unread = || Refusal::because(status::INVALID, "Cannot read the body");
        let mut fields = fields::read(request).ok_or_else(unread)?;
        let credentials = match (fields.remove("api_key"), fields.remove("api_secret")) {
            (None, None) => None,
            (key, secret) => Some((key.unwrap_or_default(), secret.unwrap_or_default())),
        };
        let create = Create {
            to: required(&mut fields, "to")?,
            from: required(&mut fields, "from")?,
            text: required(&mut fields, "text")?,
            receipt: match fields.remove("status-report-req").as_deref() {
                None | Some("true" | "1") => true,
                Some("false" | "0") => false,
                Some(_) => return Err(invalid("status-report-req")),
            },
            callback: fields.remove("callback").filter(|url| !url.is_empty()),
            client_ref: fields.remove("client-ref"),
            ttl_ms: match fields.remove("ttl") {
                None => None,
                Some(ttl) => Some(ttl.parse().map_err(|_| invalid("ttl"))?),
            },
            credentials,
        };
        if !is_number(&create.to) {
            return Err(invalid("to"));
        }
        match fields.get("type").map(String::as_str) {
            None | Some("text" | "unicode") => Ok(create),
            Some(_) => Err(invalid("type")),
        }
    }

    /// Whether the request comes from this account, by its fields or by HTTP Basic.
    pub fn is_from(&self, headers: &HeaderMap, key: &str, secret: &str) -> bool {
        match &self.credentials {
            Some((given, with)) => given == key && with == secret,
            None => carries(headers, &basic(key, secret)),
        }
    }

    /// The whole request of a client, with its credentials as fields. `unicode` says that the text
    /// has characters outside the GSM alphabet.
    pub fn request(&self, key: &str, secret: &str, unicode: bool) -> Option<Request<Bytes>> {
        let body = Body {
            key,
            secret,
            to: self.to.strip_prefix('+').unwrap_or(&self.to),
            from: &self.from,
            text: &self.text,
            r#type: if unicode { "unicode" } else { "text" },
            status_report_req: self.receipt,
            callback: self.callback.as_deref(),
            client_ref: self.client_ref.as_deref(),
            ttl: self.ttl_ms,
        };
        Request::builder()
            .method(Method::POST)
            .uri(PATH)
            .header(header::CONTENT_TYPE, JSON)
            .body(Bytes::from(serde_json::to_vec(&body).ok()?))
            .ok()
    }
}

fn required(fields: &mut Fields, key: &str) -> Result<String, Refusal> {
    let missing = || Refusal::because(status::MISSING, &format!("Missing {key} param"));
    fields.remove(key).filter(|value| !value.is_empty()).ok_or_else(missing)
}

fn invalid(key: &str) -> Refusal {
    Refusal::because(status::INVALID, &format!("Invalid {key} param"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn create() -> Create {
        Create {
            to: "620012345678".into(),
            from: "Squall".into(),
            text: "Kode & \"Anda\" = é 😀".into(),
            receipt: true,
            callback: Some("http://gateway-1:7001/r?m=1".into()),
            client_ref: Some("ref-1".into()),
            ttl_ms: Some(60_000),
            credentials: Some(("key".into(), "secret".into())),
        }
    }

    fn of(kind: &str, body: &str) -> Request<Bytes> {
        let request = Request::builder().method(Method::POST).header(header::CONTENT_TYPE, kind);
        request.body(Bytes::from(body.to_owned())).expect("a request")
    }

    const FORM: &str = "application/x-www-form-urlencoded";

    #[test]
    fn a_request_goes_there_and_back() {
        let request = create().request("key", "secret", true).expect("a request");
        assert_eq!(request.uri().path(), "/sms/json");
        assert_eq!(Create::parse(&request), Ok(create()));
        let bare = Create { callback: None, client_ref: None, ttl_ms: None, ..create() };
        let request = bare.request("key", "secret", false).expect("a request");
        assert_eq!(Create::parse(&request), Ok(bare));
    }

    #[test]
    fn forms_and_json_with_numbers_are_read_alike() {
        let form = "to=62001234&from=Squall&text=a+b&status-report-req=0&ttl=20000&title=x";
        let json = r#"{"to":62001234,"from":"Squall","text":"a b","status-report-req":false,
            "ttl":20000,"title":null}"#;
        let read = Create::parse(&of(FORM, form)).expect("a form");
        assert_eq!((read.receipt, read.ttl_ms), (false, Some(20_000)));
        assert_eq!(Create::parse(&of("application/json; charset=utf-8", json)), Ok(read));
    }

    #[test]
    fn credentials_come_with_the_fields_or_as_basic() {
        let mut headers = HeaderMap::new();
        assert!(create().is_from(&headers, "key", "secret"));
        assert!(!create().is_from(&headers, "key", "other"));
        let bare = Create { credentials: None, ..create() };
        assert!(!bare.is_from(&headers, "key", "secret"));
        headers.insert(header::AUTHORIZATION, basic("key", "secret").parse().expect("a value"));
        assert!(bare.is_from(&headers, "key", "secret"));
        // What is said beside the header is what counts.
        let wrong = Create { credentials: Some(("key".into(), "x".into())), ..bare };
        assert!(!wrong.is_from(&headers, "key", "secret"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (kind, body, status, word) in [
            (FORM, "from=a&text=b", 2, "to"),
            (FORM, "to=62001&text=b", 2, "from"),
            (FORM, "to=62001&from=a&text=", 2, "text"),
            (FORM, "to=abc&from=a&text=b", 3, "to"),
            (FORM, "to=62001&from=a&text=b&ttl=soon", 3, "ttl"),
            (FORM, "to=62001&from=a&text=b&type=binary", 3, "type"),
            (FORM, "to=62001&from=a&text=b&status-report-req=x", 3, "status-report-req"),
            (JSON, "to=62001&from=a&text=b", 3, "body"),
        ] {
            let refusal = Create::parse(&of(kind, body)).expect_err(body);
            assert_eq!(refusal.status, status, "{body}");
            assert!(refusal.text.contains(word), "{}", refusal.text);
        }
    }

    proptest! {
        #[test]
        fn random_bodies_never_panic(
            body in proptest::collection::vec(any::<u8>(), 0..300),
            json in any::<bool>(),
        ) {
            let mut request = of(if json { JSON } else { FORM }, "");
            *request.body_mut() = Bytes::from(body);
            let _ = Create::parse(&request);
        }
    }
}
