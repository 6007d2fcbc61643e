//! The control API: `/records/NAME` is where a name leads, `/broken/NAME` that it does not resolve.

use super::zone::Zone;
use futures::future::{BoxFuture, ready};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use squall_wire::dns::Place;
use squall_wire::http::{Handler, Request, Response, guard, reply};
use std::sync::Arc;

/// Longest name in text, without its last dot (RFC 1035, section 2.3.4).
const LONGEST: usize = 253;

pub(super) struct Control {
    pub zone: Arc<Zone>,
    pub token: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    /// `host:port`.
    address: String,
}

impl Handler for Control {
    fn handle(&self, request: Request) -> BoxFuture<'static, Response> {
        Box::pin(ready(self.answer(&request)))
    }
}

impl Control {
    fn answer(&self, request: &Request) -> Response {
        let path = request.uri().path();
        if path == "/health" {
            return reply::json(StatusCode::OK, &serde_json::json!({ "healthy": true }));
        }
        if let Err(refusal) = guard::check(request, &self.token) {
            return *refusal;
        }
        if let Some(name) = path.strip_prefix("/records/").filter(|name| is_name(name)) {
            return self.record(request, name);
        }
        if let Some(name) = path.strip_prefix("/broken/").filter(|name| is_name(name)) {
            return self.broken(request.method(), name);
        }
        reply::error(StatusCode::NOT_FOUND, "no such resource")
    }

    fn record(&self, request: &Request, name: &str) -> Response {
        match *request.method() {
            Method::GET => match self.zone.record(name) {
                Some(place) => reply::json(StatusCode::OK, &Record { address: place.address() }),
                None => reply::error(StatusCode::NOT_FOUND, "no such name"),
            },
            Method::PUT => {
                let record = serde_json::from_slice::<Record>(request.body());
                match record.ok().and_then(|record| Place::parse(&record.address)) {
                    Some(place) => {
                        self.zone.set(name, place);
                        reply::empty(StatusCode::NO_CONTENT)
                    }
                    None => reply::error(
                        StatusCode::BAD_REQUEST,
                        r#"where it leads is wanted: {"address": "host:port"}"#,
                    ),
                }
            }
            Method::DELETE => {
                self.zone.clear(name);
                reply::empty(StatusCode::NO_CONTENT)
            }
            _ => reply::empty(StatusCode::METHOD_NOT_ALLOWED),
        }
    }

    fn broken(&self, method: &Method, name: &str) -> Response {
        match *method {
            Method::GET if self.zone.is_broken(name) => reply::empty(StatusCode::NO_CONTENT),
            Method::GET => reply::error(StatusCode::NOT_FOUND, "not broken"),
            Method::PUT => {
                self.zone.set_broken(name, true);
                reply::empty(StatusCode::NO_CONTENT)
            }
            Method::DELETE => {
                self.zone.set_broken(name, false);
                reply::empty(StatusCode::NO_CONTENT)
            }
            _ => reply::empty(StatusCode::METHOD_NOT_ALLOWED),
        }
    }
}

/// Labels of letters, digits, `-` and `_`, at most 63 octets each.
fn is_name(text: &str) -> bool {
    let fits = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
    let label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(fits);
    text.len() <= LONGEST && text.split('.').all(label)
}
