//! The request that creates a message, and its answer.

use super::{JSON, MESSAGES, Refusal, Status, Why, authorization};
use crate::number::is_number;
use bytes::Bytes;
use http::{Method, header};
use serde::{Deserialize, Serialize};

/// Longest text of a message, in characters.
pub const MAX_TEXT: usize = 1600;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Create {
    /// E.164 or a short code.
    pub to: String,
    pub from: String,
    pub text: String,
    /// Where to tell how the message ended; nobody is told where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<String>,
    /// Seconds after which nobody wants it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validity_s: Option<u64>,
}

impl Create {
    /// Reads a body.
    ///
    /// # Errors
    /// The refusal that answers the request.
    pub fn parse(body: &[u8]) -> Result<Create, Refusal> {
        let invalid = |why: &str| Err(Refusal::because(Why::Invalid, why));
        let create: Create = match serde_json::from_slice(body) {
            Ok(create) => create,
            Err(error) => return invalid(&error.to_string()),
        };
        if !is_number(&create.to) {
            return invalid("\"to\" is no number");
        }
        if create.from.is_empty() {
            return invalid("\"from\" is empty");
        }
        if create.text.is_empty() {
            return invalid("\"text\" is empty");
        }
        // Counting characters is only needed where there are octets enough.
        if create.text.len() > MAX_TEXT && create.text.chars().count() > MAX_TEXT {
            return invalid("\"text\" has more than 1600 characters");
        }
        Ok(create)
    }

    /// The whole request of a client; `None` for a secret that is no header value.
    pub fn request(&self, secret: &str) -> Option<http::Request<Bytes>> {
        http::Request::builder()
            .method(Method::POST)
            .uri(MESSAGES)
            .header(header::AUTHORIZATION, authorization(secret))
            .header(header::CONTENT_TYPE, JSON)
            .body(Bytes::from(serde_json::to_vec(self).ok()?))
            .ok()
    }
}

/// The answer to a [`Create`]: 202.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    pub id: String,
    pub status: Status,
}

impl Created {
    pub fn new(id: String) -> Created {
        Created { id, status: Status::Accepted }
    }

    /// `None` where the body is none of this API's.
    pub fn parse(body: &[u8]) -> Option<Created> {
        serde_json::from_slice(body).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn create() -> Create {
        Create {
            to: "+620012345678".into(),
            from: "Squall".into(),
            text: "Kode & \"Anda\" é 😀".into(),
            callback: Some("http://sender:80/cb?x=1".into()),
            validity_s: Some(60),
        }
    }

    #[test]
    fn a_request_goes_there_and_back() {
        let request = create().request("s3cret").expect("a request");
        assert_eq!(request.uri().path(), "/v1/messages");
        assert_eq!(request.headers()[header::AUTHORIZATION], "Bearer s3cret");
        assert_eq!(Create::parse(request.body()), Ok(create()));
        let bare = Create { callback: None, validity_s: None, ..create() };
        let request = bare.request("s").expect("a request");
        assert!(!request.body().windows(4).any(|octets| octets == b"null"));
        assert_eq!(Create::parse(request.body()), Ok(bare));
        assert!(create().request("a\nb").is_none());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let long = "é".repeat(1601);
        let long = format!(r#"{{"to":"+62001","from":"x","text":"{long}"}}"#);
        for (body, word) in [
            (r#"{"to":"abc","from":"x","text":"y"}"#, "to"),
            (r#"{"from":"x","text":"y"}"#, "to"),
            (r#"{"to":"+62001","from":"","text":"y"}"#, "from"),
            (r#"{"to":"+62001","from":"x","text":""}"#, "text"),
            (long.as_str(), "1600"),
            (r#"{"to":"+62001","from":"x","text":"y","validity_s":-1}"#, "-1"),
            ("", "EOF"),
        ] {
            let refusal = Create::parse(body.as_bytes()).expect_err(body);
            assert_eq!((refusal.status, refusal.code), (400, Why::Invalid));
            assert!(refusal.message.contains(word), "{}", refusal.message);
        }
        let more = r#"{"to":"+62001","from":"x","text":"y","colour":"red","callback":null}"#;
        assert!(Create::parse(more.as_bytes()).is_ok());
    }

    #[test]
    fn the_answer_reads_as_it_is_written() {
        let created = Created::new("m1".into());
        let json = serde_json::to_string(&created).expect("serialises");
        assert_eq!(json, r#"{"id":"m1","status":"accepted"}"#);
        assert_eq!(Created::parse(json.as_bytes()), Some(created));
        assert_eq!(Created::parse(b"{}"), None);
    }

    proptest! {
        #[test]
        fn random_bodies_never_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Create::parse(&body);
            let _ = Created::parse(&body);
        }

        #[test]
        fn every_text_comes_back(text in ".{1,400}") {
            let create = Create { text, ..create() };
            let request = create.request("s").expect("a request");
            prop_assert_eq!(Create::parse(request.body()), Ok(create));
        }
    }
}
