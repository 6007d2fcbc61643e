//! Receipts: what a server posts when a message has ended.

use super::{JSON, Status};
use crate::http::url::target;
use bytes::Bytes;
use http::{Method, header};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub id: String,
    pub to: String,
    /// A final one.
    pub status: Status,
    /// A word of the server's own for why it was not delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

impl Receipt {
    /// `None` where the body is no receipt, or tells of no end.
    pub fn parse(body: &[u8]) -> Option<Receipt> {
        serde_json::from_slice(body).ok().filter(|receipt: &Receipt| receipt.status.is_final())
    }

    /// The request to `url`, and the `host:port` to send it to. `None` for a URL that is not plain
    /// HTTP with a host.
    pub fn request(&self, url: &str) -> Option<(String, http::Request<Bytes>)> {
        let (address, target) = target(url)?;
        let request = http::Request::builder()
            .method(Method::POST)
            .uri(target)
            .header(header::HOST, &address)
            .header(header::CONTENT_TYPE, JSON)
            .body(Bytes::from(serde_json::to_vec(self).ok()?))
            .ok()?;
        Some((address, request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_receipt_goes_there_and_back() {
        let receipt = Receipt {
            id: "m1".into(),
            to: "+62001".into(),
            status: Status::Failed,
            code: Some("absent".into()),
        };
        let (address, request) = receipt.request("http://gateway-1:7001/r/1?x=2").expect("one");
        assert_eq!((address.as_str(), request.method()), ("gateway-1:7001", &Method::POST));
        assert_eq!(request.uri(), "/r/1?x=2");
        assert_eq!(Receipt::parse(request.body()), Some(receipt.clone()));
        assert!(receipt.request("https://x/").is_none());
        let accepted = Receipt { status: Status::Accepted, ..receipt };
        let (_, request) = accepted.request("http://x/").expect("one");
        assert_eq!(Receipt::parse(request.body()), None);
    }

    proptest! {
        #[test]
        fn random_bodies_never_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Receipt::parse(&body);
        }
    }
}
