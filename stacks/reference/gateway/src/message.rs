//! What the stack's nodes say to each other: postcard in frames, each ask with a number, each
//! answer with the number of its ask.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// A message's name everywhere in the stack; its upper half is the instant of acceptance.
pub use squall_role::store::Sid;

/// As Twilio writes it: `SM` and 32 hexadecimal digits.
pub fn show(sid: Sid) -> String {
    format!("SM{sid:032x}")
}

/// The sid of its written form.
pub fn read_sid(text: &str) -> Option<Sid> {
    let digits = text.strip_prefix("SM").filter(|digits| digits.len() == 32)?;
    u128::from_str_radix(digits, 16).ok()
}

/// When a message was accepted, in Unix microseconds.
pub fn accepted_us(sid: Sid) -> u64 {
    (sid >> 64) as u64
}

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    pub sid: Sid,
    pub to: String,
    pub from: String,
    pub text: String,
    /// Where the sender wants to hear of its fate.
    pub callback: Option<String>,
    /// Unix microseconds after which nobody wants it any more.
    pub valid_until_us: Option<u64>,
}

/// What became of a message, with what the edge needs to tell the sender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    pub sid: Sid,
    pub to: String,
    pub from: String,
    pub callback: Option<String>,
    pub state: State,
    /// Twilio's error code of a failure.
    pub error: Option<u32>,
}

/// A final receipt as a carrier gave it. Both gateways bind under one system id, and a carrier may
/// send a receipt over any bind of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The carrier's name: ids are unique within one.
    pub uplink: String,
    /// The carrier's own id of the message, or of a part of it.
    pub id: String,
    pub state: State,
    pub error: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum State {
    Queued,
    Sent,
    Delivered,
    Undelivered,
    Failed,
}

impl State {
    /// Twilio's word for it.
    pub fn word(self) -> &'static str {
        match self {
            State::Queued => "queued",
            State::Sent => "sent",
            State::Delivered => "delivered",
            State::Undelivered => "undelivered",
            State::Failed => "failed",
        }
    }

    pub fn is_final(self) -> bool {
        self >= State::Delivered
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Given by the asking side, unique on its connection.
    pub number: u64,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// To a queue: keep this, unless it is later than `until_us` by your clock.
    Enqueue { message: Envelope, until_us: u64 },
    /// To a queue: forget these, they took another way.
    Void(Vec<Sid>),
    /// To a queue: hand out as long as fewer than `credit` are unacknowledged. Answered with
    /// deliveries, all under this ask's number.
    Pull { credit: u32 },
    /// To a queue: done with it.
    Ack(Sid),
    /// To a queue: hand it out again after so long.
    Nack { sid: Sid, delay_ms: u64 },
    /// To a gateway: submit now, past the queue.
    Submit(Envelope),
    /// To the edge: tell the sender.
    Status(Status),
    /// To the edge: ask the gateways whose receipt this is. To a gateway: is it yours?
    Receipt(Receipt),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub number: u64,
    pub what: Reply,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// It is done, and safe as far as the ask promises.
    Done,
    /// It was not done and will not be.
    Refused(String),
    /// It may have been done.
    Unknown(String),
    /// `again`: it may have been handed out before.
    Delivery { message: Envelope, again: bool },
}

/// Postcard of anything above.
pub fn encode<T: Serialize>(value: &T) -> Bytes {
    // Postcard fails only on values of unknown length, which these are not.
    postcard::to_stdvec(value).unwrap_or_default().into()
}

pub fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}
