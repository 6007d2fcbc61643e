//! Numbers and instants in the words of the report: `1,035,703`, `58.5 %`, `07:06:52`, `14.4×`.
//!
//! Spans of time print themselves (`Micros`). A missing value has words of its own, never 0.

use squall_model::judged::{Finding, Unit};
use squall_model::plan::Plan;
use squall_model::units::Micros;

pub use squall_model::words::count;

/// A share of 0–1 with as many decimals as the judge gives it, and the space of the page's rules.
pub fn percent(share: f64) -> String {
    if !share.is_finite() {
        return "never".into();
    }
    squall_model::words::percent(share).replace('%', " %")
}

/// A share with fixed decimals, for columns.
pub fn percent_of(part: u64, whole: u64) -> String {
    if whole == 0 { "–".into() } else { format!("{:.2} %", part as f64 * 100.0 / whole as f64) }
}

/// A value in an objective's unit.
pub fn value(value: f64, unit: Unit) -> String {
    match unit {
        _ if !value.is_finite() => "never".into(),
        Unit::Ratio => percent(value),
        Unit::Ms => Micros::from_secs_f64(value / 1e3).to_string(),
        Unit::Count if value.fract() == 0.0 => count(value.max(0.0) as u64),
        Unit::Count => format!("{value:.1}"),
        Unit::Times => format!("{value:.2}×"),
    }
}

/// The side of the scale that meets the objective: `at least 99.5 %`, `28 % to 32 %`, `none`.
pub fn target(finding: &Finding) -> String {
    let unit = finding.unit;
    match (finding.at_least, finding.at_most) {
        (Some(low), Some(high)) => format!("{} to {}", value(low, unit), value(high, unit)),
        (Some(low), None) => format!("at least {}", value(low, unit)),
        (None, Some(0.0)) => "none".into(),
        (None, Some(high)) => format!("at most {}", value(high, unit)),
        (None, None) => "no target".into(),
    }
}

/// The interval that decided, or nothing where there is none.
pub fn interval(finding: &Finding) -> Option<String> {
    let unit = finding.unit;
    match (finding.low, finding.high) {
        (Some(low), Some(high)) if low == high => None,
        (Some(low), Some(high)) => {
            let (low, high) = (value(low, unit), value(high, unit));
            // Bounds that read the same are one figure.
            (low != high).then(|| format!("{low} to {high}"))
        }
        (Some(low), None) => Some(format!("{} or more", value(low, unit))),
        (None, Some(high)) => Some(format!("{} or less", value(high, unit))),
        (None, None) => None,
    }
}

/// One of it, several of them.
pub fn plural(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// `three of five`: small numbers as words do not align, so digits: `3 of 5`.
pub fn of(part: usize, whole: usize) -> String {
    format!("{part} of {whole}")
}

/// How instants of a drill are written: time of day where the scenario states a clock, else time
/// since the start.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start_s: f64,
    offset_seconds: i32,
    pub stated: bool,
    tenths: bool,
}

impl Clock {
    pub fn of(plan: &Plan) -> Clock {
        let clock = plan.clock;
        let local = clock.start_unix_us as f64 / 1e6 + f64::from(clock.offset_seconds);
        Clock {
            start_s: if clock.stated { local.rem_euclid(86_400.0) } else { 0.0 },
            offset_seconds: clock.offset_seconds,
            stated: clock.stated,
            tenths: plan.end < Micros::from_secs(15 * 60),
        }
    }

    /// `07:06:52`, or `0:06:52` since the start; tenths of a second in short drills.
    pub fn at(&self, at: Micros) -> String {
        let s = self.start_s + at.as_secs_f64();
        if self.stated && !self.tenths {
            let (text, days) = hms(s.floor() as u64, true);
            return text + &days;
        }
        let tenths = (s * 10.0).floor() as u64;
        let (text, days) = hms(tenths / 10, self.stated);
        if self.tenths { format!("{text}.{}{days}", tenths % 10) } else { text + &days }
    }

    /// For axis ticks: no seconds where they are all zero.
    pub fn tick(&self, at: Micros, step: Micros) -> String {
        let s = (self.start_s + at.as_secs_f64()).round() as u64;
        let day = s % 86_400;
        match step >= Micros::from_secs(60) {
            true if self.stated => format!("{:02}:{:02}", day / 3_600, day / 60 % 60),
            true => format!("{}:{:02}", s / 3_600, s / 60 % 60),
            false if self.stated => hms(s, true).0,
            false => format!("{}:{:02}", s / 60, s % 60),
        }
    }

    /// Seconds past a round clock time at drill time 0: ticks stand on round clock times.
    pub fn phase(&self) -> f64 {
        self.start_s
    }

    /// `+07:00`, or words for time since the start.
    pub fn name(&self) -> String {
        if self.stated { offset(self.offset_seconds) } else { "since the start".into() }
    }
}

fn offset(seconds: i32) -> String {
    let sign = if seconds < 0 { '−' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

fn hms(s: u64, of_day: bool) -> (String, String) {
    let (h, min, s) = (s / 3_600, s / 60 % 60, s % 60);
    match h / 24 {
        days if of_day && days > 0 => {
            (format!("{:02}:{min:02}:{s:02}", h % 24), format!(" (+{days} d)"))
        }
        _ if of_day => (format!("{h:02}:{min:02}:{s:02}"), String::new()),
        _ => (format!("{h}:{min:02}:{s:02}"), String::new()),
    }
}

/// Time from `zero` to `at` with its sign: `+0:01:01`, `−0:00:08`, `0`.
pub fn since(zero: Micros, at: Micros) -> String {
    let (sign, gap) = if at >= zero { ('+', at - zero) } else { ('−', zero - at) };
    let s = gap.0 / 1_000_000;
    match gap {
        Micros(0) => "0".into(),
        gap if s < 60 => format!("{sign}{gap}"),
        _ => format!("{sign}{}", hms(s, false).0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(percent(0.585), "58.5 %");
        assert_eq!(percent(0.999_999_999_9), "just under 100 %");
        assert_eq!(percent(f64::INFINITY), "never");
        assert_eq!(value(404_000.0, Unit::Ms), "6 min 44 s");
        assert_eq!(value(f64::INFINITY, Unit::Ms), "never");
    }

    #[test]
    fn time_since_an_instant_keeps_its_sign() {
        let zero = Micros::from_secs(1_000);
        assert_eq!(since(zero, Micros::from_secs(992)), "−8 s");
        assert_eq!(since(zero, zero), "0");
        assert_eq!(since(zero, Micros::from_secs(1_061)), "+0:01:01");
    }

    #[test]
    fn a_clock_past_midnight_says_so() {
        let clock =
            Clock { start_s: 86_000.0, offset_seconds: 25_200, stated: true, tenths: false };
        assert_eq!(clock.at(Micros::ZERO), "23:53:20");
        assert_eq!(clock.at(Micros::from_secs(400)), "00:00:00 (+1 d)");
        assert_eq!(clock.name(), "+07:00");
    }
}
