//! A plain JSON API for sending messages, as both a server and a client of it need it.
//!
//! Shapes on the wire only. It is Squall's own, and stands for the many small vendors and gateways
//! whose API is a POST of a few fields. Every body is JSON; every request carries
//! `Authorization: Bearer SECRET`; fields that are not named here are ignored.
//!
//! | request | answer |
//! |---|---|
//! | `POST /v1/messages` `{"to","from","text","callback"?,"validity_s"?}` | 202 `{"id","status":"accepted"}` |
//! | `GET /v1/messages/{id}` | 200 `{"id","to","from","text","status","code"?}` |
//!
//! A refusal is an HTTP status and `{"error":{"code","message"}}`:
//!
//! | `code` | HTTP | |
//! |---|---|---|
//! | `throttled` | 429 | over the account's rate; may be sent again later |
//! | `queue_full` | 503 | no room now; may be sent again later |
//! | `system_error` | 500 | the server failed; it may have taken the message |
//! | `rejected` | 422 | not to this number, not now and not later |
//! | `unauthorized` | 401 | no secret, or another one |
//! | `invalid` | 400 | the request does not read; the message says why |
//! | `not_found` | 404 | no such resource |
//!
//! A message with a `callback` URL has its end told there, once: POST
//! `{"id","to","status":"delivered"|"failed"|"expired","code"?}`, answered by any 2xx, repeated
//! until it is. `code` is a word of the server's own for why. Receipts carry no signature: a URL
//! that nobody can guess is what tells them from others.

mod create;
mod message;
mod receipt;
mod refusal;

pub use create::{Create, Created, MAX_TEXT};
pub use message::{Message, Status};
pub use receipt::Receipt;
pub use refusal::{Refusal, Why};

pub use crate::http::authorization::bearer as authorization;

use crate::http::authorization::carries;
use http::HeaderMap;

/// Where messages are created.
pub const MESSAGES: &str = "/v1/messages";

const JSON: &str = "application/json";

/// The resources of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    /// `/v1/messages`
    Messages,
    /// `/v1/messages/{id}`
    Message { id: &'a str },
}

impl<'a> Route<'a> {
    /// `None` for every other path.
    pub fn parse(path: &'a str) -> Option<Route<'a>> {
        match path.strip_prefix(MESSAGES)?.strip_prefix('/') {
            None if path == MESSAGES => Some(Route::Messages),
            Some(id) if !id.is_empty() && !id.contains('/') => Some(Route::Message { id }),
            _ => None,
        }
    }
}

/// The path of one message.
pub fn message_path(id: &str) -> String {
    format!("{MESSAGES}/{id}")
}

/// Whether a request carries exactly this secret.
pub fn authorized(headers: &HeaderMap, secret: &str) -> bool {
    carries(headers, &authorization(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_read_and_nothing_else_is() {
        assert_eq!(Route::parse(MESSAGES), Some(Route::Messages));
        assert_eq!(Route::parse(&message_path("m1")), Some(Route::Message { id: "m1" }));
        for path in ["/", "/v1/messages/", "/v1/messagesx", "/v1/messages/a/b", "/v2/messages"] {
            assert_eq!(Route::parse(path), None, "{path}");
        }
    }
}
