//! Sound files of a kind: the same octets for the same name, as long as the settings say. G.711
//! μ-law at 8,000 octets a second (RFC 3551, section 4.5.14), and nothing that anybody would listen to.

use bytes::Bytes;

/// Longest text that is read out, in characters: Twilio's bound for `<Say>`.
pub(super) const TEXT: usize = 4_096;

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sound {
    pub octets: Bytes,
    pub etag: String,
}

/// File number `number` of the customer's.
pub(super) fn file(number: u32, length: usize) -> Sound {
    sound(number, 'm', length)
}

/// `text`, read out.
pub(super) fn speech(text: &str, length: usize) -> Sound {
    sound(crc32fast::hash(text.as_bytes()), 's', length)
}

fn sound(seed: u32, kind: char, length: usize) -> Sound {
    // Marsaglia's xorshift, which stays at zero if it begins there.
    let mut state = u64::from(seed) << 1 | 1;
    let mut octets = Vec::with_capacity(length + 8);
    while octets.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        octets.extend_from_slice(&state.to_le_bytes());
    }
    octets.truncate(length);
    Sound { octets: octets.into(), etag: format!("\"{kind}{seed:x}-{length}\"") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_its_octets_and_its_tag() {
        assert_eq!(file(7, 1_001), file(7, 1_001));
        assert_eq!(file(7, 1_001).octets.len(), 1_001);
        assert_ne!(file(7, 100).octets, file(8, 100).octets);
        assert_ne!(file(7, 100).etag, speech("\u{1}", 100).etag);
        assert_ne!(file(7, 100).etag, file(7, 101).etag);
    }
}
