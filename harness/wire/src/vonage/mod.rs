//! Vonage's SMS API (`POST /sms/json`), as both a server and a client of it need it.
//!
//! Shapes on the wire only: requests, answers and delivery receipts. The HTTP status is always 200;
//! what was refused says so in its entry of the answer, one a part of the message. Not here: the
//! signed requests and signed receipts, inbound messages, and message types but plain text.

mod answer;
mod create;
mod fields;
mod receipt;

pub use answer::{Answer, Entry, Refusal, error_text};
pub use create::Create;
pub use receipt::{Receipt, Status, timestamp};

/// Where messages are created.
pub const PATH: &str = "/sms/json";

const JSON: &str = "application/json";

/// Statuses of an answer's entries (developer.vonage.com/api-errors/sms).
pub mod status {
    pub const OK: u32 = 0;
    pub const THROTTLED: u32 = 1;
    pub const MISSING: u32 = 2;
    pub const INVALID: u32 = 3;
    pub const CREDENTIALS: u32 = 4;
    pub const INTERNAL: u32 = 5;
    pub const BARRED: u32 = 7;
    /// More at once than the account may have open; back off and try again.
    pub const TOO_MANY: u32 = 10;
}

/// How a message id is written: a UUID's digits and dashes.
pub fn message_id(number: u128) -> String {
    let mut id = format!("{number:032x}");
    for dash in [20, 16, 12, 8] {
        id.insert(dash, '-');
    }
    id
}

/// The number of a message id. `None` for what [`message_id`] does not write.
pub fn read_id(id: &str) -> Option<u128> {
    let number = u128::from_str_radix(&id.replace('-', ""), 16).ok()?;
    (message_id(number) == id).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_ids_go_there_and_back() {
        let id = message_id(0x0123_4567_89ab_cdef_0011_2233_4455_6677);
        assert_eq!(id, "01234567-89ab-cdef-0011-223344556677");
        assert_eq!(read_id(&id), Some(0x0123_4567_89ab_cdef_0011_2233_4455_6677));
        for wrong in ["", "x", "0123456789abcdef0011223344556677", "01234567-89AB"] {
            assert_eq!(read_id(wrong), None, "{wrong}");
        }
    }
}
