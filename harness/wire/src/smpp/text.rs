//! Message text and its octets: GSM 03.38 (one septet an octet, as SMPP carries it), Latin-1, UCS-2.
//!
//! National shift tables are not known here; what cannot be read becomes U+FFFD.

use rusmpp::values::DataCoding;
use std::borrow::Cow;

/// The basic character set of 3GPP TS 23.038, 6.2.1; 0x1B is the escape to the extension.
const BASIC: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å', 'Δ', '_',
    'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', '\u{1b}', 'Æ', 'æ', 'ß', 'É', ' ', '!', '"', '#',
    '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/', '0', '1', '2', '3', '4', '5', '6',
    '7', '8', '9', ':', ';', '<', '=', '>', '?', '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I',
    'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö',
    'Ñ', 'Ü', '§', '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
];

/// 3GPP TS 23.038, 6.2.1.1.
const EXTENSION: [(u8, char); 10] = [
    (0x0A, '\u{0c}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2F, '\\'),
    (0x3C, '['),
    (0x3D, '~'),
    (0x3E, ']'),
    (0x40, '|'),
    (0x65, '€'),
];

const ESCAPE: u8 = 0x1B;

/// Octets of one short message or part with and without a header, by coding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    Gsm,
    Ucs2,
}

impl Alphabet {
    /// Octets of a message that needs no parts.
    pub fn single(self) -> usize {
        match self {
            Alphabet::Gsm => 160,
            Alphabet::Ucs2 => 140,
        }
    }

    pub fn data_coding(self) -> DataCoding {
        match self {
            Alphabet::Gsm => DataCoding::McSpecific,
            Alphabet::Ucs2 => DataCoding::Ucs2,
        }
    }
}

/// The smallest alphabet that holds `text`, and the text in it.
pub fn encode(text: &str) -> (Alphabet, Vec<u8>) {
    match gsm(text) {
        Some(octets) => (Alphabet::Gsm, octets),
        None => (Alphabet::Ucs2, text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    }
}

fn gsm(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    for c in text.chars() {
        if same(c as u32) {
            out.push(c as u8);
        } else if let Some(septet) = BASIC.iter().position(|b| *b == c && c != '\u{1b}') {
            out.push(septet as u8);
        } else {
            let (septet, _) = EXTENSION.iter().find(|(_, e)| *e == c)?;
            out.extend([ESCAPE, *septet]);
        }
    }
    Some(out)
}

/// The text of `octets` in `coding`. Codings this table does not know are read as Latin-1, in which
/// letters and digits keep their places.
pub fn decode(coding: DataCoding, octets: &[u8]) -> Cow<'_, str> {
    match coding {
        DataCoding::Ucs2 => Cow::Owned(ucs2(octets)),
        // 0xF0 and above: message class, GSM alphabet or 8-bit data in bit 2.
        DataCoding::Other(other) if other & 0xF4 == 0xF0 => gsm_text(octets),
        DataCoding::McSpecific => gsm_text(octets),
        _ => match std::str::from_utf8(octets) {
            Ok(text) if octets.is_ascii() => Cow::Borrowed(text),
            _ => Cow::Owned(octets.iter().map(|octet| char::from(*octet)).collect()),
        },
    }
}

fn ucs2(octets: &[u8]) -> String {
    let units = octets.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

fn gsm_text(octets: &[u8]) -> Cow<'_, str> {
    if octets.iter().all(|octet| same(u32::from(*octet)))
        && let Ok(text) = std::str::from_utf8(octets)
    {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(octets.len());
    let mut rest = octets.iter();
    while let Some(octet) = rest.next() {
        out.push(match *octet {
            ESCAPE => rest
                .next()
                .and_then(|next| EXTENSION.iter().find(|(septet, _)| septet == next))
                .map_or(char::REPLACEMENT_CHARACTER, |(_, c)| *c),
            septet if septet < 128 => BASIC[usize::from(septet)],
            _ => char::REPLACEMENT_CHARACTER,
        });
    }
    Cow::Owned(out)
}

/// Whether the GSM alphabet has this ASCII character at its ASCII place.
fn same(c: u32) -> bool {
    matches!(c, 0x0A | 0x0D | 0x20..=0x23 | 0x25..=0x3F | 0x41..=0x5A | 0x61..=0x7A)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_gsm_character_goes_there_and_back() {
        let basic: String = BASIC.iter().filter(|c| **c != '\u{1b}').collect();
        let extension: String = EXTENSION.iter().map(|(_, c)| *c).collect();
        for text in [basic, extension] {
            let (alphabet, octets) = encode(&text);
            assert_eq!(alphabet, Alphabet::Gsm);
            assert_eq!(decode(alphabet.data_coding(), &octets), text);
        }
        assert_eq!(encode("$@").1, [0x02, 0x00]);
    }

    #[test]
    fn a_token_is_found_in_every_coding() {
        let text = format!("Kode Anda 4711 {}.", squall_model::token::encode(99));
        let latin = text.as_bytes();
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for (coding, octets) in [
            (DataCoding::McSpecific, latin),
            (DataCoding::Ia5, latin),
            (DataCoding::Latin1, latin),
            (DataCoding::Cyrillic, latin),
            (DataCoding::Other(0xF0), latin),
            (DataCoding::Ucs2, &wide),
        ] {
            assert_eq!(squall_model::token::find(&decode(coding, octets)), Some(99), "{coding:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_survives(text in "\\PC{0,100}") {
            let (alphabet, octets) = encode(&text);
            prop_assert_eq!(decode(alphabet.data_coding(), &octets), text);
        }

        #[test]
        fn any_octets_can_be_read(coding: u8, octets in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode(DataCoding::from(coding), &octets);
        }
    }
}
