//! Delivery receipts: what the vendor tells a webhook when a part has come to its end or on its way.
//!
//! Which of POST with JSON, POST with a form and GET is used, the account's settings say; made here
//! is a POST with JSON, read are all three.

use super::{JSON, fields};
use crate::calendar::civil;
use crate::http::url::target;
use bytes::Bytes;
use http::{Method, Request, header};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Accepted,
    Buffered,
    Delivered,
    Expired,
    Failed,
    Rejected,
    Unknown,
}

const ALL: [(Status, &str); 7] = [
    (Status::Accepted, "accepted"),
    (Status::Buffered, "buffered"),
    (Status::Delivered, "delivered"),
    (Status::Expired, "expired"),
    (Status::Failed, "failed"),
    (Status::Rejected, "rejected"),
    (Status::Unknown, "unknown"),
];

impl Status {
    pub fn parse(name: &str) -> Option<Status> {
        ALL.iter().find(|(_, known)| *known == name).map(|(status, _)| *status)
    }

    /// Nothing follows.
    pub fn is_final(self) -> bool {
        matches!(self, Status::Delivered | Status::Expired | Status::Failed | Status::Rejected)
    }
}

/// Field by field as the API writes it; numbers in strings are the API's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Receipt {
    /// The number that the message went to.
    pub msisdn: String,
    /// The sender that the message went out with.
    pub to: String,
    pub network_code: String,
    #[serde(rename = "messageId")]
    pub message_id: String,
    pub price: String,
    pub status: Status,
    /// `YYMMDDhhmm`.
    pub scts: String,
    /// `0` where all is well.
    pub err_code: String,
    /// `YYYY-MM-DD hh:mm:ss`.
    pub message_timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_ref: Option<String>,
    pub api_key: String,
}

impl Receipt {
    /// `None` where the message id or a known status is missing.
    pub fn parse(request: &Request<Bytes>) -> Option<Receipt> {
        let mut fields = fields::read(request)?;
        let message_id = fields.remove("messageId")?;
        let status = Status::parse(fields.get("status")?)?;
        let client_ref = fields.remove("client-ref");
        let mut text = |key: &str| fields.remove(key).unwrap_or_default();
        Some(Receipt {
            msisdn: text("msisdn"),
            to: text("to"),
            network_code: text("network-code"),
            message_id,
            price: text("price"),
            status,
            scts: text("scts"),
            err_code: text("err-code"),
            message_timestamp: text("message-timestamp"),
            client_ref,
            api_key: text("api-key"),
        })
    }

    /// The request to `url`, and the `host:port` to send it to. `None` for a URL that is not plain
    /// HTTP with a host.
    pub fn request(&self, url: &str) -> Option<(String, Request<Bytes>)> {
        let (address, target) = target(url)?;
        let request = Request::builder()
            .method(Method::POST)
            .uri(target)
            .header(header::HOST, &address)
            .header(header::CONTENT_TYPE, JSON)
            .body(Bytes::from(serde_json::to_vec(self).ok()?))
            .ok()?;
        Some((address, request))
    }
}

/// `YYYY-MM-DD hh:mm:ss`, UTC.
pub fn timestamp(unix_us: u64) -> String {
    let at = civil(unix_us / 1_000_000);
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
        at.year, at.month, at.day, at.hour, at.minute, at.second
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use url::form_urlencoded::Serializer;

    fn receipt() -> Receipt {
        Receipt {
            msisdn: "620012345678".into(),
            to: "Squall & co".into(),
            network_code: "51009".into(),
            message_id: "0A0000001234567B".into(),
            price: "0.03330000".into(),
            status: Status::Delivered,
            scts: "2601100630".into(),
            err_code: "0".into(),
            message_timestamp: timestamp(1_768_026_600_000_000),
            client_ref: Some("ref".into()),
            api_key: "key".into(),
        }
    }

    #[test]
    fn a_receipt_is_read_from_json_a_form_and_a_query() {
        let (address, request) = receipt().request("http://gateway-1:7001/r?m=1").expect("one");
        assert_eq!((address.as_str(), request.uri().path()), ("gateway-1:7001", "/r"));
        assert_eq!(Receipt::parse(&request), Some(receipt()));
        let json: serde_json::Value = serde_json::from_slice(request.body()).expect("JSON");
        assert_eq!(json["message-timestamp"], "2026-01-10 06:30:00");
        let pairs = json.as_object().expect("an object").iter();
        let pairs = pairs.map(|(key, value)| (key, value.as_str().expect("text")));
        let form = Serializer::new(String::new()).extend_pairs(pairs).finish();
        let get = Request::builder().uri(format!("/r?{form}")).body(Bytes::new()).expect("one");
        assert_eq!(Receipt::parse(&get), Some(receipt()));
        let post = Request::builder().method(Method::POST).body(Bytes::from(form)).expect("one");
        assert_eq!(Receipt::parse(&post), Some(receipt()));
        assert!(receipt().request("https://x/").is_none());
    }

    #[test]
    fn names_are_those_of_the_api() {
        for (status, name) in ALL {
            assert_eq!(serde_json::to_value(status).expect("serialises"), name);
            assert_eq!(Status::parse(name), Some(status));
        }
        assert!(Status::Rejected.is_final() && !Status::Unknown.is_final());
        let lost = Request::builder().uri("/r?messageId=1&status=lost").body(Bytes::new());
        assert_eq!(Receipt::parse(&lost.expect("a request")), None);
    }

    proptest! {
        #[test]
        fn random_bodies_never_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            for kind in [JSON, "text/plain"] {
                let request = Request::builder().method(Method::POST);
                let request = request.header(header::CONTENT_TYPE, kind);
                let _ = Receipt::parse(&request.body(Bytes::from(body.clone())).expect("one"));
            }
        }
    }
}
