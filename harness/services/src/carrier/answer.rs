//! Refusals in each protocol's own codes.

use squall_model::stack::CarrierProtocol;
use squall_wire::twilio::ErrorBody;

/// A command_status, a Twilio error code, or a bare HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Code(pub u32);

/// "Over the account's rate".
pub(super) fn throttled(protocol: CarrierProtocol) -> Code {
    Code(if protocol == CarrierProtocol::Smpp { 0x58 } else { 20429 })
}

/// Reads the `answer` of a refusal.
///
/// # Errors
/// What it should have been.
pub(super) fn parse(protocol: CarrierProtocol, answer: &str) -> Result<Code, String> {
    let smpp = protocol == CarrierProtocol::Smpp;
    let code = match answer {
        "throttled" => return Ok(throttled(protocol)),
        "queue full" if smpp => 0x14,
        "queue full" => 21611,
        "system error" if smpp => 0x08,
        "system error" => 20500,
        "rejected" if smpp => 0x45,
        "rejected" => 21610,
        raw => number(raw).ok_or_else(|| format!("cannot read the answer \"{raw}\""))?,
    };
    let known = match smpp {
        true => (0x01..=0x4FF).contains(&code),
        false => (400..=599).contains(&code) || (10_000..=99_999).contains(&code),
    };
    if known { Ok(Code(code)) } else { Err(format!("\"{answer}\" is no code of this protocol")) }
}

fn number(raw: &str) -> Option<u32> {
    match raw.strip_prefix("0x").or_else(|| raw.strip_prefix("0X")) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => raw.parse().ok(),
    }
}

impl Code {
    /// As the log writes it.
    pub(super) fn text(self, protocol: CarrierProtocol) -> String {
        match protocol {
            CarrierProtocol::Smpp => format!("0x{:02X}", self.0),
            _ => self.0.to_string(),
        }
    }

    pub(super) fn error_body(self) -> ErrorBody {
        match u16::try_from(self.0) {
            Ok(status @ 400..=599) => {
                ErrorBody::new(status, 20_000 + self.0, "The request was refused")
            }
            _ => ErrorBody::of(self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_raw_codes_are_read() {
        use CarrierProtocol::{Smpp, Twilio};
        for (protocol, answer, code) in [
            (Smpp, "queue full", 0x14),
            (Smpp, "system error", 0x08),
            (Smpp, "rejected", 0x45),
            (Smpp, "0x58", 0x58),
            (Smpp, "88", 0x58),
            (Twilio, "queue full", 21611),
            (Twilio, "21211", 21211),
            (Twilio, "503", 503),
        ] {
            assert_eq!(parse(protocol, answer), Ok(Code(code)), "{answer}");
        }
        for (protocol, answer) in
            [(Smpp, "0"), (Smpp, "21611"), (Smpp, "full"), (Twilio, "200"), (Twilio, "0x58")]
        {
            assert!(parse(protocol, answer).is_err(), "{answer}");
        }
        assert_eq!(Code(503).error_body().status, 503);
        assert_eq!(Code(21611).error_body().status, 429);
        assert_eq!(Code(0x58).text(Smpp), "0x58");
    }
}
