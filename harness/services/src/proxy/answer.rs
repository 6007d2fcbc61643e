//! Answers in Toxiproxy's shapes, byte for byte where clients look.

use super::fault::ApiError;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use squall_wire::http::{Response, reply};

/// The version of Toxiproxy whose API this is.
const VERSION: &str = "2.12.0";

pub(super) fn json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    reply::json(status, value)
}

pub(super) fn no_content() -> Response {
    reply::empty(StatusCode::NO_CONTENT)
}

/// Go's `http.Error`: JSON in the body, plain text in the header, and a newline.
pub(super) fn error(error: &ApiError) -> Response {
    let body = serde_json::to_string(error).unwrap_or_default() + "\n";
    plain(error.status(), &body)
}

pub(super) fn version() -> Response {
    let body = format!("{{\"version\": \"{VERSION}\"}}\n");
    reply::of(StatusCode::OK, "application/json;charset=utf-8", body)
}

pub(super) fn metrics(text: String) -> Response {
    reply::of(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text)
}

pub(super) fn not_found() -> Response {
    plain(StatusCode::NOT_FOUND, "404 page not found\n")
}

pub(super) fn malformed() -> Response {
    plain(StatusCode::BAD_REQUEST, "400 Bad Request\n")
}

pub(super) fn browser() -> Response {
    plain(StatusCode::FORBIDDEN, "User agent not allowed\n")
}

pub(super) fn wrong_method() -> Response {
    reply::empty(StatusCode::METHOD_NOT_ALLOWED)
}

pub(super) fn moved(to: &str) -> Response {
    let mut response = reply::empty(StatusCode::MOVED_PERMANENTLY);
    match HeaderValue::from_str(to) {
        Ok(to) => response.headers_mut().insert(header::LOCATION, to),
        Err(_) => return not_found(),
    };
    response
}

fn plain(status: StatusCode, body: &str) -> Response {
    let mut response = reply::text(status, body);
    let nosniff = HeaderValue::from_static("nosniff");
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    response
}
