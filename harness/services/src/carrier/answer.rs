//! Refusals by the words of the language, in each protocol's own codes.

use super::dialect::Codes;

/// A code of the carrier's protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Code(pub u32);

/// Reads the `answer` of a refusal.
///
/// # Errors
/// What it should have been.
pub(super) fn parse(codes: &Codes, answer: &str) -> Result<Code, String> {
    let code = match answer {
        "throttled" => codes.throttled,
        "queue full" => codes.queue_full,
        "system error" => codes.system_error,
        "rejected" => codes.rejected,
        raw => (codes.read)(raw).ok_or_else(|| format!("\"{raw}\" is no code of this protocol"))?,
    };
    Ok(Code(code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::carrier::dialect::Dialect;
    use squall_model::stack::CarrierProtocol::{self, Json, Sip, Smpp, Twilio, Vonage};

    fn codes(protocol: CarrierProtocol) -> &'static Codes {
        &Dialect::of(protocol).codes
    }

    #[test]
    fn names_and_raw_codes_are_read() {
        for (protocol, answer, code) in [
            (Smpp, "queue full", 0x14),
            (Smpp, "system error", 0x08),
            (Smpp, "rejected", 0x45),
            (Smpp, "0x58", 0x58),
            (Smpp, "88", 0x58),
            (Twilio, "queue full", 21611),
            (Twilio, "21211", 21211),
            (Twilio, "503", 503),
            (Vonage, "throttled", 1),
            (Vonage, "queue full", 10),
            (Vonage, "system error", 5),
            (Vonage, "rejected", 7),
            (Vonage, "9", 9),
            (Vonage, "502", 502),
            (Json, "throttled", 429),
            (Json, "queue full", 503),
            (Json, "queue_full", 503),
            (Json, "system error", 500),
            (Json, "rejected", 422),
            (Json, "unauthorized", 401),
            (Json, "504", 504),
            (Sip, "throttled", 503),
            (Sip, "queue full", 503),
            (Sip, "system error", 500),
            (Sip, "rejected", 603),
            (Sip, "486", 486),
        ] {
            assert_eq!(parse(codes(protocol), answer), Ok(Code(code)), "{answer}");
        }
        for (protocol, answer) in [
            (Smpp, "0"),
            (Smpp, "21611"),
            (Smpp, "full"),
            (Twilio, "200"),
            (Twilio, "0x58"),
            (Vonage, "0"),
            (Vonage, "200"),
            (Vonage, "100"),
            (Json, "200"),
            (Json, "7"),
            (Json, "full"),
            (Sip, "200"),
            (Sip, "302"),
            (Sip, "700"),
        ] {
            assert!(parse(codes(protocol), answer).is_err(), "{answer}");
        }
    }

    #[test]
    fn the_log_writes_codes_as_the_protocol_does() {
        let show = |protocol, code| (codes(protocol).show)(code);
        assert_eq!(show(Smpp, 0x58), "0x58");
        assert_eq!(show(Twilio, 21611), "21611");
        assert_eq!((show(Vonage, 1), show(Vonage, 503)), ("1".into(), "HTTP 503".into()));
        assert_eq!((show(Json, 503), show(Json, 504)), ("queue_full".into(), "504".into()));
    }

    /// What the log shows can be asked for again.
    #[test]
    fn every_refusal_by_word_is_shown_as_a_code_that_is_read() {
        for protocol in [Smpp, Twilio, Vonage, Json, Sip] {
            let codes = codes(protocol);
            for code in [codes.throttled, codes.queue_full, codes.system_error, codes.rejected] {
                assert_eq!((codes.read)(&(codes.show)(code)), Some(code), "{protocol:?}");
            }
        }
    }
}
