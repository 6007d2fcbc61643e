//! Protocols: HTTP, frames, Toxiproxy API, SMPP, vendor APIs.

mod calendar;
pub mod frames;
pub mod http;
pub mod json_api;
mod number;
pub mod smpp;
pub mod twilio;
pub mod vonage;
