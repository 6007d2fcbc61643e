//! What handsets heard of the verbs of their calls, by the carriers' own logs: 24 bytes a verb.

use crate::units::Micros;

/// One verb that ended, on the handset of call `m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Heard {
    pub m: u64,
    /// When it ended.
    pub at: Micros,
    /// Index into [`Verbs::names`].
    pub verb: u16,
    /// Index into [`Verbs::codes`]; `None`: it was heard in full.
    pub code: Option<u16>,
}

/// Every verb of a drill.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verbs {
    rows: Vec<Heard>,
    names: Vec<String>,
    codes: Vec<String>,
}

impl Verbs {
    pub fn rows(&self) -> &[Heard] {
        &self.rows
    }

    pub fn name(&self, verb: &Heard) -> &str {
        self.names.get(usize::from(verb.verb)).map_or("", String::as_str)
    }

    /// The code a verb failed with.
    pub fn code(&self, verb: &Heard) -> Option<&str> {
        self.codes.get(usize::from(verb.code?)).map(String::as_str)
    }

    /// How often each verb ended in each way: name, code, count; sorted.
    pub fn counts(&self) -> Vec<(&str, Option<&str>, u64)> {
        let mut counts = std::collections::BTreeMap::new();
        for verb in &self.rows {
            *counts.entry((self.name(verb), self.code(verb))).or_default() += 1;
        }
        counts.into_iter().map(|((name, code), count)| (name, code, count)).collect()
    }

    /// Takes in what a carrier's log says of a verb.
    pub(super) fn log(&mut self, m: u64, at: Micros, verb: &str, code: Option<&str>) {
        let verb = index(&mut self.names, verb);
        let code = code.map(|code| index(&mut self.codes, code));
        self.rows.push(Heard { m, at, verb, code });
    }
}

/// A script has a dozen verbs and a platform some dozen codes; what is past the 65,535th of a damaged
/// record shares the last place.
fn index(known: &mut Vec<String>, name: &str) -> u16 {
    let at = known.iter().position(|known| known == name).unwrap_or_else(|| {
        if known.len() < usize::from(u16::MAX) {
            known.push(name.to_owned());
        }
        known.len() - 1
    });
    at as u16
}
