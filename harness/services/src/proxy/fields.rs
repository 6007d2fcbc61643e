//! Reads the fields of a JSON object as Go's decoder fills a struct, with its type errors.
//!
//! Names match in any case, the last of repeated ones wins, `null` and absent are the same, and
//! unknown ones are ignored. The first wrong type in the order of the body is the error told.

use super::go_json::Value;

/// The type of `value` in Go's words.
fn go_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Go's text for a value that is not what `go_type` is read from.
pub(super) fn wrong_type(value: &Value, go_type: &str) -> String {
    format!("json: cannot unmarshal {} into Go value of type {go_type}", go_kind(value))
}

pub(super) struct Fields<'a> {
    entries: &'a [(String, Value)],
    /// The Go struct, and the path to it in the body, for errors.
    place: &'a str,
    /// Position in the body and text of the first error.
    error: Option<(usize, String)>,
}

impl<'a> Fields<'a> {
    /// The fields of `value`; none, where it is null.
    ///
    /// # Errors
    /// Go's text for a value that is no object, where `go_type` is wanted.
    pub(super) fn of(
        value: &'a Value,
        go_type: &str,
        place: &'a str,
    ) -> Result<Fields<'a>, String> {
        let entries = match value {
            Value::Object(entries) => entries.as_slice(),
            Value::Null => &[],
            other => return Err(wrong_type(other, go_type)),
        };
        Ok(Fields { entries, place, error: None })
    }

    pub(super) fn string(&mut self, name: &str) -> Option<String> {
        self.read(name, "string", |value| match value {
            Value::String(text) => Ok(text.clone()),
            other => Err(go_kind(other).to_owned()),
        })
    }

    pub(super) fn boolean(&mut self, name: &str) -> Option<bool> {
        self.read(name, "bool", |value| match value {
            Value::Bool(value) => Ok(*value),
            other => Err(go_kind(other).to_owned()),
        })
    }

    pub(super) fn float32(&mut self, name: &str) -> Option<f32> {
        self.read(name, "float32", |value| match value {
            Value::Number(text) => match text.parse::<f32>() {
                Ok(number) if number.is_finite() => Ok(number),
                _ => Err(format!("number {text}")),
            },
            other => Err(go_kind(other).to_owned()),
        })
    }

    pub(super) fn integer(&mut self, name: &str, go_type: &str) -> Option<i64> {
        self.read(name, go_type, |value| match value {
            Value::Number(text) => text.parse().map_err(|_| format!("number {text}")),
            other => Err(go_kind(other).to_owned()),
        })
    }

    /// An object, to be read by itself.
    pub(super) fn object(&mut self, name: &str, go_type: &str) -> Option<&'a Value> {
        self.read(name, go_type, |value| match value {
            Value::Object(_) => Ok(value),
            other => Err(go_kind(other).to_owned()),
        })
    }

    pub(super) fn array(&mut self, name: &str, go_type: &str) -> Option<&'a [Value]> {
        self.read(name, go_type, |value| match value {
            Value::Array(items) => Ok(items.as_slice()),
            other => Err(go_kind(other).to_owned()),
        })
    }

    /// Done with reading.
    ///
    /// # Errors
    /// Go's text for the first field of a wrong type.
    pub(super) fn end(self) -> Result<(), String> {
        self.error.map_or(Ok(()), |(_, text)| Err(text))
    }

    fn read<T>(
        &mut self,
        name: &str,
        go_type: &str,
        read: impl Fn(&'a Value) -> Result<T, String>,
    ) -> Option<T> {
        let mut found = None;
        for (at, (key, value)) in self.entries.iter().enumerate() {
            if !key.eq_ignore_ascii_case(name) || *value == Value::Null {
                continue;
            }
            match read(value) {
                Ok(value) => found = Some(value),
                Err(kind) if self.error.as_ref().is_none_or(|(first, _)| at < *first) => {
                    let place = self.place;
                    self.error = Some((
                        at,
                        format!(
                            "json: cannot unmarshal {kind} into Go struct field {place}.{name} of \
                             type {go_type}"
                        ),
                    ));
                }
                Err(_) => {}
            }
        }
        found
    }
}
