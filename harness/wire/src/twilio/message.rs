//! The Message resource and the page that lists several.

use crate::calendar::{civil, rfc2822};
use crate::smpp::long;
use crate::twilio::{API_VERSION, Status, message_path};
use serde::{Deserialize, Serialize};

/// Field by field as the API writes it; numbers in strings are the API's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub body: String,
    pub num_segments: String,
    pub direction: String,
    pub from: Option<String>,
    pub to: String,
    pub date_updated: Option<String>,
    pub price: Option<String>,
    pub error_message: Option<String>,
    pub uri: String,
    pub account_sid: String,
    pub num_media: String,
    pub status: Status,
    pub messaging_service_sid: Option<String>,
    pub sid: String,
    pub date_sent: Option<String>,
    pub date_created: Option<String>,
    pub error_code: Option<u32>,
    pub price_unit: Option<String>,
    pub api_version: String,
    pub subresource_uris: SubresourceUris,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubresourceUris {
    pub media: String,
}

impl Message {
    /// An outbound message, just created.
    pub fn outbound(account: &str, sid: &str, to: &str, body: &str, unix_us: u64) -> Message {
        let created = date(unix_us);
        Message {
            body: body.to_owned(),
            num_segments: segments(body).to_string(),
            direction: "outbound-api".into(),
            from: None,
            to: to.to_owned(),
            date_updated: Some(created.clone()),
            price: None,
            error_message: None,
            uri: message_path(account, sid),
            account_sid: account.to_owned(),
            num_media: "0".into(),
            status: Status::Queued,
            messaging_service_sid: None,
            sid: sid.to_owned(),
            date_sent: None,
            date_created: Some(created),
            error_code: None,
            price_unit: Some("USD".into()),
            api_version: API_VERSION.into(),
            subresource_uris: SubresourceUris {
                media: format!("/{API_VERSION}/Accounts/{account}/Messages/{sid}/Media.json"),
            },
        }
    }
}

/// The API's dates: RFC 2822.
pub fn date(unix_us: u64) -> String {
    rfc2822(unix_us / 1_000_000)
}

/// `YYYY-MM-DD`, as DateSent filters are given.
pub fn day(unix_us: u64) -> String {
    let at = civil(unix_us / 1_000_000);
    format!("{:04}-{:02}-{:02}", at.year, at.month, at.day)
}

/// How many short messages carry `body`.
pub fn segments(body: &str) -> usize {
    long::texts(body).len()
}

/// One page of a list. URIs are relative; a null `next_page_uri` ends the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    pub messages: Vec<Message>,
    pub page: usize,
    pub page_size: usize,
    pub start: usize,
    pub end: usize,
    pub uri: String,
    pub first_page_uri: String,
    pub previous_page_uri: Option<String>,
    pub next_page_uri: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_reads_as_the_api_writes_it() {
        let message = Message::outbound("AC1", "SM2", "+62001234", "hello", 1_768_026_600_000_000);
        let json = serde_json::to_value(&message).expect("serialises");
        assert_eq!(json["status"], "queued");
        assert_eq!(json["num_segments"], "1");
        assert_eq!(json["error_code"], serde_json::Value::Null);
        assert_eq!(json["date_created"], "Sat, 10 Jan 2026 06:30:00 +0000");
        assert_eq!(json["uri"], "/2010-04-01/Accounts/AC1/Messages/SM2.json");
        assert_eq!(serde_json::from_value::<Message>(json).expect("reads"), message);
    }

    #[test]
    fn segments_follow_the_alphabet() {
        assert_eq!(segments(&"x".repeat(160)), 1);
        assert_eq!(segments(&"x".repeat(161)), 2);
        assert_eq!(segments(&"ё".repeat(70)), 1);
        assert_eq!(segments(&"ё".repeat(71)), 2);
    }
}
