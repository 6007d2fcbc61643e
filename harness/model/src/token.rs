//! A message's identity, carried in its text so that any gateway takes it through untouched.
//!
//! Only letters and digits, which every SMS alphabet (GSM 03.38 included) keeps as they are.

/// `SQ` + message number in 9 base-36 digits + a check letter.
const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const WIDTH: usize = 9;
const LENGTH: usize = 2 + WIDTH + 1;

/// The token of message number `message`.
pub fn encode(message: u64) -> String {
    let mut out = [b'0'; LENGTH];
    out[0] = b'S';
    out[1] = b'Q';
    let mut rest = message;
    for slot in out[2..2 + WIDTH].iter_mut().rev() {
        *slot = DIGITS[(rest % 36) as usize];
        rest /= 36;
    }
    out[LENGTH - 1] = check(&out[2..2 + WIDTH]);
    String::from_utf8_lossy(&out).into_owned()
}

/// The number of the first token in `text`, if there is one.
pub fn find(text: &str) -> Option<u64> {
    text.as_bytes().windows(LENGTH).find_map(decode)
}

/// Begins the number that a call comes from: a country code with an area that nobody has.
const CALLER: &str = "+6299";

/// The number that call `call` comes from, as a call carries no text. E.164, from a range that is
/// never assigned; platforms hand the caller's number through as they got it.
pub fn caller(call: u64) -> String {
    format!("{CALLER}{call:011}")
}

/// The call that comes from a number made by [`caller`].
pub fn of_caller(number: &str) -> Option<u64> {
    let digits = number.strip_prefix(CALLER)?;
    let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    (digits.len() == 11 && all_digits).then(|| digits.parse().ok())?
}

fn decode(window: &[u8]) -> Option<u64> {
    let digits = window.strip_prefix(b"SQ")?.get(..WIDTH)?;
    if window[LENGTH - 1] != check(digits) {
        return None;
    }
    digits.iter().try_fold(0u64, |number, byte| {
        let digit = DIGITS.iter().position(|d| d == byte)?;
        Some(number * 36 + digit as u64)
    })
}

fn check(digits: &[u8]) -> u8 {
    let sum = digits.iter().fold(7u32, |sum, byte| (sum * 31 + u32::from(*byte)) % 65_521);
    b'A' + (sum % 26) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_the_text_around_it() {
        for message in [0, 1, 35, 36, 123_456_789, 36u64.pow(9) - 1] {
            let text = format!("Your code is 1234 {}.", encode(message));
            assert_eq!(find(&text), Some(message));
        }
    }

    #[test]
    fn a_call_is_known_by_its_caller() {
        for call in [0, 7, 99_999_999_999] {
            assert_eq!(of_caller(&caller(call)), Some(call));
            assert!(caller(call).len() <= 16, "E.164 has 15 digits");
        }
        for other in ["+62991", "+629900000000a1", "+15550100", "", "+6299+0000000001"] {
            assert_eq!(of_caller(other), None, "{other}");
        }
    }

    #[test]
    fn a_damaged_token_is_no_token() {
        let token = encode(42);
        let damaged = token.replace('1', "7");
        assert_eq!(
            find(&damaged.replace("16", "61")).filter(|m| *m == 42 && damaged != token),
            None
        );
        assert_eq!(find("SQ00000000"), None);
        assert_eq!(find("no token here at all"), None);
    }
}
