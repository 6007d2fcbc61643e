//! A value that stands in the file as it is, or one for each value that a setting may have.
//!
//! `port = { setting = "queue", builtin = "frames", redis = "redis" }`. Every value has its entry, so
//! that a scenario's choice can never lead nowhere.

use super::reader::{Placed, Reader};
use super::settings::{Allowed, Setting};
use std::collections::BTreeMap;
use toml::de::DeValue;

#[derive(Clone, Debug, PartialEq)]
pub enum Followed<T> {
    Fixed(T),
    By { setting: String, values: BTreeMap<String, T> },
}

impl<T> Followed<T> {
    /// What holds under `settings`. `None` only for a value that the setting itself does not allow.
    pub fn under(&self, settings: &BTreeMap<String, String>) -> Option<&T> {
        match self {
            Followed::Fixed(value) => Some(value),
            Followed::By { setting, values } => values.get(settings.get(setting)?),
        }
    }

    /// The setting that decides, where one does.
    pub fn setting(&self) -> Option<&str> {
        match self {
            Followed::Fixed(_) => None,
            Followed::By { setting, .. } => Some(setting),
        }
    }

    /// All that it may be.
    pub fn all(&self) -> Vec<&T> {
        match self {
            Followed::Fixed(value) => vec![value],
            Followed::By { values, .. } => values.values().collect(),
        }
    }
}

/// A value of the file, for whoever reads one of them.
pub type Value<'a> = Placed<DeValue<'a>>;

/// Reads `key`; `one` reads a single value, whose key in the file it is told for its mistakes.
pub fn read<'a, T>(
    reader: &mut Reader<'a>,
    key: &'static str,
    settings: &BTreeMap<String, Setting>,
    one: impl Fn(&Reader<'a>, &str, &'a Value<'a>) -> Option<T>,
) -> Option<Followed<T>> {
    let value = read_if(reader, key, settings, one);
    reader.required(key, value)?
}

/// The same for a key that need not be there. `Some(None)`: it is there and wrong.
pub fn read_if<'a, T>(
    reader: &mut Reader<'a>,
    key: &'static str,
    settings: &BTreeMap<String, Setting>,
    one: impl Fn(&Reader<'a>, &str, &'a Value<'a>) -> Option<T>,
) -> Option<Option<Followed<T>>> {
    let value = reader.value(key)?;
    Some(of(reader, key, value, settings, one))
}

/// The same for a value that was looked up.
pub fn of<'a, T>(
    reader: &Reader<'a>,
    key: &str,
    value: &'a Value<'a>,
    settings: &BTreeMap<String, Setting>,
    one: impl Fn(&Reader<'a>, &str, &'a Value<'a>) -> Option<T>,
) -> Option<Followed<T>> {
    let Some(table) = value.get_ref().as_table().filter(|table| table.contains_key("setting"))
    else {
        return one(reader, key, value).map(Followed::Fixed);
    };
    let table = Reader::new(reader.ledger, &format!("\"{key}\""), table, value.span());
    read_values(table, settings, one)
}

fn read_values<'a, T>(
    mut table: Reader<'a>,
    settings: &BTreeMap<String, Setting>,
    one: impl Fn(&Reader<'a>, &str, &'a Value<'a>) -> Option<T>,
) -> Option<Followed<T>> {
    let setting = table.text("setting")?;
    let known = known_values(&table, &setting, settings)?;
    let (mut values, mut given) = (BTreeMap::new(), Vec::new());
    for (word, value) in table.entries().filter(|(word, _)| word.get_ref() != "setting") {
        if !known.contains(word.get_ref()) {
            let message =
                format!("\"{}\" is no value of setting \"{}\"", word.get_ref(), setting.get_ref());
            let mistake = table.ledger.source.mistake(word.span(), message);
            table.ledger.push(mistake.nearest(word.get_ref(), known.iter().map(String::as_str)));
            continue;
        }
        given.push(word.get_ref().clone());
        values.extend(one(&table, word.get_ref(), value).map(|value| (word.into_inner(), value)));
    }
    let quoted = known.iter().filter(|value| !given.contains(value)).map(|v| format!("\"{v}\""));
    let missing: Vec<String> = quoted.collect();
    if !missing.is_empty() {
        let message = format!("{} has no entry for {}", table.name(), missing.join(", "));
        let mistake = table.ledger.source.mistake(table.span.clone(), message);
        let help =
            format!("one entry for each value that setting \"{}\" may have", setting.get_ref());
        table.ledger.push(mistake.help(help));
    }
    let complete = values.len() == known.len();
    complete.then(|| Followed::By { setting: setting.into_inner(), values })
}

/// What the setting may be. Only one with a list of values can be followed so.
fn known_values<'s>(
    table: &Reader<'_>,
    name: &Placed<String>,
    settings: &'s BTreeMap<String, Setting>,
) -> Option<&'s [String]> {
    let wrong = |message: String| table.ledger.source.mistake(name.span(), message);
    match settings.get(name.get_ref()).map(|setting| &setting.allowed) {
        Some(Allowed::Values(values)) => return Some(values),
        Some(_) => {
            let message = format!("setting \"{}\" has no list of values", name.get_ref());
            table.ledger.push(wrong(message).help("values = [\"…\", \"…\"] in [settings]"));
        }
        None => {
            let mistake = wrong(format!("no setting \"{}\"", name.get_ref()));
            let known = settings.keys().map(String::as_str);
            table.ledger.push(mistake.nearest(name.get_ref(), known));
        }
    }
    None
}
