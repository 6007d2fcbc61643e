//! What a stack's settings may be: default, allowed values or range, and what each is for.

use super::reader::{Reader, float, integer, scalar};
use crate::mistake::Mistake;
use squall_model::about::Harm;
use std::collections::BTreeMap;
use toml::de::DeValue;

/// One `[settings]` entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    pub default: String,
    pub allowed: Allowed,
    pub doc: String,
    /// The value that is a remedy for a harm; `higher` or `lower` where it is a number.
    pub mends: BTreeMap<Harm, String>,
}

/// Which texts a setting takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Allowed {
    Anything,
    Values(Vec<String>),
    /// A number, both ends included.
    Range(f64, f64),
    /// A count: the same without fractions.
    Whole(i64, i64),
}

impl Allowed {
    pub fn takes(&self, value: &str) -> bool {
        match self {
            Allowed::Anything => true,
            Allowed::Values(values) => values.iter().any(|known| known == value),
            Allowed::Range(low, high) => {
                value.parse::<f64>().is_ok_and(|number| (*low..=*high).contains(&number))
            }
            // As digits alone: a role may read it as a number that has no sign.
            Allowed::Whole(low, high) => value.parse::<i64>().is_ok_and(|number| {
                (*low..=*high).contains(&number) && number.to_string() == value
            }),
        }
    }

    /// Adds what would have been right.
    pub(crate) fn explain(&self, mistake: Mistake, value: &str) -> Mistake {
        match self {
            Allowed::Anything => mistake,
            Allowed::Values(values) => mistake.nearest(value, values.iter().map(String::as_str)),
            Allowed::Range(low, high) => mistake.help(format!("a number between {low} and {high}")),
            Allowed::Whole(low, high) => {
                mistake.help(format!("a whole number between {low} and {high}"))
            }
        }
    }
}

/// Reads `[settings]`: `name = { default, values or range, doc }`.
pub fn read(reader: &Reader<'_>) -> BTreeMap<String, Setting> {
    let mut settings = BTreeMap::new();
    for (name, value) in reader.entries() {
        let Some(table) = value.get_ref().as_table() else {
            reader.expected::<()>(name.get_ref(), "{ default, values or range, doc }", value);
            continue;
        };
        let called = format!("setting \"{}\"", name.get_ref());
        let entry = Reader::new(reader.ledger, &called, table, value.span());
        if let Some(setting) = read_one(entry) {
            settings.insert(name.into_inner(), setting);
        }
    }
    settings
}

fn read_one(mut entry: Reader<'_>) -> Option<Setting> {
    let allowed = read_allowed(&mut entry);
    let doc = entry.text_if("doc").map(|doc| doc.into_inner()).unwrap_or_default();
    let mends = entry.table_if("mends").map(|mends| read_mends(&mends, &allowed));
    let default = entry.value("default");
    let span = entry.span.clone();
    let ledger = entry.ledger;
    entry.finish();
    let Some(default) = default else {
        ledger.wrong(span, "a setting wants a \"default\"");
        return None;
    };
    let Some(text) = scalar(default.get_ref()) else {
        ledger.wrong(default.span(), "a default is a string, a number or a truth value");
        return None;
    };
    if !allowed.takes(&text) {
        let message = format!("the default \"{text}\" is none of the setting's own values");
        // It is a setting all the same, for whatever names it.
        ledger.push(allowed.explain(ledger.source.mistake(default.span(), message), &text));
    }
    Some(Setting { default: text, allowed, doc, mends: mends.unwrap_or_default() })
}

/// `mends = { outage = "on" }`: what the report may advise where a drill shows that harm.
fn read_mends(reader: &Reader<'_>, allowed: &Allowed) -> BTreeMap<Harm, String> {
    let mut mends = BTreeMap::new();
    for (word, value) in reader.entries() {
        let wrong = |message: String| reader.ledger.source.mistake(word.span(), message);
        let Some((_, harm)) = Harm::ALL.iter().find(|(known, _)| known == word.get_ref()) else {
            let message = format!("\"{}\" is no harm that a setting mends", word.get_ref());
            let known = Harm::ALL.iter().map(|(known, _)| *known);
            reader.ledger.push(wrong(message).nearest(word.get_ref(), known));
            continue;
        };
        let text = scalar(value.get_ref()).unwrap_or_default();
        let number = matches!(allowed, Allowed::Range(..) | Allowed::Whole(..));
        if allowed.takes(&text) || (number && ["higher", "lower"].contains(&text.as_str())) {
            mends.insert(*harm, text);
            continue;
        }
        let message = format!("the remedy \"{text}\" is none of the setting's own values");
        let mistake = reader.ledger.source.mistake(value.span(), message);
        reader.ledger.push(allowed.explain(mistake, &text));
    }
    mends
}

fn read_allowed(entry: &mut Reader<'_>) -> Allowed {
    let values = entry.value("values");
    if let Some(range) = entry.value("range") {
        return read_range(range.get_ref()).unwrap_or_else(|| {
            entry.expected::<()>("range", "[lowest, highest]", range);
            Allowed::Anything
        });
    }
    let Some(list) = values else { return Allowed::Anything };
    let texts: Option<Vec<String>> = list
        .get_ref()
        .as_array()
        .and_then(|texts| texts.iter().map(|text| scalar(text.get_ref())).collect());
    match texts {
        Some(texts) if !texts.is_empty() => Allowed::Values(texts),
        _ => {
            entry.expected::<()>("values", "a list of the values it may take", list);
            Allowed::Anything
        }
    }
}

/// Ends that are written without a fraction are those of a count.
fn read_range(range: &DeValue<'_>) -> Option<Allowed> {
    let [low, high] = range.as_array()?.get(..)? else { return None };
    let (low, high) = (low.get_ref(), high.get_ref());
    if let (Some(low), Some(high)) = (integer(low), integer(high)) {
        return (low <= high).then_some(Allowed::Whole(low, high));
    }
    let (low, high) = (float(low)?, float(high)?);
    (low <= high).then_some(Allowed::Range(low, high))
}
