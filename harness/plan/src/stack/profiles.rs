//! `[profiles]`: sets of settings with a name, under which a stack is asked for as `kannel/tuned`.

use super::StackFile;
use super::reader::{Placed, Reader, scalar};
use super::settings::Setting;
use std::collections::BTreeMap;

/// Setting → value.
pub type Profile = BTreeMap<String, String>;

/// The stack's own name and the profile's, of `kannel/tuned`.
pub fn split(wanted: &str) -> (&str, Option<&str>) {
    match wanted.split_once('/') {
        Some((name, profile)) => (name, Some(profile)),
        None => (wanted, None),
    }
}

/// Reads `tuned = { configuration = "tuned" }`, any number of them.
pub fn read(
    reader: &Reader<'_>,
    settings: &BTreeMap<String, Setting>,
) -> BTreeMap<String, Profile> {
    let mut profiles = BTreeMap::new();
    for (name, value) in reader.entries() {
        if !is_name(name.get_ref()) {
            let message = "a profile's name is letters, digits and hyphens";
            reader.ledger.wrong(name.span(), message);
            continue;
        }
        let Some(table) = value.get_ref().as_table() else {
            reader.expected::<()>(name.get_ref(), "{ setting = value }", value);
            continue;
        };
        let called = format!("profile \"{}\"", name.get_ref());
        let entry = Reader::new(reader.ledger, &called, table, value.span());
        profiles.insert(name.into_inner(), read_one(&entry, settings));
    }
    profiles
}

/// It is part of a path that people type.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

fn read_one(entry: &Reader<'_>, settings: &BTreeMap<String, Setting>) -> Profile {
    let mut profile = Profile::new();
    for (key, value) in entry.entries() {
        let text = scalar(value.get_ref()).unwrap_or_default();
        match settings.get(key.get_ref()) {
            None => unknown(entry, &key, settings),
            Some(setting) if !setting.allowed.takes(&text) => {
                let message = format!("\"{text}\" is no value of \"{}\"", key.get_ref());
                let mistake = entry.ledger.source.mistake(value.span(), message);
                entry.ledger.push(setting.allowed.explain(mistake, &text));
            }
            Some(_) => {
                profile.insert(key.into_inner(), text);
            }
        }
    }
    profile
}

fn unknown(entry: &Reader<'_>, key: &Placed<String>, settings: &BTreeMap<String, Setting>) {
    let message = format!("the stack has no setting \"{}\"", key.get_ref());
    let mistake = entry.ledger.source.mistake(key.span(), message);
    entry.ledger.push(mistake.nearest(key.get_ref(), settings.keys().map(String::as_str)));
}

impl StackFile {
    /// The stack with the settings of one of its profiles.
    ///
    /// # Errors
    /// There is none of that name, or a carrier cannot follow one of its settings.
    pub(crate) fn under_profile(mut self, name: &str) -> Result<StackFile, String> {
        let Some(profile) = self.profiles.get(name).cloned() else {
            let known: Vec<&str> = self.profiles.keys().map(String::as_str).collect();
            let stack = &self.stack.name;
            return Err(match known.as_slice() {
                [] => format!("the stack \"{stack}\" has no profiles; ask for \"{stack}\""),
                _ => format!(
                    "the stack \"{stack}\" has no profile \"{name}\"; it has {}",
                    known.join(", ")
                ),
            });
        };
        for (key, value) in &profile {
            self.set(key, value)?;
        }
        self.stack.profile = Some(name.to_owned());
        Ok(self)
    }
}
