//! Error bodies: a code of Twilio's own beside the HTTP status.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    pub code: u32,
    pub message: String,
    pub more_info: String,
    /// The HTTP status.
    pub status: u16,
}

impl ErrorBody {
    pub fn new(status: u16, code: u32, message: &str) -> Self {
        ErrorBody {
            code,
            message: message.to_owned(),
            more_info: format!("https://www.twilio.com/docs/errors/{code}"),
            status,
        }
    }

    /// A known code with the HTTP status and words it comes with; 400 for any other.
    pub fn of(code: u32) -> Self {
        let (status, message) = match code {
            20003 => (401, "Authenticate"),
            20404 => (404, "The requested resource was not found"),
            20429 => (429, "Too Many Requests"),
            20500 => (500, "Internal Server Error"),
            20503 => (503, "Service Unavailable"),
            21211 => (400, "Invalid 'To' Phone Number"),
            21602 => (400, "Message body is required."),
            21603 => (400, "A 'From' phone number is required."),
            21604 => (400, "A 'To' phone number is required."),
            21610 => (400, "Attempt to send to unsubscribed recipient"),
            // The status of 21611 is not documented; 429 says what it means.
            21611 => (429, "This 'From' number has exceeded the maximum number of queued messages"),
            21617 => (400, "The concatenated message body exceeds the 1600 character limit"),
            21635 => (400, "'To' number cannot be a landline"),
            63017 => (429, "Account message rate exceeded"),
            _ => (400, "The request was refused"),
        };
        ErrorBody::new(status, code, message)
    }

    /// `None` where the body is none of Twilio's.
    pub fn parse(body: &[u8]) -> Option<ErrorBody> {
        serde_json::from_slice(body).ok()
    }
}
