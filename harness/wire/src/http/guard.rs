//! Who may use a control port: whoever knows the run's token, and no web page.

use super::{Request, Response, reply};
use http::{StatusCode, header};

/// Lets a request pass that carries `Authorization: Bearer <token>` (any, where `token` is empty)
/// and was not sent by a browser on behalf of a page.
///
/// # Errors
/// The answer to give instead: 403 to a browser's cross-origin request, 401 without the token.
pub fn check(request: &Request, token: &str) -> Result<(), Box<Response>> {
    if request.headers().contains_key(header::ORIGIN) {
        return Err(Box::new(reply::error(StatusCode::FORBIDDEN, "no cross-origin requests")));
    }
    let given = request.headers().get(header::AUTHORIZATION).map(|value| value.as_bytes());
    let given = given.and_then(|value| value.strip_prefix(b"Bearer ")).unwrap_or_default();
    if token.is_empty() || same(given, token.as_bytes()) {
        return Ok(());
    }
    Err(Box::new(reply::error(StatusCode::UNAUTHORIZED, "the run's token is wanted")))
}

/// Compares in a time that depends on the lengths alone.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}
