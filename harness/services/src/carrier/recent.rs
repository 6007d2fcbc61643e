//! The last accepted messages in full, for query_sm, fetch and list. Older ones are forgotten.

use super::journal::Accepted;
use std::collections::VecDeque;

const KEPT: usize = 10_000;

/// In the order of their ids.
#[derive(Debug, Default)]
pub(super) struct Recent(VecDeque<Accepted>);

impl Recent {
    pub(super) fn push(&mut self, accepted: Accepted) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(accepted);
    }

    pub(super) fn get(&self, id: u64) -> Option<&Accepted> {
        self.place(id).and_then(|place| self.0.get(place))
    }

    pub(super) fn get_mut(&mut self, id: u64) -> Option<&mut Accepted> {
        self.place(id).and_then(|place| self.0.get_mut(place))
    }

    pub(super) fn remove(&mut self, id: u64) -> bool {
        self.place(id).and_then(|place| self.0.remove(place)).is_some()
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Accepted> {
        self.0.iter()
    }

    fn place(&self, id: u64) -> Option<usize> {
        self.0.binary_search_by_key(&id, |accepted| accepted.id).ok()
    }
}
