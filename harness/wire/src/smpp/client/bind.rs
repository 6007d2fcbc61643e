//! How an ESME binds, and what can go wrong.

use crate::smpp::c_string;
use rusmpp::Pdu;
use rusmpp::pdus::{BindReceiver, BindTransceiver, BindTransmitter};
use rusmpp::types::COctetString;
use rusmpp::values::InterfaceVersion;
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindMode {
    Transmitter,
    Receiver,
    Transceiver,
}

/// How to bind.
#[derive(Clone, Debug)]
pub struct Bind {
    pub mode: BindMode,
    /// At most 15 octets, see [`crate::smpp::credentials`].
    pub system_id: String,
    /// At most 8 octets.
    pub password: String,
    /// What kind of system binds, by its own account; at most 12 octets.
    pub system_type: String,
    /// Submits without an answer at any time.
    pub window: usize,
    /// For the connection and the bind together.
    pub bind_timeout: Duration,
    /// For each answer; then the submit is [`SubmitError::Indeterminate`].
    pub response_timeout: Duration,
    /// Silence after which an enquire_link is sent.
    pub enquire_after: Duration,
}

impl Bind {
    /// A transceiver with the usual timers and a window of 100.
    pub fn transceiver(system_id: &str, password: &str) -> Bind {
        Bind {
            mode: BindMode::Transceiver,
            system_id: system_id.to_owned(),
            password: password.to_owned(),
            system_type: String::new(),
            window: 100,
            bind_timeout: Duration::from_secs(10),
            response_timeout: Duration::from_secs(10),
            enquire_after: Duration::from_secs(30),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum BindError {
    #[error("not connected: {0}")]
    Connect(String),
    #[error("bind refused with 0x{0:02X}")]
    Refused(u32),
    #[error("no answer to the bind: {0}")]
    Unanswered(String),
    #[error("{0} does not fit its field")]
    Field(&'static str),
}

pub(super) fn bind_request(bind: &Bind) -> Result<Pdu, BindError> {
    let system_id: COctetString<1, 16> =
        c_string(&bind.system_id).ok_or(BindError::Field("system_id"))?;
    let password: COctetString<1, 9> =
        c_string(&bind.password).ok_or(BindError::Field("password"))?;
    let system_type: COctetString<1, 13> =
        c_string(&bind.system_type).ok_or(BindError::Field("system_type"))?;
    let version = InterfaceVersion::Smpp3_4;
    // Three PDUs of one shape, which share no trait.
    macro_rules! bound {
        ($pdu:ident) => {
            $pdu::builder()
                .system_id(system_id)
                .password(password)
                .system_type(system_type)
                .interface_version(version)
                .build()
                .into()
        };
    }
    Ok(match bind.mode {
        BindMode::Transmitter => bound!(BindTransmitter),
        BindMode::Receiver => bound!(BindReceiver),
        BindMode::Transceiver => bound!(BindTransceiver),
    })
}
