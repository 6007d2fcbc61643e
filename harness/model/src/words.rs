//! Numbers as sentences use them: `1,035,703`, `99.94%`. Never rounds a share up to 100%.

/// With thousands separators.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 message`, `2 messages`.
pub fn of(n: u64, one: &str) -> String {
    format!("{} {one}{}", count(n), if n == 1 { "" } else { "s" })
}

/// A ratio as percent, cut off rather than rounded where rounding would reach 0% or 100%.
pub fn percent(ratio: f64) -> String {
    let all = ratio * 100.0;
    let near = (100.0 - all).abs().min(all.abs());
    let decimals = match near {
        0.0 => 0,
        n if n < 0.000_1 => 6,
        n if n < 0.01 => 4,
        n if n < 1.0 => 3,
        _ => 2,
    };
    let text = format!("{all:.decimals$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    };
    match text.as_str() {
        "100" if ratio < 1.0 => "just under 100%".to_owned(),
        "0" if ratio > 0.0 => "just over 0%".to_owned(),
        _ => format!("{text}%"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_numbers() {
        assert_eq!(count(1_035_703), "1,035,703");
        assert_eq!(count(999), "999");
        assert_eq!(of(1, "message"), "1 message");
        assert_eq!(of(1_000, "message"), "1,000 messages");
    }

    #[test]
    fn a_share_is_never_rounded_to_the_end_of_the_scale() {
        assert_eq!(percent(1.0), "100%");
        assert_eq!(percent(0.999), "99.9%");
        assert_eq!(percent(0.999_999_999_9), "just under 100%");
        assert_eq!(percent(0.305), "30.5%");
        assert_eq!(percent(0.0), "0%");
    }
}
