//! The directives of `Cache-Control` (RFC 9111, section 5.2). What they mean is told elsewhere.

use http::{HeaderMap, header};
use std::collections::BTreeMap;

/// The longest time that is told apart (RFC 9111, section 1.2.2).
const FOR_EVER: u64 = 1 << 31;

/// Names in lower case, each with its argument. Of a directive given twice the first one counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Directives(BTreeMap<String, Option<String>>);

impl Directives {
    /// Of a request or of an answer. `Pragma: no-cache` counts where nothing newer is said (section 5.4).
    pub(super) fn of(headers: &HeaderMap) -> Directives {
        let mut found = BTreeMap::new();
        for value in headers.get_all(header::CACHE_CONTROL) {
            for directive in split(&String::from_utf8_lossy(value.as_bytes())) {
                let (name, argument) = match directive.split_once('=') {
                    Some((name, argument)) => (name, Some(argument.trim().replace('"', ""))),
                    None => (directive.as_str(), None),
                };
                let name = name.trim().to_ascii_lowercase();
                if !name.is_empty() {
                    found.entry(name).or_insert(argument);
                }
            }
        }
        let pragma = headers.get(header::PRAGMA).map(|value| value.as_bytes());
        if found.is_empty() && pragma.is_some_and(|value| value.eq_ignore_ascii_case(b"no-cache")) {
            found.insert("no-cache".to_owned(), None);
        }
        Directives(found)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The argument in seconds. One that is no number is 0: whoever writes that shall not be cached
    /// by mistake (section 4.2.1).
    pub(super) fn seconds(&self, name: &str) -> Option<u64> {
        self.0.get(name).map(|argument| argument.as_deref().map_or(0, seconds))
    }

    /// Whether it stands there without an argument.
    pub(super) fn bare(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(Option::is_none)
    }
}

/// Delta-seconds; what does not fit is for ever.
pub(super) fn seconds(text: &str) -> u64 {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    text.parse().unwrap_or(FOR_EVER).min(FOR_EVER)
}

/// At commas outside of quotes.
fn split(text: &str) -> Vec<String> {
    let (mut parts, mut part, mut quoted) = (Vec::new(), String::new(), false);
    for letter in text.chars() {
        quoted ^= letter == '"';
        match letter {
            ',' if !quoted => parts.push(std::mem::take(&mut part)),
            _ => part.push(letter),
        }
    }
    parts.push(part);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> Directives {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::CACHE_CONTROL, value.parse().expect("a value"));
        }
        Directives::of(&headers)
    }

    #[test]
    fn names_know_no_case_and_arguments_may_be_quoted() {
        let found = of(&["Private=\"set-cookie, x\", MAX-AGE=\"60\"", "max-age=5 ,, no-store"]);
        assert!(found.has("private") && found.has("no-store") && !found.has("x"));
        assert_eq!(found.seconds("max-age"), Some(60), "the first one counts");
        assert_eq!(of(&[]).seconds("max-age"), None);
    }

    #[test]
    fn times_that_do_not_read_are_over_at_once() {
        for (given, read) in [("max-age", 0), ("max-age=-1", 0), ("max-age=1.5", 0)] {
            assert_eq!(of(&[given]).seconds("max-age"), Some(read), "{given}");
        }
        assert_eq!(of(&["max-age=99999999999999999999"]).seconds("max-age"), Some(FOR_EVER));
    }

    #[test]
    fn pragma_is_heard_where_nothing_newer_is_said() {
        let mut headers = HeaderMap::new();
        headers.insert(header::PRAGMA, "No-Cache".parse().expect("a value"));
        assert!(Directives::of(&headers).has("no-cache"));
        headers.insert(header::CACHE_CONTROL, "max-age=1".parse().expect("a value"));
        assert!(!Directives::of(&headers).has("no-cache"));
    }
}
