//! `Authorization` headers of vendor APIs: Basic and Bearer, made and compared.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};

/// The value of an `Authorization` header, HTTP Basic.
pub fn basic(user: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{secret}")))
}

/// The value of an `Authorization` header with a bearer token.
pub fn bearer(secret: &str) -> String {
    format!("Bearer {secret}")
}

/// Whether a request carries exactly this value.
pub fn carries(headers: &HeaderMap, value: &str) -> bool {
    let given = headers.get(header::AUTHORIZATION).map(|given| given.as_bytes());
    given.is_some_and(|given| given == value.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_credentials_pass() {
        let mut headers = HeaderMap::new();
        assert!(!carries(&headers, &basic("AC1", "s")));
        headers.insert(header::AUTHORIZATION, basic("AC1", "s").parse().expect("a value"));
        assert!(carries(&headers, &basic("AC1", "s")));
        assert!(!carries(&headers, &basic("AC1", "t")) && !carries(&headers, &bearer("s")));
    }
}
