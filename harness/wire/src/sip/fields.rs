//! What is read out of header field values: addresses, parameters, the reason of a BYE. And numbers
//! and texts as they are written into them. Everything here borrows and nothing fails: what cannot be
//! read is not there.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The parameter `name` of a value such as `"A" <sip:a@b;x=1>;tag=z` or `SIP/2.0/TCP h;branch=z`.
/// Parameters of the URI between the brackets are not the value's.
pub fn param<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    let behind = split(value).1;
    pieces(behind, b';').skip(1).find_map(|piece| {
        let (key, value) = piece.split_once('=').unwrap_or((piece, ""));
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// The URI of an address with or without brackets.
pub fn uri(value: &str) -> &str {
    let (address, _) = split(value);
    match (find(address, b"<"), address.ends_with('>')) {
        (Some(open), true) => &address[open + 1..address.len() - 1],
        _ => address.trim(),
    }
}

/// The user or the number a SIP, SIPS or TEL URI names, without escapes; empty where it names none.
pub fn user(uri: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = uri.split_once(':') else { return Cow::Borrowed("") };
    let user = if scheme.eq_ignore_ascii_case("tel") {
        rest
    } else {
        rest.split_once('@').map_or("", |(user, _)| user)
    };
    unescape(user.split([';', ':']).next().unwrap_or_default())
}

/// Whether it is a URI of a scheme that calls can be placed to: not sips, which wants TLS.
pub fn is_dialable(uri: &str) -> bool {
    let scheme = uri.split_once(':').map_or("", |(scheme, _)| scheme);
    ["sip", "tel"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
}

/// The first of several values, as of a Via that lists more than one.
pub fn first(value: &str) -> &str {
    pieces(value, b',').next().unwrap_or_default().trim()
}

/// Cause and text of a Reason value for protocol Q.850 (RFC 3326).
pub fn q850(value: &str) -> Option<(u8, Cow<'_, str>)> {
    let reason = pieces(value, b',').map(str::trim).find(|reason| {
        let protocol = reason.split(';').next().unwrap_or_default();
        protocol.trim().eq_ignore_ascii_case("Q.850")
    })?;
    let cause = param(reason, "cause")?.parse().ok()?;
    Some((cause, param(reason, "text").map_or(Cow::Borrowed(""), unquote)))
}

/// `Q.850;cause=16;text="..."`.
pub fn reason(cause: u8, text: &str) -> String {
    let mut out = format!("Q.850;cause={cause};text=\"");
    for c in text.chars().filter(|c| !c.is_control()) {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

/// A user part of a SIP URI (RFC 3261 section 25.1): what is neither unreserved nor allowed there is
/// escaped.
pub fn escape(user: &str) -> String {
    let mut out = String::with_capacity(user.len());
    for byte in user.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,?/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing into memory cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Before the first `;` that separates parameters, and from it on.
fn split(value: &str) -> (&str, &str) {
    let end = match find(value, b"<") {
        Some(open) => value[open..].find('>').map_or(value.len(), |close| open + close + 1),
        None => find(value, b";").unwrap_or(value.len()),
    };
    (&value[..end], &value[end..])
}

/// Where one of the `wanted` ASCII characters first stands outside of a quoted string.
fn find(value: &str, wanted: &[u8]) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in value.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if !quoted && wanted.contains(&byte) => return Some(at),
            _ => {}
        }
    }
    None
}

/// Pieces between separators that stand outside of quoted strings and of brackets.
fn pieces(value: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(value);
    std::iter::from_fn(move || {
        let here = rest?;
        // No look goes further than to the end of the piece: a value may be nothing but separators.
        let from = match find(here, &[b'<', separator]) {
            Some(open) if here.as_bytes()[open] == b'<' => {
                here[open..].find('>').map_or(here.len(), |close| open + close)
            }
            _ => 0,
        };
        match find(&here[from..], &[separator]) {
            Some(at) => {
                rest = Some(&here[from + at + 1..]);
                Some(&here[..from + at])
            }
            None => {
                rest = None;
                Some(here)
            }
        }
    })
}

fn unquote(text: &str) -> Cow<'_, str> {
    let Some(inner) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else {
        return Cow::Borrowed(text);
    };
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let (mut out, mut escaped) = (String::with_capacity(inner.len()), false);
    for c in inner.chars() {
        if c == '\\' && !escaped {
            escaped = true;
            continue;
        }
        escaped = false;
        out.push(c);
    }
    Cow::Owned(out)
}

fn unescape(user: &str) -> Cow<'_, str> {
    if !user.contains('%') {
        return Cow::Borrowed(user);
    }
    let mut out = Vec::with_capacity(user.len());
    let mut rest = user.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        let hex = behind.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| *byte == b'%') {
            Some(meant) => {
                out.push(meant);
                rest = &behind[2..];
            }
            None => {
                out.push(*byte);
                rest = behind;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parameters_are_the_values_own() {
        for (value, tag) in [
            ("<sip:a@b>;tag=1", Some("1")),
            ("sip:a@b;tag=2", Some("2")),
            ("<sip:a@b;tag=no>", None),
            ("\"x;tag=no <\\\"\" <sip:a@b;tag=no>;x=\";tag=no\" ; TAG = 3", Some("3")),
            ("\"<\" <sip:a@b>;tag=4", Some("4")),
            ("<sip:a@b;tag=no", None),
            ("", None),
        ] {
            assert_eq!(param(value, "tag"), tag, "{value}");
        }
        assert_eq!(param("SIP/2.0/TCP a ;branch=z9hG4bKx;rport", "branch"), Some("z9hG4bKx"));
        assert_eq!(param("SIP/2.0/TCP a;rport", "rport"), Some(""));
    }

    #[test]
    fn a_user_is_read_out_of_any_way_to_write_an_address() {
        for (value, expected) in [
            ("<sip:+6299@h>;tag=1", "+6299"),
            ("\"A <b>\" <sip:+6299;ext=1@h;user=phone>", "+6299"),
            ("sip:%2B62%399@h;x=1", "+6299"),
            ("<tel:+6299;phone-context=x>", "+6299"),
            ("<SIPS:+6299:secret@h:5061>", "+6299"),
            ("<sip:h>", ""),
            ("sip:%zz%4@h", "%zz%4"),
            ("", ""),
        ] {
            assert_eq!(user(uri(value)), expected, "{value}");
        }
    }

    #[test]
    fn lists_are_cut_outside_of_quotes_and_brackets() {
        assert_eq!(first("SIP/2.0/TCP a;branch=1, SIP/2.0/TCP b"), "SIP/2.0/TCP a;branch=1");
        assert_eq!(first("<sip:a,b@c>, <sip:d>"), "<sip:a,b@c>");
        assert_eq!(first("\"a,b\" <sip:c>,d"), "\"a,b\" <sip:c>");
    }

    proptest! {
        #[test]
        fn a_reason_is_read_as_it_was_written(cause in 1..=127u8, text in "\\PC{0,20}") {
            let written = reason(cause, &text);
            prop_assert_eq!(q850(&written), Some((cause, text.as_str().into())));
            let among = format!("SIP;cause=200;text=\"a,b\", {written}");
            prop_assert_eq!(q850(&among), Some((cause, text.into())));
        }

        #[test]
        fn a_user_survives_its_escapes(name in "\\PC{0,20}") {
            let uri = format!("sip:{}@h", escape(&name));
            prop_assert_eq!(user(&uri), name);
        }

        #[test]
        fn nothing_breaks_on_any_text(value in "[\"\\\\<>;,=%@:a-zé]{0,40}") {
            for name in ["tag", ""] {
                let _ = param(&value, name);
            }
            let _ = (user(uri(&value)), q850(&value), first(&value), is_dialable(&value));
        }
    }
}
