//! Requests on a condition and for a part, answered from what is kept: RFC 9110, sections 13 and 14,
//! as far as RFC 9111, section 4.3.2, lets a cache decide.

use super::freshness::date_us;
use http::{HeaderMap, HeaderName, header};
use std::ops::Range;

/// Which part of `length` octets a request wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it; also what several ranges, or ones that do not read, are answered with.
    Whole,
    Of(Range<usize>),
    /// A range that begins behind the end: 416.
    Outside,
}

/// Fields of conditions that only an origin may decide about.
pub(super) fn for_the_origin(asked: &HeaderMap) -> bool {
    asked.contains_key(header::IF_MATCH) || asked.contains_key(header::IF_UNMODIFIED_SINCE)
}

/// Whether who asks has it already: 304.
pub(super) fn unchanged(asked: &HeaderMap, kept: &HeaderMap) -> bool {
    if asked.contains_key(header::IF_NONE_MATCH) {
        return etags(asked).any(|tag| tag == "*" || weakly_same(tag, etag(kept)));
    }
    let changed_us = date_us(kept, header::LAST_MODIFIED).or_else(|| date_us(kept, header::DATE));
    let (Some(since_us), Some(changed_us)) =
        (date_us(asked, header::IF_MODIFIED_SINCE), changed_us)
    else {
        return false;
    };
    changed_us <= since_us
}

/// The single byte range that is asked for (RFC 9110, section 14.2).
pub(super) fn part(asked: &HeaderMap, kept: &HeaderMap, length: usize) -> Part {
    let Some(ranges) = text(asked, header::RANGE).filter(|_| same_as_asked(asked, kept)) else {
        return Part::Whole;
    };
    let Some((unit, range)) = ranges.split_once('=') else { return Part::Whole };
    let Some((first, last)) = range.trim().split_once('-') else { return Part::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") || range.contains(',') {
        return Part::Whole;
    }
    let range = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(length),
        (Some(first), None) if last.is_empty() => first..length,
        (None, Some(suffix)) if first.is_empty() => match suffix {
            0 => return Part::Outside,
            _ => length.saturating_sub(suffix)..length,
        },
        _ => return Part::Whole,
    };
    if range.start >= length { Part::Outside } else { Part::Of(range) }
}

/// What asks an origin whether `kept` still holds (RFC 9111, section 4.3.1).
pub(super) fn ask_again(kept: &HeaderMap, asked: &mut HeaderMap) {
    if let Some(tag) = kept.get(header::ETAG) {
        asked.insert(header::IF_NONE_MATCH, tag.clone());
    }
    if let Some(changed) = kept.get(header::LAST_MODIFIED) {
        asked.insert(header::IF_MODIFIED_SINCE, changed.clone());
    }
}

/// Whether `kept` can be asked about at all.
pub(super) fn has_validator(kept: &HeaderMap) -> bool {
    kept.contains_key(header::ETAG) || kept.contains_key(header::LAST_MODIFIED)
}

/// Whether a 304 is about `kept`: one with a strong entity tag must carry the same (section 4.3.4).
pub(super) fn is_about(answer: &HeaderMap, kept: &HeaderMap) -> bool {
    match text(answer, header::ETAG) {
        Some(tag) => weakly_same(tag, etag(kept)),
        None => true,
    }
}

/// Takes conditions and ranges out of a request for the whole.
pub(super) fn without(asked: &mut HeaderMap) {
    for name in [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE, header::IF_RANGE, header::RANGE]
    {
        asked.remove(name);
    }
}

/// `If-Range`: a strong entity tag, or the very date of the last change (RFC 9110, section 13.1.5).
fn same_as_asked(asked: &HeaderMap, kept: &HeaderMap) -> bool {
    let Some(known) = asked.get(header::IF_RANGE) else { return true };
    let Ok(known) = known.to_str().map(str::trim) else { return false };
    if known.starts_with('"') {
        return etag(kept) == Some(known);
    }
    !known.starts_with("W/") && text(kept, header::LAST_MODIFIED) == Some(known)
}

/// The entity tags of `If-None-Match`. A comma inside of one splits it, and it matches nothing then.
fn etags(asked: &HeaderMap) -> impl Iterator<Item = &str> {
    asked
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

fn weakly_same(tag: &str, kept: Option<&str>) -> bool {
    let opaque = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
    kept.is_some_and(|kept| opaque(kept) == opaque(tag))
}

fn etag(headers: &HeaderMap) -> Option<&str> {
    text(headers, header::ETAG)
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// Digits alone; what does not fit lies behind every end.
fn number(text: &str) -> Option<usize> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(HeaderName, &str)]) -> HeaderMap {
        let value = |text: &&str| text.parse().expect("a value");
        fields.iter().map(|(name, text)| (name.clone(), value(text))).collect()
    }

    #[test]
    fn one_range_is_cut_out_and_anything_else_is_the_whole() {
        for (range, part) in [
            ("bytes=0-3", Part::Of(0..4)),
            ("Bytes = 2-", Part::Of(2..10)),
            ("bytes=-4", Part::Of(6..10)),
            ("bytes=-99", Part::Of(0..10)),
            ("bytes=5-99999999999999999999999", Part::Of(5..10)),
            ("bytes=10-", Part::Outside),
            ("bytes=99999999999999999999999-", Part::Outside),
            ("bytes=-0", Part::Outside),
            ("bytes=3-2", Part::Whole),
            ("bytes=0-1,3-4", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("bytes", Part::Whole),
            ("seconds=0-1", Part::Whole),
        ] {
            let asked = headers(&[(header::RANGE, range)]);
            assert_eq!(super::part(&asked, &HeaderMap::new(), 10), part, "{range}");
        }
        let asked = headers(&[(header::RANGE, "bytes=0-")]);
        assert_eq!(super::part(&asked, &HeaderMap::new(), 0), Part::Outside);
    }

    #[test]
    fn a_range_of_something_else_is_the_whole() {
        let kept = headers(&[
            (header::ETAG, "\"a\""),
            (header::LAST_MODIFIED, "Sat, 10 Jan 2026 00:00:00 GMT"),
        ]);
        for (known, same) in [
            ("\"a\"", true),
            ("\"b\"", false),
            ("W/\"a\"", false),
            ("Sat, 10 Jan 2026 00:00:00 GMT", true),
            ("Sat, 10 Jan 2026 00:00:01 GMT", false),
        ] {
            let asked = headers(&[(header::RANGE, "bytes=0-3"), (header::IF_RANGE, known)]);
            let expected = if same { Part::Of(0..4) } else { Part::Whole };
            assert_eq!(super::part(&asked, &kept, 10), expected, "{known}");
        }
    }

    #[test]
    fn who_has_it_is_told_so() {
        let kept = headers(&[
            (header::ETAG, "W/\"a\""),
            (header::LAST_MODIFIED, "Sat, 10 Jan 2026 00:00:00 GMT"),
        ]);
        let tag = |value| headers(&[(header::IF_NONE_MATCH, value)]);
        let since = |value| headers(&[(header::IF_MODIFIED_SINCE, value)]);
        assert!(unchanged(&tag("\"b\", \"a\""), &kept));
        assert!(unchanged(&tag("*"), &kept));
        assert!(!unchanged(&tag("\"b\""), &kept));
        assert!(unchanged(&since("Sat, 10 Jan 2026 00:00:00 GMT"), &kept));
        assert!(!unchanged(&since("Fri, 09 Jan 2026 23:59:59 GMT"), &kept));
        assert!(!unchanged(&since("yesterday"), &kept));
        assert!(!unchanged(&HeaderMap::new(), &kept));
        let mut both = tag("\"b\"");
        both.extend(since("Sat, 10 Jan 2026 00:00:00 GMT"));
        assert!(!unchanged(&both, &kept), "a tag outweighs a date");
    }
}
