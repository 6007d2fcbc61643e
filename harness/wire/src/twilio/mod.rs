//! Twilio's Messages and Calls APIs (REST 2010-04-01) and its number Lookup (v2), as both a server
//! and a client of them need it.
//!
//! Shapes on the wire only: requests, resources, error bodies, status callbacks and their
//! signature. What a message goes through is the server's business.

pub mod call;
pub mod callback;
pub mod create;
pub mod error;
pub mod lookup;
pub mod message;
pub mod signature;
pub mod status;
pub mod webhook;

pub use crate::http::authorization::basic as authorization;
pub use call::{Call, CallCallback, CallStatus, CreateCall, UpdateCall};
pub use callback::Callback;
pub use create::{Create, Update};
pub use error::ErrorBody;
pub use lookup::Lookup;
pub use message::{Message, Page, SubresourceUris};
pub use status::Status;

use crate::http::authorization::carries;
use http::HeaderMap;

pub const API_VERSION: &str = "2010-04-01";

/// The resources of the Messages API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    /// `/2010-04-01/Accounts/{account}/Messages.json`
    Messages { account: &'a str },
    /// `/2010-04-01/Accounts/{account}/Messages/{sid}.json`
    Message { account: &'a str, sid: &'a str },
}

impl<'a> Route<'a> {
    /// `None` for every other path.
    pub fn parse(path: &'a str) -> Option<Route<'a>> {
        let rest = path.strip_prefix("/2010-04-01/Accounts/")?;
        let (account, rest) = rest.split_once('/')?;
        let rest = rest.strip_prefix("Messages")?.strip_suffix(".json")?;
        match rest.strip_prefix('/') {
            None if rest.is_empty() => Some(Route::Messages { account }),
            Some(sid) if !sid.is_empty() && !sid.contains('/') => {
                Some(Route::Message { account, sid })
            }
            _ => None,
        }
    }
}

/// The path of an account's messages.
pub fn messages_path(account: &str) -> String {
    format!("/{API_VERSION}/Accounts/{account}/Messages.json")
}

/// The path of one message.
pub fn message_path(account: &str, sid: &str) -> String {
    format!("/{API_VERSION}/Accounts/{account}/Messages/{sid}.json")
}

/// Whether a request carries exactly these credentials.
pub fn authorized(headers: &HeaderMap, account: &str, secret: &str) -> bool {
    carries(headers, &authorization(account, secret))
}

/// `SM` and 32 hexadecimal digits.
pub fn message_sid(number: u128) -> String {
    format!("SM{number:032x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_read_and_nothing_else_is() {
        let path = messages_path("AC1");
        assert_eq!(Route::parse(&path), Some(Route::Messages { account: "AC1" }));
        let path = message_path("AC1", "SM2");
        assert_eq!(Route::parse(&path), Some(Route::Message { account: "AC1", sid: "SM2" }));
        for path in [
            "/",
            "/2010-04-01/Accounts/AC1/Messages",
            "/2010-04-01/Accounts/AC1/Messagesx.json",
            "/2010-04-01/Accounts/AC1/Messages/.json",
            "/2010-04-01/Accounts/AC1/Messages/a/b.json",
            "/2010-04-01/Accounts/AC1/Calls.json",
        ] {
            assert_eq!(Route::parse(path), None, "{path}");
        }
    }
}
