//! The API's errors: Toxiproxy's texts and codes, and what is ours.

use http::StatusCode;
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct ApiError {
    error: String,
    status: u16,
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.error)
    }
}

impl ApiError {
    fn new(status: StatusCode, error: impl Into<String>) -> ApiError {
        ApiError { error: error.into(), status: status.as_u16() }
    }

    pub(super) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub(super) fn body(why: &str) -> ApiError {
        Self::new(StatusCode::BAD_REQUEST, format!("bad request body: {why}"))
    }

    pub(super) fn missing(field: &str) -> ApiError {
        Self::new(StatusCode::BAD_REQUEST, format!("missing required field: {field}"))
    }

    pub(super) fn invalid_stream() -> ApiError {
        const TEXT: &str = "stream was invalid, can be either upstream or downstream";
        Self::new(StatusCode::BAD_REQUEST, TEXT)
    }

    pub(super) fn invalid_toxic_type() -> ApiError {
        Self::new(StatusCode::BAD_REQUEST, "invalid toxic type")
    }

    /// Ours: Toxiproxy takes any number.
    pub(super) fn invalid_attribute(why: &str) -> ApiError {
        Self::new(StatusCode::BAD_REQUEST, format!("invalid toxic: {why}"))
    }

    pub(super) fn proxy_not_found() -> ApiError {
        Self::new(StatusCode::NOT_FOUND, "proxy not found")
    }

    pub(super) fn toxic_not_found() -> ApiError {
        Self::new(StatusCode::NOT_FOUND, "toxic not found")
    }

    pub(super) fn proxy_exists() -> ApiError {
        Self::new(StatusCode::CONFLICT, "proxy already exists")
    }

    pub(super) fn toxic_exists() -> ApiError {
        Self::new(StatusCode::CONFLICT, "toxic already exists")
    }

    /// A network error in Go's words.
    pub(super) fn network(why: String) -> ApiError {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, why)
    }
}
