//! What callers send: proxies and toxics, read and checked before anything is done.

use super::fault::ApiError;
use super::fields::{Fields, wrong_type};
use super::go_json::{Value, first_value};
use super::stream::Direction;
use super::toxics::{self, Attributes, Kind};

/// A proxy as given; what is absent keeps its value or takes the default.
#[derive(Clone, Debug, Default)]
pub(super) struct ProxyInput {
    pub(super) name: Option<String>,
    pub(super) listen: Option<String>,
    pub(super) upstream: Option<String>,
    pub(super) enabled: Option<bool>,
    /// Ours: toxics that the proxy is born with. Toxiproxy ignores the key.
    pub(super) toxics: Vec<ToxicInput>,
}

#[derive(Clone, Debug)]
pub(super) struct ToxicInput {
    pub(super) name: String,
    pub(super) kind: &'static Kind,
    pub(super) direction: Direction,
    /// As written.
    pub(super) stream: String,
    pub(super) toxicity: f32,
    pub(super) attributes: Attributes,
}

pub(super) fn body(octets: &[u8]) -> Result<Value, ApiError> {
    first_value(octets).map_err(|error| ApiError::body(&error.to_string()))
}

/// The body of create and update.
pub(super) fn proxy(value: &Value) -> Result<ProxyInput, ApiError> {
    read_proxy(value, "toxiproxy.Proxy", "Proxy")
}

/// The body of populate.
pub(super) fn proxies(value: &Value) -> Result<Vec<ProxyInput>, ApiError> {
    const ELEMENT: &str = r#"struct { toxiproxy.Proxy; Enabled *bool "json:\"enabled\"" }"#;
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(items) => items.iter().map(|item| read_proxy(item, ELEMENT, "")).collect(),
        other => Err(ApiError::body(&wrong_type(other, &format!("[]{ELEMENT}")))),
    }
}

fn read_proxy(value: &Value, go_type: &str, place: &str) -> Result<ProxyInput, ApiError> {
    let mut fields = Fields::of(value, go_type, place).map_err(|error| ApiError::body(&error))?;
    let mut input = ProxyInput {
        name: fields.string("name"),
        listen: fields.string("listen"),
        upstream: fields.string("upstream"),
        enabled: fields.boolean("enabled"),
        toxics: Vec::new(),
    };
    let given = fields.array("toxics", "[]toxics.ToxicWrapper").unwrap_or_default();
    fields.end().map_err(|error| ApiError::body(&error))?;
    for toxic_value in given {
        let taken = |name: &str| input.toxics.iter().any(|toxic| toxic.name == name);
        let read = toxic(toxic_value, taken)?;
        input.toxics.push(read);
    }
    Ok(input)
}

/// The body of toxic create, checked in Toxiproxy's order: shape, stream, type, name, attributes.
pub(super) fn toxic(
    value: &Value,
    is_taken: impl Fn(&str) -> bool,
) -> Result<ToxicInput, ApiError> {
    let mut fields = Fields::of(value, "toxics.ToxicWrapper", "ToxicWrapper")
        .map_err(|error| ApiError::body(&error))?;
    let attributes = fields.object("attributes", "toxics.NoopToxic");
    let name = fields.string("name").unwrap_or_default();
    let kind = fields.string("type").unwrap_or_default();
    let stream = fields.string("stream").unwrap_or_else(|| "downstream".to_owned());
    let toxicity = fields.float32("toxicity").unwrap_or(1.0);
    fields.end().map_err(|error| ApiError::body(&error))?;

    let direction = Direction::parse(&stream).ok_or_else(ApiError::invalid_stream)?;
    let name = if name.is_empty() { format!("{kind}_{stream}") } else { name };
    let kind = toxics::find(&kind).ok_or_else(ApiError::invalid_toxic_type)?;
    if is_taken(&name) {
        return Err(ApiError::toxic_exists());
    }
    let attributes = merge(kind, Attributes::zero(kind), attributes)?;
    check(kind, &attributes, toxicity)?;
    Ok(ToxicInput { name, kind, direction, stream, toxicity, attributes })
}

/// The body of toxic update: toxicity and attributes over what there is.
pub(super) fn toxic_update(
    value: &Value,
    kind: &'static Kind,
    toxicity: f32,
    attributes: &Attributes,
) -> Result<(f32, Attributes), ApiError> {
    const TYPE: &str = "struct { Attributes interface {} \"json:\\\"attributes\\\"\"; Toxicity \
                        float32 \"json:\\\"toxicity\\\"\" }";
    let mut fields = Fields::of(value, TYPE, "").map_err(|error| ApiError::body(&error))?;
    let given = fields.object("attributes", &go_struct(kind));
    let toxicity = fields.float32("toxicity").unwrap_or(toxicity);
    fields.end().map_err(|error| ApiError::body(&error))?;
    let attributes = merge(kind, attributes.clone(), given)?;
    check(kind, &attributes, toxicity)?;
    Ok((toxicity, attributes))
}

fn merge(
    kind: &'static Kind,
    mut attributes: Attributes,
    given: Option<&Value>,
) -> Result<Attributes, ApiError> {
    let Some(given) = given else { return Ok(attributes) };
    let place = format!("{}.attributes", go_struct(kind).replace("toxics.", ""));
    let mut fields = Fields::of(given, "", &place).map_err(|error| ApiError::body(&error))?;
    for (name, go_type) in kind.attributes {
        if let Some(value) = fields.integer(name, go_type) {
            attributes.set(name, value);
        }
    }
    fields.end().map_err(|error| ApiError::body(&error))?;
    Ok(attributes)
}

/// Ours: Toxiproxy stores what makes no sense, and crashes over some of it.
fn check(kind: &Kind, attributes: &Attributes, toxicity: f32) -> Result<(), ApiError> {
    if !(0.0..=1.0).contains(&toxicity) {
        return Err(ApiError::invalid_attribute("toxicity must be between 0 and 1"));
    }
    (kind.check)(attributes).map_err(|why| ApiError::invalid_attribute(&why))
}

/// `slow_close` → `toxics.SlowCloseToxic`.
fn go_struct(kind: &Kind) -> String {
    let words = kind.name.split('_').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    format!("toxics.{}Toxic", words.collect::<String>())
}
