//! Quantities with their unit in the type. Drill time starts at 0 when the drill does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, Sub};

/// Microseconds: an instant of drill time, or a span of it.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(transparent)]
pub struct Micros(pub u64);

impl Micros {
    pub const ZERO: Micros = Micros(0);
    pub const MAX: Micros = Micros(u64::MAX);

    pub const fn from_millis(ms: u64) -> Self {
        Micros(ms.saturating_mul(1_000))
    }

    pub const fn from_secs(s: u64) -> Self {
        Micros(s.saturating_mul(1_000_000))
    }

    /// Seconds may be fractional; negative and non-finite input gives zero.
    pub fn from_secs_f64(s: f64) -> Self {
        Micros((s.max(0.0) * 1e6).round() as u64)
    }

    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000
    }

    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    pub const fn saturating_sub(self, other: Micros) -> Micros {
        Micros(self.0.saturating_sub(other.0))
    }

    pub const fn std(self) -> std::time::Duration {
        std::time::Duration::from_micros(self.0)
    }
}

impl Add for Micros {
    type Output = Micros;
    fn add(self, other: Micros) -> Micros {
        Micros(self.0.saturating_add(other.0))
    }
}

impl Sub for Micros {
    type Output = Micros;
    fn sub(self, other: Micros) -> Micros {
        self.saturating_sub(other)
    }
}

/// As an operator would say it: `800 ms`, `48 s`, `6 min 44 s`, `6 h 15 min`.
impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.as_millis();
        let (h, min, s) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
        match () {
            () if ms < 1_000 => write!(f, "{ms} ms"),
            () if ms < 10_000 && !ms.is_multiple_of(1_000) => write!(f, "{:.1} s", ms as f64 / 1e3),
            () if h > 0 && min > 0 => write!(f, "{h} h {min} min"),
            () if h > 0 => write!(f, "{h} h"),
            () if min > 0 && s > 0 => write!(f, "{min} min {s} s"),
            () if min > 0 => write!(f, "{min} min"),
            () => write!(f, "{s} s"),
        }
    }
}

/// A half-open stretch of drill time: `start <= t < end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    pub start: Micros,
    pub end: Micros,
}

impl Span {
    pub fn contains(&self, at: Micros) -> bool {
        self.start <= at && at < self.end
    }

    pub fn length(&self) -> Micros {
        self.end - self.start
    }
}
