//! The fields of a request, however they came: a JSON object, a form, or the query of a GET.

use bytes::Bytes;
use http::{Method, Request, header};
use serde_json::Value;
use std::collections::BTreeMap;
use url::form_urlencoded::parse;

pub(super) type Fields = BTreeMap<String, String>;

/// `None` where the content type is JSON and the body is no JSON object. Fields of a JSON object
/// that are neither text, number nor truth value are left out.
pub(super) fn read(request: &Request<Bytes>) -> Option<Fields> {
    let pairs = |octets: &[u8]| {
        parse(octets).map(|(key, value)| (key.into_owned(), value.into_owned())).collect()
    };
    if request.method() == Method::GET {
        return Some(pairs(request.uri().query().unwrap_or("").as_bytes()));
    }
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(|kind| kind.trim_start().starts_with(super::JSON)) {
        return Some(pairs(request.body()));
    }
    let object: BTreeMap<String, Value> = serde_json::from_slice(request.body()).ok()?;
    Some(object.into_iter().filter_map(|(key, value)| Some((key, text(value)?))).collect())
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
