//! The civil calendar in UTC, for protocols that write dates. No time zones, no leap seconds.

/// A calendar instant in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Civil {
    pub year: i64,
    pub month: u32,
    pub day: u32,
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
}

/// Days to and from the epoch after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
pub(crate) fn civil(unix_s: u64) -> Civil {
    let (days, rest) = ((unix_s / 86_400) as i64 + 719_468, (unix_s % 86_400) as u32);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 } as u32;
    Civil {
        year: year_of_era + era * 400 + i64::from(month <= 2),
        month,
        day: (day_of_year - (153 * shifted + 2) / 5 + 1) as u32,
        hour: rest / 3_600,
        minute: rest / 60 % 60,
        second: rest % 60,
    }
}

/// Seconds since the epoch; `None` for a field out of its range and for years before 1970.
pub(crate) fn unix_s(at: Civil) -> Option<u64> {
    let sound = (1970..=9999).contains(&at.year)
        && (1..=12).contains(&at.month)
        && (1..=31).contains(&at.day)
        && at.hour < 24
        && at.minute < 60
        && at.second < 60;
    if !sound {
        return None;
    }
    let year = at.year - i64::from(at.month <= 2);
    let (era, year_of_era) = (year / 400, year % 400);
    let shifted = i64::from(if at.month > 2 { at.month - 3 } else { at.month + 9 });
    let day_of_year = (153 * shifted + 2) / 5 + i64::from(at.day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = u64::try_from(era * 146_097 + day_of_era - 719_468).ok()?;
    Some(
        days * 86_400
            + u64::from(at.hour) * 3_600
            + u64::from(at.minute) * 60
            + u64::from(at.second),
    )
}

/// RFC 2822: `Sat, 10 Jan 2026 06:30:00 +0000`.
pub(crate) fn rfc2822(unix_s: u64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let at = civil(unix_s);
    format!(
        "{}, {:02} {} {} {:02}:{:02}:{:02} +0000",
        DAYS[(unix_s / 86_400 % 7) as usize],
        at.day,
        MONTHS[(at.month as usize - 1) % 12],
        at.year,
        at.hour,
        at.minute,
        at.second,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_a_century_goes_there_and_back() {
        for day in 0..40_000u64 {
            assert_eq!(unix_s(civil(day * 86_400 + 3_661)), Some(day * 86_400 + 3_661));
        }
        assert_eq!(rfc2822(1_768_026_600), "Sat, 10 Jan 2026 06:30:00 +0000");
    }
}
