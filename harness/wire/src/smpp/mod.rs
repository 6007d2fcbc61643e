//! SMPP v3.4 over `rusmpp`'s codec: framing that trusts no length, a session both sides share, and
//! an ESME client.
//!
//! PDUs are `rusmpp`'s own types, re-exported here. What this module adds: [`frame`] (one PDU out of
//! a byte stream, or the reason it is none), [`session`] (reader, and an outbox that coalesces
//! writes), [`client`] (bind, windowed submit, receipts), [`receipt`], [`text`] and [`long`].
//! Nothing here knows what a carrier or a gateway does with a message.

pub mod client;
pub mod date;
pub mod frame;
pub mod long;
pub mod receipt;
pub mod session;
pub mod text;

pub use client::{Bind, BindError, BindMode, Client, Deliveries, Delivery, SubmitError};
pub use frame::{Header, Incoming, LengthError, MAX_PDU, MAX_SHORT_MESSAGE, MIN_PDU};
pub use long::{Assembled, Concatenation, Part, Reassembly};
pub use receipt::Receipt;
pub use rusmpp::{self, Command, CommandId, CommandStatus, Pdu, pdus, tlvs, types, values};
pub use session::{Outbox, Reader, SessionError};

use rusmpp::types::{COctetString, EmptyOrFullCOctetString, OctetString};
use rusmpp::values::EsmClass;
use std::str::FromStr;

/// A NUL-terminated string field; `None` where it is too long or not ASCII.
pub fn c_string<const MIN: usize, const MAX: usize>(text: &str) -> Option<COctetString<MIN, MAX>> {
    COctetString::from_str(text).ok()
}

/// A time field: empty, or 16 characters; `None` for anything else.
pub fn time_string(text: &str) -> Option<EmptyOrFullCOctetString<17>> {
    EmptyOrFullCOctetString::from_str(text).ok()
}

/// A short message; `None` above [`MAX_SHORT_MESSAGE`] octets.
pub fn short_message(octets: Vec<u8>) -> Option<OctetString<0, 255>> {
    if octets.len() > MAX_SHORT_MESSAGE {
        return None;
    }
    OctetString::from_vec(octets).ok()
}

/// esm_class of a plain message. `EsmClass::default()` is no such thing: `rusmpp` 0.4 encodes it as
/// 0x08, "delivery acknowledgement".
pub fn plain() -> EsmClass {
    EsmClass::from(0)
}

/// The system id and password that stand for a stack's account: SMPP has room for 15 and 8 octets.
pub fn credentials<'a>(account: &'a str, secret: &'a str) -> (&'a str, &'a str) {
    (truncate(account, 15), truncate(secret, 8))
}

fn truncate(text: &str, octets: usize) -> &str {
    let mut end = text.len().min(octets);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The numeric value of a status, as it stands on the wire.
pub fn code(status: CommandStatus) -> u32 {
    status.into()
}
