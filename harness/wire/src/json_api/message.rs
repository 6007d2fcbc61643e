//! A message as a fetch shows it, and the states it goes through.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub id: String,
    pub to: String,
    pub from: String,
    pub text: String,
    pub status: Status,
    /// A word of the server's own for why it was not delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Accepted,
    Delivered,
    Failed,
    Expired,
}

impl Status {
    /// Nothing follows.
    pub fn is_final(self) -> bool {
        self != Status::Accepted
    }
}

impl Message {
    /// `None` where the body is none of this API's.
    pub fn parse(body: &[u8]) -> Option<Message> {
        serde_json::from_slice(body).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_reads_as_it_is_written() {
        let message = Message {
            id: "m1".into(),
            to: "+62001".into(),
            from: "Squall".into(),
            text: "hello".into(),
            status: Status::Expired,
            code: Some("expired".into()),
        };
        let json = serde_json::to_vec(&message).expect("serialises");
        assert_eq!(Message::parse(&json), Some(message.clone()));
        let bare = Message { status: Status::Delivered, code: None, ..message };
        let json = serde_json::to_value(&bare).expect("serialises");
        assert!(json.get("code").is_none() && json["status"] == "delivered");
        assert_eq!(Message::parse(b"[]"), None);
        assert!(Status::Failed.is_final() && !Status::Accepted.is_final());
    }
}
