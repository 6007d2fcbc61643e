//! Protocols: HTTP, TLS, DNS, frames, Toxiproxy API, SIP, SMPP, TwiML, vendor APIs, status of gateways.

mod calendar;
pub mod dns;
pub mod frames;
pub mod http;
pub mod jasmin;
pub mod json_api;
pub mod kannel;
mod number;
pub mod outbox;
pub mod sip;
pub mod smpp;
pub mod tls;
pub mod twilio;
pub mod twiml;
pub mod vonage;

pub use number::is_number;
