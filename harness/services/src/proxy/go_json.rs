//! JSON as Go's decoder reads it: the first value of a body, the rest ignored, and its error texts.
//!
//! Clients and their test suites compare these texts, which no JSON crate gives. Nesting is capped.

use std::fmt;

/// Deepest nesting that is read.
const DEPTH: usize = 200;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    /// As written.
    Number(String),
    String(String),
    Array(Vec<Value>),
    /// In the order written, repeated keys and all.
    Object(Vec<(String, Value)>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    /// Nothing but space.
    Empty,
    CutOff,
    Invalid(u8, String),
    TooDeep,
}

impl fmt::Display for Syntax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Syntax::Empty => f.write_str("EOF"),
            Syntax::CutOff => f.write_str("unexpected EOF"),
            Syntax::Invalid(byte, place) => {
                write!(f, "invalid character {} {place}", quoted(*byte))
            }
            Syntax::TooDeep => f.write_str("exceeded max depth"),
        }
    }
}

/// A byte as Go quotes it: read as Latin-1.
fn quoted(byte: u8) -> String {
    match byte {
        b'\'' => r"'\''".to_owned(),
        b'\\' => r"'\\'".to_owned(),
        0x07 => r"'\a'".to_owned(),
        0x08 => r"'\b'".to_owned(),
        0x0b => r"'\v'".to_owned(),
        0x0c => r"'\f'".to_owned(),
        b'\n' | b'\r' | b'\t' => format!("'{}'", byte.escape_ascii()),
        0x00..0x20 | 0x7f => format!("'\\x{byte:02x}'"),
        0x80..=0xa0 | 0xad => format!("'\\u{byte:04x}'"),
        byte => format!("'{}'", char::from(byte)),
    }
}

/// The first JSON value of `body`.
///
/// # Errors
/// As Go's `json.NewDecoder(body).Decode` would say it.
pub(super) fn first_value(body: &[u8]) -> Result<Value, Syntax> {
    let mut reader = Reader { body, at: 0 };
    if reader.peek_past_space().is_err() {
        return Err(Syntax::Empty);
    }
    reader.value(0)
}

struct Reader<'a> {
    body: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Result<u8, Syntax> {
        let byte = self.body.get(self.at).copied().ok_or(Syntax::CutOff)?;
        self.at += 1;
        Ok(byte)
    }

    fn peek(&self) -> Option<u8> {
        self.body.get(self.at).copied()
    }

    fn peek_past_space(&mut self) -> Result<u8, Syntax> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
        self.peek().ok_or(Syntax::CutOff)
    }

    fn next_past_space(&mut self) -> Result<u8, Syntax> {
        self.peek_past_space()?;
        self.next()
    }

    fn value(&mut self, depth: usize) -> Result<Value, Syntax> {
        if depth > DEPTH {
            return Err(Syntax::TooDeep);
        }
        match self.next_past_space()? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => self.string().map(Value::String),
            b't' => self.literal("true", Value::Bool(true)),
            b'f' => self.literal("false", Value::Bool(false)),
            b'n' => self.literal("null", Value::Null),
            byte @ (b'-' | b'0'..=b'9') => self.number(byte),
            byte => Err(invalid(byte, "looking for beginning of value")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, Syntax> {
        let mut entries = Vec::new();
        if self.peek_past_space()? == b'}' {
            self.at += 1;
            return Ok(Value::Object(entries));
        }
        loop {
            match self.next_past_space()? {
                b'"' => {}
                byte => return Err(invalid(byte, "looking for beginning of object key string")),
            }
            let key = self.string()?;
            match self.next_past_space()? {
                b':' => {}
                byte => return Err(invalid(byte, "after object key")),
            }
            entries.push((key, self.value(depth + 1)?));
            match self.next_past_space()? {
                b',' => {}
                b'}' => return Ok(Value::Object(entries)),
                byte => return Err(invalid(byte, "after object key:value pair")),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, Syntax> {
        let mut items = Vec::new();
        if self.peek_past_space()? == b']' {
            self.at += 1;
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            match self.next_past_space()? {
                b',' => {}
                b']' => return Ok(Value::Array(items)),
                byte => return Err(invalid(byte, "after array element")),
            }
        }
    }

    fn literal(&mut self, word: &str, value: Value) -> Result<Value, Syntax> {
        for expected in word.bytes().skip(1) {
            let byte = self.next()?;
            if byte != expected {
                let place = format!("in literal {word} (expecting '{}')", char::from(expected));
                return Err(Syntax::Invalid(byte, place));
            }
        }
        Ok(value)
    }

    fn number(&mut self, first: u8) -> Result<Value, Syntax> {
        let start = self.at - 1;
        let digit = match first {
            b'-' => self.digit("in numeric literal")?,
            digit => digit,
        };
        if digit != b'0' {
            self.digits();
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digit("after decimal point in numeric literal")?;
            self.digits();
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digit("in exponent of numeric literal")?;
            self.digits();
        }
        let text = String::from_utf8_lossy(&self.body[start..self.at]);
        Ok(Value::Number(text.into_owned()))
    }

    fn digit(&mut self, place: &str) -> Result<u8, Syntax> {
        match self.next()? {
            byte if byte.is_ascii_digit() => Ok(byte),
            byte => Err(invalid(byte, place)),
        }
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }

    /// The rest of a string whose quote was read. What is no UTF-8 becomes U+FFFD, as in Go.
    fn string(&mut self) -> Result<String, Syntax> {
        let mut text = Vec::new();
        loop {
            match self.next()? {
                b'"' => return Ok(String::from_utf8_lossy(&text).into_owned()),
                b'\\' => {
                    let mut utf8 = [0; 4];
                    let escaped = self.escape()?;
                    text.extend_from_slice(escaped.encode_utf8(&mut utf8).as_bytes());
                }
                byte if byte < 0x20 => return Err(invalid(byte, "in string literal")),
                byte => text.push(byte),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Syntax> {
        Ok(match self.next()? {
            byte @ (b'"' | b'\\' | b'/') => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.unit()?;
                let after = self.at;
                if (0xD800..0xDC00).contains(&unit) && self.body[after..].starts_with(b"\\u") {
                    self.at += 2;
                    let low = self.unit()?;
                    if (0xDC00..0xE000).contains(&low) {
                        let both = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                        return Ok(char::from_u32(both).unwrap_or(char::REPLACEMENT_CHARACTER));
                    }
                    self.at = after;
                }
                char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            byte => return Err(invalid(byte, "in string escape code")),
        })
    }

    fn unit(&mut self) -> Result<u32, Syntax> {
        let mut unit = 0;
        for _ in 0..4 {
            let byte = self.next()?;
            let digit = char::from(byte).to_digit(16);
            unit = unit * 16
                + digit.ok_or_else(|| invalid(byte, "in \\u hexadecimal character escape"))?;
        }
        Ok(unit)
    }
}

fn invalid(byte: u8, place: &str) -> Syntax {
    Syntax::Invalid(byte, place.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn errors_read_as_in_go() {
        for (body, text) in [
            ("", "EOF"),
            ("  \n", "EOF"),
            ("{", "unexpected EOF"),
            ("{\"a", "unexpected EOF"),
            ("[1,", "unexpected EOF"),
            ("tru", "unexpected EOF"),
            ("x", "invalid character 'x' looking for beginning of value"),
            ("'", "invalid character '\\'' looking for beginning of value"),
            ("\u{1}", "invalid character '\\x01' looking for beginning of value"),
            ("{a", "invalid character 'a' looking for beginning of object key string"),
            ("{\"a\":1,}", "invalid character '}' looking for beginning of object key string"),
            ("{\"a\" 1}", "invalid character '1' after object key"),
            ("{\"a\":1 2}", "invalid character '2' after object key:value pair"),
            ("[1 2]", "invalid character '2' after array element"),
            ("trux", "invalid character 'x' in literal true (expecting 'e')"),
            ("-a", "invalid character 'a' in numeric literal"),
            ("1.a", "invalid character 'a' after decimal point in numeric literal"),
            ("1e+x", "invalid character 'x' in exponent of numeric literal"),
            ("\"\n\"", "invalid character '\\n' in string literal"),
            ("\"\\x\"", "invalid character 'x' in string escape code"),
            ("\"\\u12x\"", "invalid character 'x' in \\u hexadecimal character escape"),
        ] {
            assert_eq!(first_value(body.as_bytes()).expect_err(body).to_string(), text, "{body}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(first_value(deep.as_bytes()), Err(Syntax::TooDeep));
    }

    #[test]
    fn what_follows_the_first_value_is_ignored() {
        assert_eq!(first_value(b" {} }junk"), Ok(Value::Object(vec![])));
        assert_eq!(first_value(b"12x"), Ok(Value::Number("12".to_owned())));
        let surrogates = first_value(br#""\ud83d\ude00\ud83d!""#);
        assert_eq!(surrogates, Ok(Value::String("😀\u{fffd}!".to_owned())));
    }

    fn plain(value: &Value) -> serde_json::Value {
        match value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(text) => serde_json::from_str(text).expect("a number"),
            Value::String(text) => text.as_str().into(),
            Value::Array(items) => items.iter().map(plain).collect(),
            Value::Object(entries) => {
                entries.iter().map(|(key, value)| (key.clone(), plain(value))).collect()
            }
        }
    }

    proptest! {
        #[test]
        fn any_octets_are_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = first_value(&body);
        }

        /// Both readers agree on what is JSON and on what it says.
        #[test]
        fn it_agrees_with_another_reader(body in r#"[\[\]{}",:0-9.eE+\-a tfnrulse\\]{0,40}"#) {
            if let Ok(expected) = serde_json::from_str::<serde_json::Value>(&body) {
                let read = first_value(body.as_bytes()).expect("the other read it");
                prop_assert_eq!(plain(&read), expected);
            }
        }
    }
}
