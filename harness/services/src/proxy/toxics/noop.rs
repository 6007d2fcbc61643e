//! `noop`: passes everything. A valid type of Toxiproxy's, of use to its clients' tests.

use super::{Attributes, Item, Kind, Pulled, Stage};
use squall_platform::time::Instant;
use std::collections::VecDeque;

pub(super) static KIND: Kind = Kind {
    name: "noop",
    attributes: &[],
    check: |_| Ok(()),
    stage: |_, _, _| Box::new(Noop(VecDeque::new())),
};

struct Noop(VecDeque<Item>);

impl Stage for Noop {
    fn has_room(&self) -> bool {
        self.0.is_empty()
    }

    fn push(&mut self, item: Item, _: Instant) {
        self.0.push_back(item);
    }

    fn pull(&mut self, _: Instant) -> Pulled {
        self.0.pop_front().map_or(Pulled::Nothing, Pulled::Item)
    }

    fn set(&mut self, _: &Attributes) {}

    fn remove(self: Box<Self>) -> VecDeque<Item> {
        self.0
    }
}
