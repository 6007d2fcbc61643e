//! Protocols: HTTP, TLS, DNS, frames, Toxiproxy API, SMPP, vendor APIs.

mod calendar;
pub mod dns;
pub mod frames;
pub mod http;
pub mod json_api;
mod number;
pub mod smpp;
pub mod tls;
pub mod twilio;
pub mod vonage;
