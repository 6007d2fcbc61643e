//! Delivery receipts: appendix-B text and TLVs, both written and both read.

use crate::smpp::{c_string, date, short_message};
use rusmpp::pdus::DeliverSm;
use rusmpp::tlvs::{MessageDeliveryRequestTlvValue, TlvValue};
use rusmpp::values::{ErrorCodeNetworkType, EsmClass, MessageState, MessageType, NetworkErrorCode};

/// esm_class of a receipt (SMPP 3.4, 5.2.12).
pub const ESM_CLASS: u8 = 0x04;

/// What a receipt says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub message_id: String,
    pub state: MessageState,
    pub submitted_us: u64,
    pub done_us: u64,
    /// Network error code, 0 for none.
    pub error: u16,
    /// Up to 20 characters of the message.
    pub text: String,
}

impl Receipt {
    /// `id:… sub:001 dlvrd:… submit date:… done date:… stat:… err:… text:…`
    pub fn to_text(&self) -> String {
        format!(
            "id:{} sub:001 dlvrd:{} submit date:{} done date:{} stat:{} err:{:03} text:{}",
            self.message_id,
            if self.state == MessageState::Delivered { "001" } else { "000" },
            date::receipt(self.submitted_us),
            date::receipt(self.done_us),
            name(self.state),
            self.error,
            self.text.chars().take(20).collect::<String>(),
        )
    }

    /// Reads the text; fields in any order of letter case, `text:` last.
    pub fn parse(text: &str) -> Option<Receipt> {
        let field = |key: &str| field(text, key);
        Some(Receipt {
            message_id: field("id:")?.to_owned(),
            state: state(field("stat:")?)?,
            submitted_us: field("submit date:").and_then(date::parse_receipt).unwrap_or(0),
            done_us: field("done date:").and_then(date::parse_receipt).unwrap_or(0),
            error: field("err:").and_then(|err| err.parse().ok()).unwrap_or(0),
            text: after(text, "text:").unwrap_or_default().to_owned(),
        })
    }

    /// The deliver_sm that carries this receipt back: addresses swapped, as
    /// `source` the handset's number and as `destination` the original sender.
    pub fn deliver_sm(&self, source: &str, destination: &str) -> DeliverSm {
        let mut tlvs = Vec::with_capacity(3);
        if let Some(id) = c_string(&self.message_id) {
            tlvs.push(MessageDeliveryRequestTlvValue::ReceiptedMessageId(id));
        }
        tlvs.push(MessageDeliveryRequestTlvValue::MessageState(self.state));
        if self.error != 0 {
            let code = NetworkErrorCode::new(ErrorCodeNetworkType::Gsm, self.error);
            tlvs.push(MessageDeliveryRequestTlvValue::NetworkErrorCode(code));
        }
        let text = self.to_text().into_bytes();
        DeliverSm::builder()
            .source_addr(c_string(source).unwrap_or_default())
            .destination_addr(c_string(destination).unwrap_or_default())
            .esm_class(EsmClass::from(ESM_CLASS))
            .short_message(short_message(text).unwrap_or_default())
            .tlvs(tlvs)
            .build()
    }

    /// Reads a receipt out of a deliver_sm; `None` where it is none. TLVs win over the text.
    pub fn from_deliver_sm(sm: &DeliverSm) -> Option<Receipt> {
        let class = sm.esm_class.message_type;
        if class != MessageType::ShortMessageContainsMCDeliveryReceipt {
            return None;
        }
        let text = super::text::decode(sm.data_coding, sm.short_message().as_ref());
        let mut receipt = Receipt::parse(&text);
        let mut id = None;
        for tlv in sm.tlvs() {
            match tlv.value() {
                Some(TlvValue::ReceiptedMessageId(value)) => id = Some(value.as_str().to_owned()),
                Some(TlvValue::MessageState(state)) => {
                    let receipt = receipt.get_or_insert_with(|| Receipt::blank(*state));
                    receipt.state = *state;
                }
                _ => {}
            }
        }
        let mut receipt = receipt?;
        receipt.message_id = id.unwrap_or(receipt.message_id);
        Some(receipt).filter(|receipt| !receipt.message_id.is_empty())
    }

    fn blank(state: MessageState) -> Receipt {
        Receipt {
            message_id: String::new(),
            state,
            submitted_us: 0,
            done_us: 0,
            error: 0,
            text: String::new(),
        }
    }
}

/// The seven letters of appendix B.
pub fn name(state: MessageState) -> &'static str {
    match state {
        MessageState::Delivered => "DELIVRD",
        MessageState::Expired => "EXPIRED",
        MessageState::Deleted => "DELETED",
        MessageState::Undeliverable => "UNDELIV",
        MessageState::Accepted => "ACCEPTD",
        MessageState::Rejected => "REJECTD",
        MessageState::Enroute | MessageState::Scheduled => "ENROUTE",
        _ => "UNKNOWN",
    }
}

fn state(name: &str) -> Option<MessageState> {
    Some(match name {
        "DELIVRD" => MessageState::Delivered,
        "EXPIRED" => MessageState::Expired,
        "DELETED" => MessageState::Deleted,
        "UNDELIV" => MessageState::Undeliverable,
        "ACCEPTD" => MessageState::Accepted,
        "REJECTD" => MessageState::Rejected,
        "ENROUTE" => MessageState::Enroute,
        "UNKNOWN" => MessageState::Unknown,
        _ => return None,
    })
}

fn field<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    after(text, key)?.split(' ').next()
}

/// What follows `key` where a field begins. Only the message's own text may come after `text:`.
fn after<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let fields = if key == "text:" {
        text
    } else {
        text.find("text:").or_else(|| text.find("Text:")).map_or(text, |end| &text[..end])
    };
    let mut from = 0;
    while let Some(rest) = fields.get(from..) {
        let found = from + find_ignore_case(rest, key)?;
        // "id:" must not be found in "subid:", nor "date:" where "done date:" is asked for.
        if found == 0 || fields.as_bytes()[found - 1] == b' ' {
            return text.get(found + key.len()..).map(|rest| {
                if key == "text:" {
                    rest
                } else {
                    &rest[..rest.len().min(fields.len() - found - key.len())]
                }
            });
        }
        from = found + key.len();
    }
    None
}

fn find_ignore_case(text: &str, key: &str) -> Option<usize> {
    text.as_bytes().windows(key.len()).position(|w| w.eq_ignore_ascii_case(key.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn receipt() -> Receipt {
        Receipt {
            message_id: "a1b2".into(),
            state: MessageState::Expired,
            submitted_us: 1_768_026_600_000_000,
            done_us: 1_768_026_660_000_000,
            error: 27,
            text: "Your code is id:9 st".into(),
        }
    }

    #[test]
    fn text_and_deliver_sm_go_there_and_back() {
        let text = receipt().to_text();
        assert_eq!(
            text,
            "id:a1b2 sub:001 dlvrd:000 submit date:2601100630 done date:2601100631 \
             stat:EXPIRED err:027 text:Your code is id:9 st"
        );
        assert_eq!(Receipt::parse(&text), Some(receipt()));
        let sm = receipt().deliver_sm("+62001", "SQUALL");
        assert_eq!(u8::from(sm.esm_class), ESM_CLASS);
        assert_eq!(Receipt::from_deliver_sm(&sm), Some(receipt()));
        assert_eq!(sm.source_addr.as_str(), "+62001");
    }

    #[test]
    fn tlvs_are_enough_and_other_messages_are_no_receipts() {
        let mut sm = receipt().deliver_sm("1", "2");
        sm.set_short_message(short_message(b"nothing readable".to_vec()).expect("short"));
        let read = Receipt::from_deliver_sm(&sm).expect("by its TLVs");
        assert_eq!((read.message_id.as_str(), read.state), ("a1b2", MessageState::Expired));
        sm.esm_class = crate::smpp::plain();
        assert_eq!(Receipt::from_deliver_sm(&sm), None);
    }

    #[test]
    fn carriers_own_spellings_are_read() {
        let read = Receipt::parse(
            "id:7 sub:1 dlvrd:1 submit date:260110063000 done date:260110063001 stat:DELIVRD err:abc Text:x",
        );
        let read = read.expect("reads");
        assert_eq!((read.state, read.error, read.text.as_str()), (MessageState::Delivered, 0, "x"));
        assert_eq!(Receipt::parse("hello stat:DELIVRD"), None);
        assert_eq!(Receipt::parse("id:7 stat:NOSTATE"), None);
    }

    proptest! {
        #[test]
        fn any_text_can_be_read(text in "(id:|stat:|text:|é|DELIVRD| |\\PC){0,20}") {
            let _ = Receipt::parse(&text);
        }
    }
}
