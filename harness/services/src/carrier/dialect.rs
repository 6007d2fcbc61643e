//! What a protocol brings to the carrier: the port it is spoken on, its codes for refusals, its
//! front. A new protocol is its folder and its line in [`Dialect::of`].

use super::{Carrier, json, sip, smpp, twilio, voice, vonage};
use squall_model::stack::CarrierProtocol;
use squall_platform::Listener;
use squall_platform::running::{Done, Stopping};
use std::sync::Arc;

pub(super) struct Dialect {
    /// Name of the port that takes traffic.
    pub port: &'static str,
    /// What is accepted is on its handset at that instant; else when its receipt would be due.
    pub lands_at_once: bool,
    /// Senders are told of outcomes later on.
    pub receipts: bool,
    pub codes: Codes,
    pub serve: fn(Arc<Carrier>, Listener, Stopping, Done),
}

/// Refusals in the protocol's own numbers.
pub(super) struct Codes {
    /// Over the account's rate.
    pub throttled: u32,
    pub queue_full: u32,
    pub system_error: u32,
    /// Not this message, not now and not later.
    pub rejected: u32,
    /// Reads a code as people write it; `None` where the protocol has none such.
    pub read: fn(&str) -> Option<u32>,
    /// As the log writes it.
    pub show: fn(u32) -> String,
}

impl Dialect {
    pub(super) fn of(protocol: CarrierProtocol) -> &'static Dialect {
        match protocol {
            CarrierProtocol::Smpp => &smpp::DIALECT,
            CarrierProtocol::Twilio => &twilio::DIALECT,
            CarrierProtocol::Vonage => &vonage::DIALECT,
            CarrierProtocol::Json => &json::DIALECT,
            CarrierProtocol::Voice => &voice::DIALECT,
            CarrierProtocol::Sip => &sip::DIALECT,
        }
    }
}

/// A whole number, decimal or with `0x`.
pub(super) fn number(raw: &str) -> Option<u32> {
    match raw.strip_prefix("0x").or_else(|| raw.strip_prefix("0X")) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => raw.parse().ok(),
    }
}

/// A bare HTTP status of a failure.
pub(super) fn is_http(code: u32) -> bool {
    (400..=599).contains(&code)
}
