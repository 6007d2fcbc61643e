//! Times as SMPP writes them: receipt dates and validity periods. UTC throughout.

use crate::calendar::{Civil, civil, unix_s};

/// `YYMMDDhhmm`, as appendix B writes the dates of a receipt.
pub fn receipt(unix_us: u64) -> String {
    let at = civil(unix_us / 1_000_000);
    let mut out = String::with_capacity(10);
    for pair in [(at.year % 100) as u32, at.month, at.day, at.hour, at.minute] {
        out.push(char::from(b'0' + (pair / 10) as u8));
        out.push(char::from(b'0' + (pair % 10) as u8));
    }
    out
}

/// Reads `YYMMDDhhmm` or, as some carriers write it, `YYMMDDhhmmss`; microseconds since the epoch.
pub fn parse_receipt(text: &str) -> Option<u64> {
    let fields = pairs(text)?;
    let (&[yy, month, day, hour, minute], rest) = fields.split_first_chunk::<5>()?;
    let second = match rest {
        [] => 0,
        [second] => *second,
        _ => return None,
    };
    unix_us(Civil { year: 2000 + i64::from(yy), month, day, hour, minute, second })
}

/// A relative validity period (SMPP 3.4, 7.1.1): `YYMMDDhhmmss000R`, up to 99 days.
pub fn relative(us: u64) -> String {
    let s = us.div_ceil(1_000_000).min(99 * 86_400);
    format!("0000{:02}{:02}{:02}{:02}000R", s / 86_400, s / 3_600 % 24, s / 60 % 60, s % 60)
}

/// When a validity_period ends, in microseconds since the epoch. `None` for an empty or unreadable
/// field, so that the SMSC's own default holds. A relative month counts 30 days, a year 365.
pub fn validity_end(text: &str, now_us: u64) -> Option<u64> {
    let (digits, tail) = text.split_at_checked(12)?;
    let fields = pairs(digits)?;
    let &[yy, month, day, hour, minute, second] = fields.first_chunk::<6>()?;
    let sign = tail.chars().last().filter(|_| tail.len() == 4)?;
    if sign == 'R' {
        let days = u64::from(yy) * 365 + u64::from(month) * 30 + u64::from(day);
        let s =
            days * 86_400 + u64::from(hour) * 3_600 + u64::from(minute) * 60 + u64::from(second);
        return Some(now_us + s * 1_000_000);
    }
    let tenths: u64 = tail.get(..1)?.parse().ok()?;
    let quarters: i64 = tail.get(1..3)?.parse().ok()?;
    let east_us = quarters * 900_000_000;
    let local = unix_us(Civil { year: 2000 + i64::from(yy), month, day, hour, minute, second })?;
    let local = i64::try_from(local + tenths * 100_000).ok()?;
    match sign {
        '+' => u64::try_from(local - east_us).ok(),
        '-' => u64::try_from(local + east_us).ok(),
        _ => None,
    }
}

fn pairs(text: &str) -> Option<Vec<u32>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(
        text.as_bytes()
            .chunks(2)
            .map(|pair| u32::from(pair[0] - b'0') * 10 + u32::from(pair[1] - b'0'))
            .collect(),
    )
}

fn unix_us(at: Civil) -> Option<u64> {
    unix_s(at).map(|s| s * 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-10 06:30:00 UTC.
    const AT: u64 = 1_768_026_600_000_000;

    #[test]
    fn receipt_dates_go_there_and_back() {
        assert_eq!(receipt(AT), "2601100630");
        assert_eq!(parse_receipt("2601100630"), Some(AT));
        assert_eq!(parse_receipt("260110063007"), Some(AT + 7_000_000));
        for days in 0..20_000u64 {
            let at = 946_684_800_000_000 + days * 86_400_000_000;
            assert_eq!(parse_receipt(&receipt(at)), Some(at), "day {days}");
        }
        for bad in ["", "26011006", "2613100630", "26011006300", "260110063x", "2601100630555555"] {
            assert_eq!(parse_receipt(bad), None, "{bad}");
        }
    }

    #[test]
    fn validity_is_relative_or_absolute() {
        assert_eq!(relative(90_000_000), "000000000130000R");
        assert_eq!(validity_end(&relative(90_000_000), AT), Some(AT + 90_000_000));
        assert_eq!(validity_end("260110063005000+", AT), Some(AT + 5_000_000));
        assert_eq!(validity_end("260110133005028+", AT), Some(AT + 5_000_000));
        assert_eq!(validity_end("260110053005004-", AT), Some(AT + 5_000_000));
        for bad in ["", "x", "260110063005000", "2601100630050é0R", "261310063005000+"] {
            assert_eq!(validity_end(bad, AT), None, "{bad}");
        }
    }
}
