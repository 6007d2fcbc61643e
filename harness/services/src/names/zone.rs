//! What is known: names and where they lead, and which of them are out of order.

use squall_wire::dns::{Answer, Place};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Names are kept in lower case, for DNS makes no difference.
#[derive(Debug, Default)]
pub(super) struct Zone(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    records: BTreeMap<String, Place>,
    /// May name what has no record.
    broken: BTreeSet<String>,
}

impl Zone {
    pub(super) fn find(&self, name: &str) -> Answer {
        let known = self.known();
        match known.records.get(name) {
            _ if known.broken.contains(name) => Answer::Failed,
            Some(place) => Answer::Place(place.clone()),
            None => Answer::Unknown,
        }
    }

    pub(super) fn record(&self, name: &str) -> Option<Place> {
        self.known().records.get(&lower(name)).cloned()
    }

    pub(super) fn set(&self, name: &str, place: Place) {
        self.known().records.insert(lower(name), place);
    }

    pub(super) fn clear(&self, name: &str) {
        self.known().records.remove(&lower(name));
    }

    /// From now on the server fails for this name, or no more.
    pub(super) fn set_broken(&self, name: &str, broken: bool) {
        let mut known = self.known();
        if broken {
            known.broken.insert(lower(name));
        } else {
            known.broken.remove(&lower(name));
        }
    }

    pub(super) fn is_broken(&self, name: &str) -> bool {
        self.known().broken.contains(&lower(name))
    }

    /// A panic elsewhere leaves it in order: each change is one insert or remove.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lower(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}
