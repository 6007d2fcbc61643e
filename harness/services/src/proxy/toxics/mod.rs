//! The table of toxics, and the one trait behind which they stand.
//!
//! A toxic is a [`Stage`]: a small machine that takes what a direction carries in at one end and
//! says what comes out at the other, and when. It never waits, never spawns and never touches a
//! socket, so that it can be put in, changed and taken out of a live connection at any moment.

mod bandwidth;
mod latency;
mod limit_data;
mod noop;
mod reset_peer;
mod slicer;
mod slow_close;
mod timeout;

use bytes::Bytes;
use squall_platform::Rng;
use squall_platform::time::Instant;
use std::collections::VecDeque;

/// What travels in one direction of a connection.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    /// Bytes, and when they arrived here (at the proxy, or out of the stage before).
    Data(Bytes, Instant),
    Last(Last),
}

/// How a direction ends. Nothing follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Last {
    /// The source sent FIN: pass it on, leave the other direction open.
    End,
    /// Close both directions.
    Close,
    /// Reset both sides.
    Reset,
}

/// What a stage has to give.
#[derive(Debug, PartialEq)]
pub(super) enum Pulled {
    Item(Item),
    /// Something, but not before then.
    Later(Instant),
    Nothing,
}

pub(super) trait Stage: Send {
    /// Whether it takes more for now. What is pushed regardless is kept too.
    fn has_room(&self) -> bool;

    fn push(&mut self, item: Item, now: Instant);

    fn pull(&mut self, now: Instant) -> Pulled;

    /// The toxic was changed: what is held follows the new attributes.
    fn set(&mut self, attributes: &Attributes);

    /// The toxic was removed: what it still holds, to be passed on at once and in this order.
    fn remove(self: Box<Self>) -> VecDeque<Item>;
}

/// A kind of toxic.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    /// Attributes and their types as a Go error names them. All are integers, 0 where not given.
    pub(super) attributes: &'static [(&'static str, &'static str)],
    /// Says what is wrong with the attributes.
    pub(super) check: fn(&Attributes) -> Result<(), String>,
    /// A stage of one connection and direction, started now, with draws of its own.
    pub(super) stage: fn(&Attributes, Rng, Instant) -> Box<dyn Stage>,
}

/// Every kind, by name.
pub(super) static TABLE: &[&Kind] = &[
    &bandwidth::KIND,
    &latency::KIND,
    &limit_data::KIND,
    &noop::KIND,
    &reset_peer::KIND,
    &slicer::KIND,
    &slow_close::KIND,
    &timeout::KIND,
];

pub(super) fn find(name: &str) -> Option<&'static Kind> {
    TABLE.iter().find(|kind| kind.name == name).copied()
}

/// The attributes of one toxic: all that its kind has, in its order, and no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attributes(Vec<(&'static str, i64)>);

impl serde::Serialize for Attributes {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl Attributes {
    pub(super) fn zero(kind: &Kind) -> Self {
        Attributes(kind.attributes.iter().map(|(name, _)| (*name, 0)).collect())
    }

    pub(super) fn get(&self, name: &str) -> i64 {
        self.0.iter().find(|(known, _)| *known == name).map_or(0, |(_, value)| *value)
    }

    /// Sets an attribute that the kind has.
    pub(super) fn set(&mut self, name: &str, value: i64) {
        if let Some(slot) = self.0.iter_mut().find(|(known, _)| *known == name) {
            slot.1 = value;
        }
    }

    /// For checks: that the named attributes are not negative.
    fn not_negative(&self, names: &[&str]) -> Result<(), String> {
        match names.iter().find(|name| self.get(name) < 0) {
            Some(name) => Err(format!("{name} must not be negative")),
            None => Ok(()),
        }
    }

    /// An attribute in milliseconds; a century stands for all that is longer.
    fn ms(&self, name: &str) -> std::time::Duration {
        const CENTURY_MS: i64 = 100 * 365 * 86_400 * 1_000;
        std::time::Duration::from_millis(self.get(name).clamp(0, CENTURY_MS) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn folder_and_table_are_equal() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/proxy/toxics");
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .expect("the folder")
            .map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned())
            .filter_map(|name| name.strip_suffix(".rs").map(str::to_owned))
            .filter(|name| name != "mod")
            .collect();
        let kinds: BTreeSet<String> = TABLE.iter().map(|kind| kind.name.to_owned()).collect();
        assert_eq!(files, kinds);
        assert_eq!(kinds.len(), TABLE.len());
    }
}

/// What the tests of all stages need.
#[cfg(test)]
pub(super) mod testing {
    use super::*;
    use std::time::Duration;

    pub(in super::super) fn attributes(kind: &Kind, values: &[(&'static str, i64)]) -> Attributes {
        let mut attributes = Attributes::zero(kind);
        for (name, value) in values {
            assert!(kind.attributes.iter().any(|(known, _)| known == name), "{name}");
            attributes.set(name, *value);
        }
        attributes
    }

    pub(super) fn stage(
        kind: &Kind,
        values: &[(&'static str, i64)],
        start: Instant,
    ) -> Box<dyn Stage> {
        let attributes = attributes(kind, values);
        (kind.check)(&attributes).expect("valid attributes");
        (kind.stage)(&attributes, squall_platform::rng::derive(7, "test", kind.name), start)
    }

    pub(super) fn data(bytes: &'static [u8], at: Instant) -> Item {
        Item::Data(Bytes::from_static(bytes), at)
    }

    pub(super) fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Everything that comes out up to `until`, with the instant at which it did.
    pub(super) fn drain(
        stage: &mut dyn Stage,
        mut now: Instant,
        until: Instant,
    ) -> Vec<(Instant, Item)> {
        let mut out = Vec::new();
        loop {
            match stage.pull(now) {
                Pulled::Item(item) => out.push((now, item)),
                Pulled::Later(at) if at <= until => now = at.max(now),
                _ => return out,
            }
        }
    }
}
