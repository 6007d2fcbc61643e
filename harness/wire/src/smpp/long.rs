//! Messages longer than one submit: taken apart, and put together again.
//!
//! Both usual ways are known: a user data header (3GPP TS 23.040, 9.2.3.24.1 and .8) and the SAR
//! TLVs (SMPP 3.4, 5.3.2.22 ff.). Each part is a submit of its own, with a message id of its own.

use crate::smpp::text::{self, Alphabet};
use crate::smpp::{plain, short_message};
use rusmpp::pdus::SubmitSm;
use rusmpp::tlvs::{MessageSubmissionRequestTlvValue as Tlv, TlvValue};
use rusmpp::values::EsmClass;
use std::collections::BTreeMap;

const UDH_INDICATOR: u8 = 0x40;

/// How the parts of a long message name their whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concatenation {
    Udh8(u8),
    Udh16(u16),
    Sar(u16),
}

/// A part's place in its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub reference: u16,
    pub total: u8,
    /// From 1.
    pub number: u8,
}

/// The submits that carry `text`: copies of `sm`, one where it fits into one.
/// `None` for a text of more than 255 parts.
pub fn split(sm: &SubmitSm, text: &str, how: Concatenation) -> Option<Vec<SubmitSm>> {
    let (alphabet, octets) = text::encode(text);
    let mut sm = sm.clone();
    sm.data_coding = alphabet.data_coding();
    if octets.len() <= alphabet.single() {
        sm.esm_class = plain();
        sm.set_short_message(short_message(octets)?);
        return Some(vec![sm]);
    }
    let chunks = cut(&octets, alphabet, how);
    let total = u8::try_from(chunks.len()).ok()?;
    chunks
        .into_iter()
        .zip(1..=total)
        .map(|(chunk, number)| part(&sm, chunk, how, total, number))
        .collect()
}

/// The texts of the parts that carry `text`, where the server takes it apart: one where it fits into
/// one short message.
pub fn texts(text: &str) -> Vec<String> {
    let (alphabet, octets) = text::encode(text);
    if octets.len() <= alphabet.single() {
        return vec![text.to_owned()];
    }
    // Headers of parts as handsets get them take six octets, as with an eight-bit reference.
    let chunks = cut(&octets, alphabet, Concatenation::Udh8(0));
    let decode = |chunk| text::decode(alphabet.data_coding(), chunk).into_owned();
    chunks.into_iter().map(decode).collect()
}

/// Cuts so that neither an escape sequence nor a surrogate pair is torn.
fn cut(octets: &[u8], alphabet: Alphabet, how: Concatenation) -> Vec<&[u8]> {
    let room = match (alphabet, how) {
        (Alphabet::Gsm, Concatenation::Udh16(_)) => 152,
        (Alphabet::Gsm, _) => 153,
        (Alphabet::Ucs2, Concatenation::Udh16(_)) => 132,
        (Alphabet::Ucs2, _) => 134,
    };
    let mut chunks = Vec::with_capacity(octets.len() / room + 1);
    let mut rest = octets;
    while rest.len() > room {
        let torn = match alphabet {
            Alphabet::Gsm if rest[room - 1] == 0x1B => 1,
            Alphabet::Ucs2 if rest[room - 2] & 0xFC == 0xD8 => 2,
            _ => 0,
        };
        let (chunk, tail) = rest.split_at(room - torn);
        chunks.push(chunk);
        rest = tail;
    }
    chunks.push(rest);
    chunks
}

fn part(sm: &SubmitSm, chunk: &[u8], how: Concatenation, total: u8, n: u8) -> Option<SubmitSm> {
    let mut sm = sm.clone();
    let mut octets = match how {
        Concatenation::Udh8(reference) => vec![5, 0, 3, reference, total, n],
        Concatenation::Udh16(reference) => {
            let [high, low] = reference.to_be_bytes();
            vec![6, 8, 4, high, low, total, n]
        }
        Concatenation::Sar(reference) => {
            sm.push_tlv(Tlv::SarMsgRefNum(reference));
            sm.push_tlv(Tlv::SarTotalSegments(total));
            sm.push_tlv(Tlv::SarSegmentSeqnum(n));
            Vec::new()
        }
    };
    let header = if octets.is_empty() { 0 } else { UDH_INDICATOR };
    sm.esm_class = EsmClass::from(header);
    octets.extend_from_slice(chunk);
    sm.set_short_message(short_message(octets)?);
    Some(sm)
}

/// A submit's place in a long message, where it has one, and its octets without any header.
pub fn part_of(sm: &SubmitSm) -> (Option<Part>, &[u8]) {
    let mut octets = sm.short_message().as_ref();
    let (mut reference, mut total, mut number) = (None, None, None);
    for tlv in sm.tlvs() {
        match tlv.value() {
            Some(TlvValue::MessagePayload(payload)) if octets.is_empty() => {
                octets = payload.value.as_ref();
            }
            Some(TlvValue::SarMsgRefNum(value)) => reference = Some(*value),
            Some(TlvValue::SarTotalSegments(value)) => total = Some(*value),
            Some(TlvValue::SarSegmentSeqnum(value)) => number = Some(*value),
            _ => {}
        }
    }
    if u8::from(sm.esm_class) & UDH_INDICATOR != 0
        && let Some((part, rest)) = user_data_header(octets)
    {
        return (part, rest);
    }
    let part = match (reference, total, number) {
        (Some(reference), Some(total), Some(number)) => sound(reference, total, number),
        _ => None,
    };
    (part, octets)
}

/// `None` where the header reaches past its message.
fn user_data_header(octets: &[u8]) -> Option<(Option<Part>, &[u8])> {
    let (length, rest) = octets.split_first()?;
    let (mut elements, text) = rest.split_at_checked(usize::from(*length))?;
    let mut part = None;
    while let [id, length, rest @ ..] = elements {
        let (value, next) = rest.split_at_checked(usize::from(*length))?;
        match (id, value) {
            (0x00, [reference, total, number]) => {
                part = sound(u16::from(*reference), *total, *number);
            }
            (0x08, [high, low, total, number]) => {
                part = sound(u16::from_be_bytes([*high, *low]), *total, *number);
            }
            _ => {}
        }
        elements = next;
    }
    Some((part, text))
}

/// A total of one is a whole message; numbers outside 1..=total mean nothing and are ignored.
fn sound(reference: u16, total: u8, number: u8) -> Option<Part> {
    (total > 1 && (1..=total).contains(&number)).then_some(Part { reference, total, number })
}

/// Puts parts together. Holds at most `limit` unfinished messages and drops the oldest above it.
#[derive(Debug)]
pub struct Reassembly {
    limit: usize,
    started: u64,
    open: BTreeMap<Key, Unfinished>,
    order: BTreeMap<u64, Key>,
}

type Key = (String, String, u16, u8);

#[derive(Debug)]
struct Unfinished {
    started: u64,
    parts: BTreeMap<u8, String>,
}

/// What a part made of its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assembled {
    /// Others are still to come, or this one was here before.
    Incomplete,
    Whole(String),
}

impl Reassembly {
    pub fn new(limit: usize) -> Self {
        Reassembly {
            limit: limit.max(1),
            started: 0,
            open: BTreeMap::new(),
            order: BTreeMap::new(),
        }
    }

    /// Adds the text of one part from `source` to `destination`.
    pub fn add(&mut self, source: &str, destination: &str, part: Part, text: &str) -> Assembled {
        let key = (source.to_owned(), destination.to_owned(), part.reference, part.total);
        let next = self.started;
        let entry = self
            .open
            .entry(key.clone())
            .or_insert_with(|| Unfinished { started: next, parts: BTreeMap::new() });
        if entry.started == next && entry.parts.is_empty() {
            self.started += 1;
            self.order.insert(next, key.clone());
        }
        entry.parts.entry(part.number).or_insert_with(|| text.to_owned());
        if entry.parts.len() == usize::from(part.total) {
            let whole: String = entry.parts.values().map(String::as_str).collect();
            self.order.remove(&entry.started);
            self.open.remove(&key);
            return Assembled::Whole(whole);
        }
        if self.open.len() > self.limit
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.open.remove(&oldest);
        }
        Assembled::Incomplete
    }

    /// Messages with parts still missing.
    pub fn unfinished(&self) -> usize {
        self.open.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn put_together(parts: &[SubmitSm]) -> Option<String> {
        let mut reassembly = Reassembly::new(10);
        let mut whole = None;
        for sm in parts {
            let (part, octets) = part_of(sm);
            let text = text::decode(sm.data_coding, octets);
            match part {
                None => return Some(text.into_owned()),
                Some(part) => {
                    if let Assembled::Whole(text) = reassembly.add("a", "b", part, &text) {
                        whole = Some(text);
                    }
                }
            }
        }
        assert_eq!(reassembly.unfinished(), 0);
        whole
    }

    #[test]
    fn single_messages_stay_whole() {
        let text = "x".repeat(160);
        let parts = split(&SubmitSm::default(), &text, Concatenation::Udh8(1)).expect("splits");
        assert_eq!(parts.len(), 1);
        assert_eq!(u8::from(parts[0].esm_class), 0);
        let parts = split(&SubmitSm::default(), &(text + "x"), Concatenation::Udh8(1));
        assert_eq!(parts.expect("splits").len(), 2);
    }

    #[test]
    fn a_repeated_part_does_not_finish_a_message() {
        let mut reassembly = Reassembly::new(10);
        let part = Part { reference: 1, total: 2, number: 1 };
        assert_eq!(reassembly.add("a", "b", part, "x"), Assembled::Incomplete);
        assert_eq!(reassembly.add("a", "b", part, "x"), Assembled::Incomplete);
        let part = Part { number: 2, ..part };
        assert_eq!(reassembly.add("a", "c", part, "y"), Assembled::Incomplete);
        assert_eq!(reassembly.add("a", "b", part, "y"), Assembled::Whole("xy".into()));
    }

    #[test]
    fn the_oldest_unfinished_message_makes_room() {
        let mut reassembly = Reassembly::new(3);
        for reference in 0..10 {
            reassembly.add("a", "b", Part { reference, total: 2, number: 1 }, "x");
            assert!(reassembly.unfinished() <= 3);
        }
        let part = Part { reference: 9, total: 2, number: 2 };
        assert_eq!(reassembly.add("a", "b", part, "y"), Assembled::Whole("xy".into()));
        let part = Part { reference: 0, total: 2, number: 2 };
        assert_eq!(reassembly.add("a", "b", part, "y"), Assembled::Incomplete);
    }

    proptest! {
        #[test]
        fn split_and_reassembly_agree(
            text in "[a-zA-Z0-9 {}€éλ😀]{0,700}",
            kind in 0..3u8,
            reference: u16,
            backwards: bool,
        ) {
            let how = match kind {
                0 => Concatenation::Udh8(reference as u8),
                1 => Concatenation::Udh16(reference),
                _ => Concatenation::Sar(reference),
            };
            let mut parts = split(&SubmitSm::default(), &text, how).expect("splits");
            for part in &parts {
                prop_assert!(part.short_message().len() <= 160);
            }
            if backwards {
                parts.reverse();
            }
            prop_assert_eq!(texts(&text).concat(), text.clone());
            prop_assert_eq!(put_together(&parts), Some(text));
        }

        #[test]
        fn random_headers_never_panic(octets in proptest::collection::vec(any::<u8>(), 0..250)) {
            let sm = SubmitSm::builder()
                .esm_class(EsmClass::from(UDH_INDICATOR))
                .short_message(short_message(octets).expect("short"))
                .build();
            let _ = part_of(&sm);
        }
    }
}
