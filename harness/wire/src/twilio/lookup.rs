//! The number lookup (v2): which network a number belongs to, asked before a message is sent.
//!
//! Line type intelligence alone; the other packages of the vendor are not here.

use super::authorization;
use bytes::Bytes;
use http::{Method, header};
use serde::{Deserialize, Serialize};

const PATH: &str = "/v2/PhoneNumbers/";
const FIELDS: &str = "Fields=line_type_intelligence";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lookup {
    pub phone_number: String,
    pub valid: bool,
    pub line_type_intelligence: Option<LineType>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineType {
    pub carrier_name: Option<String>,
    /// `mobile`, `landline`, `fixedVoip`, …
    #[serde(rename = "type")]
    pub kind: String,
    pub error_code: Option<u32>,
}

impl Lookup {
    /// A mobile number of `network`.
    pub fn mobile(number: &str, network: &str) -> Lookup {
        let line = LineType {
            carrier_name: Some(network.to_owned()),
            kind: "mobile".into(),
            error_code: None,
        };
        Lookup { phone_number: number.to_owned(), valid: true, line_type_intelligence: Some(line) }
    }

    /// `None` where the body is no lookup.
    pub fn parse(body: &[u8]) -> Option<Lookup> {
        serde_json::from_slice(body).ok()
    }

    /// The network, where the vendor knows it.
    pub fn network(&self) -> Option<&str> {
        self.line_type_intelligence.as_ref()?.carrier_name.as_deref()
    }
}

/// The request that asks for `number`; `None` for one that does not fit into a path.
pub fn request(number: &str, account: &str, secret: &str) -> Option<http::Request<Bytes>> {
    http::Request::builder()
        .method(Method::GET)
        .uri(format!("{PATH}{number}?{FIELDS}"))
        .header(header::AUTHORIZATION, authorization(account, secret))
        .body(Bytes::new())
        .ok()
}

/// The number of a lookup's path; `None` for every other path.
pub fn number_of(path: &str) -> Option<&str> {
    path.strip_prefix(PATH).filter(|number| !number.is_empty() && !number.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lookup_goes_there_and_back() {
        let request = request("+620011234567", "AC1", "s").expect("a request");
        assert_eq!(number_of(request.uri().path()), Some("+620011234567"));
        let lookup = Lookup::mobile("+620011234567", "vendor-a");
        let body = serde_json::to_vec(&lookup).expect("serialises");
        assert_eq!(Lookup::parse(&body), Some(lookup.clone()));
        assert_eq!(lookup.network(), Some("vendor-a"));
        for path in ["/v2/PhoneNumbers/", "/v2/PhoneNumbers/a/b", "/v1/PhoneNumbers/1"] {
            assert_eq!(number_of(path), None, "{path}");
        }
        assert!(super::request("a b", "AC1", "s").is_none());
    }
}
