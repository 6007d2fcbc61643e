//! `slow_close`: data passes; the end of the stream is held back for `delay` milliseconds.

use super::{Attributes, Item, Kind, Pulled, Stage};
use squall_platform::time::Instant;
use std::collections::VecDeque;
use std::time::Duration;

pub(super) static KIND: Kind = Kind {
    name: "slow_close",
    attributes: &[("delay", "int64")],
    check: |attributes| attributes.not_negative(&["delay"]),
    stage: |attributes, _, now| {
        Box::new(SlowClose { delay: attributes.ms("delay"), held: VecDeque::new(), ended: now })
    },
};

struct SlowClose {
    delay: Duration,
    held: VecDeque<Item>,
    /// When the end came in.
    ended: Instant,
}

impl Stage for SlowClose {
    fn has_room(&self) -> bool {
        self.held.is_empty()
    }

    fn push(&mut self, item: Item, now: Instant) {
        self.ended = now;
        self.held.push_back(item);
    }

    fn pull(&mut self, now: Instant) -> Pulled {
        if matches!(self.held.front(), Some(Item::Last(_))) && self.ended + self.delay > now {
            return Pulled::Later(self.ended + self.delay);
        }
        self.held.pop_front().map_or(Pulled::Nothing, Pulled::Item)
    }

    fn set(&mut self, attributes: &Attributes) {
        self.delay = attributes.ms("delay");
    }

    fn remove(self: Box<Self>) -> VecDeque<Item> {
        self.held
    }
}

#[cfg(test)]
mod tests {
    use super::super::Last;
    use super::super::testing::{data, drain, ms, stage};
    use super::*;

    #[test]
    fn only_the_end_waits() {
        let start = Instant::now();
        let mut close = stage(&KIND, &[("delay", 50)], start);
        close.push(data(b"x", start), start);
        close.push(Item::Last(Last::End), start + ms(10));
        let out = drain(&mut *close, start + ms(10), start + ms(1000));
        assert_eq!(out[0], (start + ms(10), data(b"x", start)));
        assert_eq!(out[1], (start + ms(60), Item::Last(Last::End)));
    }
}
