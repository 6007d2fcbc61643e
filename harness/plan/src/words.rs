//! Quantities as people write them: `99.9%`, `800 ms`, `100 million`, `07:00`.
//!
//! Each reader says what is wrong in words of its own; none of them knows where the text stands.

use squall_model::units::Micros;

/// Longest duration that is taken for meant: 31 days.
const LONGEST: f64 = 31.0 * 86_400.0;

const UNITS: [(&str, f64); 16] = [
    ("ms", 0.001),
    ("millisecond", 0.001),
    ("milliseconds", 0.001),
    ("s", 1.0),
    ("second", 1.0),
    ("seconds", 1.0),
    ("min", 60.0),
    ("m", 60.0),
    ("minute", 60.0),
    ("minutes", 60.0),
    ("h", 3600.0),
    ("hour", 3600.0),
    ("hours", 3600.0),
    ("d", 86_400.0),
    ("day", 86_400.0),
    ("days", 86_400.0),
];

/// What is wrong with a quantity, and what was most likely meant.
#[derive(Clone, Debug, PartialEq)]
pub struct Wrong<T> {
    pub message: String,
    pub help: Option<String>,
    /// Lets the rest of the scenario be checked as if it had been written right.
    pub meant: Option<T>,
}

impl<T> Wrong<T> {
    fn new(message: impl Into<String>) -> Wrong<T> {
        Wrong { message: message.into(), help: None, meant: None }
    }

    fn help(mut self, help: impl Into<String>) -> Wrong<T> {
        self.help = Some(help.into());
        self
    }
}

/// `1,157`, `0.5`, `100 million`: not negative, finite.
pub fn number(text: &str) -> Result<f64, Wrong<f64>> {
    let text = text.trim();
    let (digits, factor) = match text.rsplit_once(' ') {
        Some((digits, "thousand")) => (digits, 1e3),
        Some((digits, "million")) => (digits, 1e6),
        Some((digits, "billion")) => (digits, 1e9),
        _ => (text, 1.0),
    };
    let plain = digits.replace(',', "");
    let well_formed = plain.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
    match plain.parse::<f64>() {
        Ok(value) if well_formed && value.is_finite() => {
            if value < 0.0 {
                return Err(Wrong::new(format!("{text} is negative")).help("a number from 0 up"));
            }
            Ok(value * factor)
        }
        _ => Err(Wrong::new(format!("\"{text}\" is not a number"))
            .help("a number such as 200, 1,157.4 or 100 million")),
    }
}

/// A number that counts things.
pub fn whole(text: &str) -> Result<u64, Wrong<u64>> {
    let value = number(text).map_err(|wrong| Wrong {
        message: wrong.message,
        help: wrong.help,
        meant: None,
    })?;
    if value.fract() != 0.0 || value > 9e15 {
        return Err(Wrong::new(format!("{text} is not a whole number")));
    }
    Ok(value as u64)
}

/// `30%` as 0.3. At most 100%.
pub fn share(text: &str) -> Result<f64, Wrong<f64>> {
    let value = percent(text)?;
    if value > 1.0 {
        return Err(Wrong::new(format!("{} is more than everything", text.trim()))
            .help("a share lies between 0% and 100%"));
    }
    Ok(value)
}

/// `150%` as 1.5, where more than everything is possible.
pub fn percent(text: &str) -> Result<f64, Wrong<f64>> {
    let digits = text.trim().trim_end_matches('%').trim();
    let value = number(digits)?;
    // Through decimal text, so that 99.9% is the double nearest to 0.999.
    Ok(format!("{value}e-2").parse().unwrap_or(value / 100.0))
}

/// `800 ms`, `30 seconds`, `65 minutes`, `2 hours`.
pub fn duration(text: &str) -> Result<Micros, Wrong<Micros>> {
    let text = text.trim();
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let value = number(digits).map_err(|wrong| {
        Wrong::new(match digits.trim().is_empty() {
            true => format!("\"{text}\" is not a duration"),
            false => wrong.message,
        })
        .help("a duration such as 800 ms, 30 seconds or 65 minutes")
    })?;
    if unit.is_empty() {
        return Err(Wrong::new(format!("\"{text}\" has no unit"))
            .help("a duration such as 800 ms, 30 seconds or 65 minutes"));
    }
    let in_seconds = |name: &str| UNITS.iter().find(|(known, _)| *known == name).map(|u| u.1);
    let Some(seconds) = in_seconds(unit) else {
        let mut wrong = Wrong::new(format!("\"{unit}\" is not a unit of time"));
        if let Some(name) = crate::mistake::nearest(unit, UNITS.iter().map(|unit| unit.0)) {
            wrong.help = Some(format!("did you mean \"{name}\"?"));
            wrong.meant = in_seconds(name).map(|seconds| Micros::from_secs_f64(value * seconds));
        }
        return Err(wrong);
    };
    if value * seconds > LONGEST {
        return Err(
            Wrong::new(format!("{text} is longer than a drill can be")).help("at most 31 days")
        );
    }
    Ok(Micros::from_secs_f64(value * seconds))
}

/// `07:00` or `07:00:30`, as seconds since midnight.
pub fn time_of_day(text: &str) -> Result<u64, Wrong<u64>> {
    let wrong = || {
        Wrong::new(format!("\"{}\" is not a time of day", text.trim())).help("a time such as 07:00")
    };
    let mut seconds = 0;
    let parts: Vec<&str> = text.trim().split(':').collect();
    if !(2..=3).contains(&parts.len()) {
        return Err(wrong());
    }
    for (part, (limit, scale)) in parts.iter().zip([(24, 3600), (60, 60), (60, 1)]) {
        let fits = part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit());
        match part.parse::<u64>() {
            Ok(value) if fits && value < limit => seconds += value * scale,
            _ => return Err(wrong()),
        }
    }
    Ok(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_read_as_people_write_them() {
        assert_eq!(number("100 million"), Ok(1e8));
        assert_eq!(number("1,157.5"), Ok(1157.5));
        assert_eq!(share("99.9%"), Ok(0.999));
        assert_eq!(percent("150%"), Ok(1.5));
        assert_eq!(duration("800 ms"), Ok(Micros::from_millis(800)));
        assert_eq!(duration("65 minutes"), Ok(Micros::from_secs(3900)));
        assert_eq!(time_of_day("07:00"), Ok(25_200));
    }

    #[test]
    fn nonsense_is_refused_with_a_reason() {
        for text in ["", "-5", "1e9", "nan", "inf", "5x", "--3"] {
            assert!(number(text).is_err(), "{text}");
        }
        for text in ["120%", "-1%", "x%"] {
            assert!(share(text).is_err(), "{text}");
        }
        for text in ["5", "minutes", "5 fortnights", "-5 s", "400 days", "é 5"] {
            assert!(duration(text).is_err(), "{text}");
        }
        for text in ["25:00", "7", "07:60", "07:00:99", "1:2:3:4", "+1:00"] {
            assert!(time_of_day(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_misspelt_unit_is_taken_for_what_it_meant() {
        let wrong = duration("5 minuts").expect_err("a misspelt unit");
        assert_eq!(wrong.meant, Some(Micros::from_secs(300)));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_a_reader_panic(text in "\\PC{0,24}") {
            let _ = (number(&text), whole(&text), share(&text), duration(&text), time_of_day(&text));
        }
    }
}
