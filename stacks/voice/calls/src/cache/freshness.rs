//! Whether an answer may be kept, and for how long it may be given out without asking again: a
//! shared cache's reading of RFC 9111, sections 3 and 4.2. Times are microseconds of the node's own
//! clock; nothing here looks at one.
//!
//! Written here and not taken from the crate `http-cache-semantics` 3.0, which was tried: it compares
//! the names of directives by case, keeps one line of a field that has several, panics on an `Age` of
//! 2^64-1, and writes its own `Date` over the origin's.

use super::directives::{self, Directives};
use http::{HeaderMap, StatusCode, header};
use std::time::UNIX_EPOCH;

/// Statuses that may be kept although nothing is said about it (RFC 9110, section 15.1). 206 is
/// among them and not here: parts are not put together.
const BY_DEFAULT: [u16; 9] = [200, 203, 204, 300, 301, 308, 404, 410, 414];
/// Kept where their answer says for how long.
const BY_REQUEST: [u16; 4] = [302, 303, 307, 405];
/// Longest lifetime that is guessed.
const GUESS_S: u64 = 24 * 3_600;
const SECOND_US: u64 = 1_000_000;

/// How old a kept answer is and may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Freshness {
    lifetime_us: u64,
    /// Its age when it came.
    initial_us: u64,
    came_us: u64,
    /// Never given out without asking.
    asks: bool,
    /// Not given out stale, even to who would take it.
    strict: bool,
}

/// Whether a shared cache may keep the answer to a GET with the fields `asked` (RFC 9111, section 3).
pub(super) fn storable(asked: &HeaderMap, status: StatusCode, answer: &HeaderMap) -> bool {
    let told = Directives::of(answer);
    let explicit = ["max-age", "s-maxage", "public"].iter().any(|name| told.has(name))
        || answer.contains_key(header::EXPIRES);
    let understood = BY_DEFAULT.contains(&status.as_u16())
        || (BY_REQUEST.contains(&status.as_u16()) && explicit);
    let forbidden = Directives::of(asked).has("no-store")
        || told.has("no-store")
        || told.has("private")
        || answer.get_all(header::VARY).iter().any(|value| value.as_bytes().contains(&b'*'));
    // Section 3.5; a cookie is nobody else's either, unless the origin says it is.
    let personal =
        asked.contains_key(header::AUTHORIZATION) || answer.contains_key(header::SET_COOKIE);
    let shared = ["public", "s-maxage", "must-revalidate"].iter().any(|name| told.has(name));
    understood && !forbidden && (shared || !personal)
}

impl Freshness {
    /// Of an answer that was asked for at `asked_us` and came at `came_us`.
    pub(super) fn of(answer: &HeaderMap, asked_us: u64, came_us: u64) -> Freshness {
        let told = Directives::of(answer);
        let made_us = date_us(answer, header::DATE).unwrap_or(came_us);
        let apparent = came_us.saturating_sub(made_us);
        let aged = text(answer, header::AGE).map_or(0, directives::seconds) * SECOND_US;
        let corrected = aged + came_us.saturating_sub(asked_us);
        Freshness {
            lifetime_us: lifetime_us(answer, &told, made_us),
            initial_us: apparent.max(corrected),
            came_us,
            asks: told.has("no-cache"),
            strict: ["must-revalidate", "proxy-revalidate", "s-maxage"]
                .iter()
                .any(|name| told.has(name)),
        }
    }

    /// Section 4.2.3.
    pub(super) fn age_us(&self, now_us: u64) -> u64 {
        self.initial_us + now_us.saturating_sub(self.came_us)
    }

    /// Whether it answers a request with these directives now, with nobody asked (section 4).
    pub(super) fn serves(&self, wanted: &Directives, now_us: u64) -> bool {
        if self.asks || wanted.has("no-cache") || wanted.has("no-store") {
            return false;
        }
        let age = self.age_us(now_us);
        if wanted.seconds("max-age").is_some_and(|most| age > most * SECOND_US) {
            return false;
        }
        let spare = wanted.seconds("min-fresh").unwrap_or(0) * SECOND_US;
        if age + spare < self.lifetime_us {
            return true;
        }
        let late = age.saturating_sub(self.lifetime_us);
        let most = wanted.seconds("max-stale").map(|most| most * SECOND_US);
        let taken = wanted.bare("max-stale") || most.is_some_and(|most| late <= most);
        taken && !self.strict && spare == 0
    }
}

/// Section 4.2.1, with a tenth of the time since the last change where nothing is said (4.2.2).
fn lifetime_us(answer: &HeaderMap, told: &Directives, made_us: u64) -> u64 {
    if let Some(most) = told.seconds("s-maxage").or(told.seconds("max-age")) {
        return most * SECOND_US;
    }
    if answer.contains_key(header::EXPIRES) {
        // One that does not read, such as 0, lies in the past.
        return date_us(answer, header::EXPIRES).unwrap_or(0).saturating_sub(made_us);
    }
    match date_us(answer, header::LAST_MODIFIED) {
        Some(changed_us) => (made_us.saturating_sub(changed_us) / 10).min(GUESS_S * SECOND_US),
        None => 0,
    }
}

/// A date field in microseconds since the Unix epoch; dates before it are the epoch.
pub(super) fn date_us(headers: &HeaderMap, name: header::HeaderName) -> Option<u64> {
    let at = httpdate::parse_http_date(text(headers, name)?).ok()?;
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).ok()
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests;
