//! The answer to a submit: an entry for each part of the message, each with a status of its own.

use super::status;
use serde::{Deserialize, Serialize};

/// Numbers in strings are the API's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Answer {
    pub message_count: String,
    pub messages: Vec<Entry>,
}

/// One part; where it was refused only status, error text and client-ref are certain to be there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Entry {
    pub status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining_balance: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_price: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_ref: Option<String>,
}

/// A part that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: u32,
    pub text: String,
}

impl Refusal {
    /// With the words it comes with.
    pub fn of(status: u32) -> Refusal {
        Refusal { status, text: error_text(status).to_owned() }
    }

    pub fn because(status: u32, text: &str) -> Refusal {
        Refusal { status, text: text.to_owned() }
    }

    pub fn entry(&self) -> Entry {
        let error_text = Some(self.text.clone());
        Entry { status: self.status.to_string(), error_text, ..Entry::default() }
    }
}

impl Entry {
    /// `None` where it is no number.
    pub fn code(&self) -> Option<u32> {
        self.status.parse().ok()
    }
}

impl Answer {
    pub fn of(messages: Vec<Entry>) -> Answer {
        Answer { message_count: messages.len().to_string(), messages }
    }

    /// `None` where the body is none of this API's, or tells of no message.
    pub fn parse(body: &[u8]) -> Option<Answer> {
        serde_json::from_slice(body).ok().filter(|answer: &Answer| !answer.messages.is_empty())
    }
}

/// What a status says to people.
pub fn error_text(code: u32) -> &'static str {
    match code {
        status::THROTTLED => "Throughput Rate Exceeded - please wait and retry",
        status::MISSING => "Missing parameters",
        status::INVALID => "Invalid parameters",
        status::CREDENTIALS => "Bad Credentials",
        status::INTERNAL => "Internal Error",
        6 => "Invalid Message",
        status::BARRED => "Number barred",
        8 => "Partner account barred",
        9 => "Quota Exceeded - rejected",
        status::TOO_MANY => "Too many existing binds",
        11 => "Account not enabled for HTTP",
        12 => "Message too long",
        14 => "Invalid signature",
        15 => "Invalid sender address",
        22 => "Invalid network code",
        23 => "Invalid callback URL",
        29 => "Non-whitelisted destination",
        33 => "Number de-activated",
        _ => "The message was refused",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_answer_reads_as_the_api_writes_it() {
        let taken = Entry {
            status: "0".into(),
            to: Some("62001".into()),
            message_id: Some("0C000000217B7F02".into()),
            remaining_balance: Some("15.53590000".into()),
            message_price: Some("0.03330000".into()),
            network: Some("51009".into()),
            ..Entry::default()
        };
        let answer = Answer::of(vec![taken, Refusal::of(1).entry()]);
        let json = serde_json::to_value(&answer).expect("serialises");
        assert_eq!(json["message-count"], "2");
        assert_eq!(json["messages"][0]["message-id"], "0C000000217B7F02");
        assert_eq!(json["messages"][0]["remaining-balance"], "15.53590000");
        let refused = &json["messages"][1];
        assert!(refused["status"] == "1" && refused.get("message-id").is_none());
        assert!(refused["error-text"].as_str().expect("text").starts_with("Throughput"));
        assert_eq!(Answer::parse(json.to_string().as_bytes()), Some(answer.clone()));
        let codes: Vec<_> = answer.messages.iter().map(Entry::code).collect();
        assert_eq!(codes, [Some(0), Some(1)]);
        assert_eq!(Answer::parse(br#"{"message-count":"0","messages":[]}"#), None);
    }

    proptest! {
        #[test]
        fn random_bodies_never_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Answer::parse(&body);
        }
    }
}
