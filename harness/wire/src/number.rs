//! Telephone numbers as submits name them.

/// E.164 with or without its `+`, or a short code: 3 to 15 digits.
pub fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (3..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::is_number;

    #[test]
    fn numbers_are_digits_of_a_sensible_count() {
        for sound in ["+620012345678", "620012345678", "123"] {
            assert!(is_number(sound), "{sound}");
        }
        for wrong in ["", "+", "12", "+62 001", "++62001", "1234567890123456", "squall", "٣٤٥٦"]
        {
            assert!(!is_number(wrong), "{wrong}");
        }
    }
}
