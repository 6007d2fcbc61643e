//! Refusals: an HTTP status, and a body that says why.

use http::StatusCode;
use serde::{Deserialize, Serialize};

/// The `code` of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    Throttled,
    QueueFull,
    SystemError,
    Rejected,
    Unauthorized,
    Invalid,
    NotFound,
}

/// Word, HTTP status and what people are told.
const ALL: [(Why, &str, u16, &str); 7] = [
    (Why::Throttled, "throttled", 429, "over the account's rate"),
    (Why::QueueFull, "queue_full", 503, "no room for more messages now"),
    (Why::SystemError, "system_error", 500, "the server failed"),
    (Why::Rejected, "rejected", 422, "no messages to this number"),
    (Why::Unauthorized, "unauthorized", 401, "the account's secret is wanted"),
    (Why::Invalid, "invalid", 400, "the request does not read"),
    (Why::NotFound, "not_found", 404, "no such resource"),
];

impl Why {
    fn entry(self) -> (&'static str, u16, &'static str) {
        let found = ALL.iter().find(|(why, ..)| *why == self);
        found.map_or(("", 500, ""), |(_, word, status, message)| (word, *status, message))
    }

    pub fn as_str(self) -> &'static str {
        self.entry().0
    }

    /// The HTTP status it comes with.
    pub fn status(self) -> u16 {
        self.entry().1
    }

    pub fn parse(word: &str) -> Option<Why> {
        ALL.iter().find(|(_, known, ..)| *known == word).map(|(why, ..)| *why)
    }

    /// What an HTTP status says where it is one of the table; else by its hundreds.
    pub fn of_status(status: u16) -> Why {
        let known = ALL.iter().find(|(_, _, known, _)| *known == status);
        let other = if status >= 500 { Why::SystemError } else { Why::Rejected };
        known.map_or(other, |(why, ..)| *why)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    pub code: Why,
    /// For people.
    pub message: String,
}

#[derive(Serialize, Deserialize)]
struct Body {
    error: Error,
}

#[derive(Serialize, Deserialize)]
struct Error {
    code: Why,
    #[serde(default)]
    message: String,
}

impl Refusal {
    /// With the status and words it comes with.
    pub fn of(code: Why) -> Refusal {
        Refusal { status: code.status(), code, message: code.entry().2.to_owned() }
    }

    pub fn because(code: Why, message: &str) -> Refusal {
        Refusal { message: message.to_owned(), ..Refusal::of(code) }
    }

    /// Any HTTP status of a failure.
    pub fn of_status(status: u16) -> Refusal {
        Refusal { status, ..Refusal::of(Why::of_status(status)) }
    }

    /// `None` where the body is none of this API's.
    pub fn parse(status: StatusCode, body: &[u8]) -> Option<Refusal> {
        let Body { error: Error { code, message } } = serde_json::from_slice(body).ok()?;
        Some(Refusal { status: status.as_u16(), code, message })
    }

    /// The answer of a server.
    pub fn answer(&self) -> crate::http::Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let error = Error { code: self.code, message: self.message.clone() };
        crate::http::reply::json(status, &Body { error })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_refusal_goes_there_and_back() {
        for (why, word, status, _) in ALL {
            assert_eq!((why.as_str(), why.status()), (word, status));
            assert_eq!((Why::parse(word), Why::of_status(status)), (Some(why), why));
            let refusal = Refusal::because(why, "since");
            let answer = refusal.answer();
            assert_eq!(answer.status().as_u16(), status);
            let body: serde_json::Value = serde_json::from_slice(answer.body()).expect("JSON");
            assert_eq!(body, serde_json::json!({ "error": { "code": word, "message": "since" } }));
            assert_eq!(Refusal::parse(answer.status(), answer.body()), Some(refusal));
        }
        assert_eq!(Why::parse("full"), None);
        assert_eq!(Refusal::parse(StatusCode::BAD_REQUEST, b"{\"error\":\"x\"}"), None);
    }

    #[test]
    fn other_statuses_mean_what_their_hundreds_mean() {
        let refusal = Refusal::of_status(504);
        assert_eq!((refusal.status, refusal.code), (504, Why::SystemError));
        assert_eq!(Refusal::of_status(451).code, Why::Rejected);
        assert_eq!(Refusal::of_status(451).answer().status(), 451);
    }

    proptest! {
        #[test]
        fn random_bodies_never_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Refusal::parse(StatusCode::OK, &body);
        }
    }
}
