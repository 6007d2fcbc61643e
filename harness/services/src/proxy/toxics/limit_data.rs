//! `limit_data`: passes exactly `bytes` octets from when it was put in, then closes.

use super::{Attributes, Item, Kind, Last, Pulled, Stage};
use squall_platform::time::Instant;
use std::collections::VecDeque;

pub(super) static KIND: Kind = Kind {
    name: "limit_data",
    attributes: &[("bytes", "int64")],
    check: |attributes| attributes.not_negative(&["bytes"]),
    stage: |attributes, _, _| {
        let limit = attributes.get("bytes").max(0) as u64;
        Box::new(LimitData { limit, passed: 0, held: VecDeque::new(), closed: false })
    },
};

struct LimitData {
    limit: u64,
    /// Survives changes of the limit.
    passed: u64,
    held: VecDeque<Item>,
    closed: bool,
}

impl LimitData {
    fn close(&mut self) -> Pulled {
        self.closed = true;
        self.held.clear();
        Pulled::Item(Item::Last(Last::Close))
    }
}

impl Stage for LimitData {
    fn has_room(&self) -> bool {
        self.held.is_empty()
    }

    fn push(&mut self, item: Item, _: Instant) {
        if !self.closed {
            self.held.push_back(item);
        }
    }

    fn pull(&mut self, _: Instant) -> Pulled {
        let left = self.limit.saturating_sub(self.passed);
        match self.held.pop_front() {
            _ if self.closed => Pulled::Nothing,
            // The limit was reached by the chunk before: it closes without waiting for more.
            None if left == 0 && self.passed > 0 => self.close(),
            None => Pulled::Nothing,
            Some(Item::Data(..)) if left == 0 => self.close(),
            Some(Item::Data(mut bytes, at)) => {
                bytes.truncate(left.min(bytes.len() as u64) as usize);
                self.passed += bytes.len() as u64;
                Pulled::Item(Item::Data(bytes, at))
            }
            Some(last) => Pulled::Item(last),
        }
    }

    fn set(&mut self, attributes: &Attributes) {
        self.limit = attributes.get("bytes").max(0) as u64;
    }

    fn remove(self: Box<Self>) -> VecDeque<Item> {
        self.held
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{attributes, data, drain, stage};
    use super::*;

    #[test]
    fn exactly_so_many_octets_pass() {
        let now = Instant::now();
        let mut limit = stage(&KIND, &[("bytes", 5)], now);
        limit.push(data(b"abc", now), now);
        limit.push(data(b"defg", now), now);
        limit.push(data(b"h", now), now);
        let out = drain(&mut *limit, now, now);
        let expected = [data(b"abc", now), data(b"de", now), Item::Last(Last::Close)];
        assert_eq!(out.into_iter().map(|(_, item)| item).collect::<Vec<_>>(), expected);
        assert_eq!(limit.pull(now), Pulled::Nothing);
    }

    #[test]
    fn zero_closes_at_the_first_chunk() {
        let now = Instant::now();
        let mut limit = stage(&KIND, &[], now);
        assert_eq!(limit.pull(now), Pulled::Nothing);
        limit.push(data(b"a", now), now);
        assert_eq!(limit.pull(now), Pulled::Item(Item::Last(Last::Close)));
    }

    #[test]
    fn the_count_survives_a_change() {
        let now = Instant::now();
        let mut limit = stage(&KIND, &[("bytes", 100)], now);
        limit.push(data(b"abcd", now), now);
        limit.pull(now);
        limit.set(&attributes(&KIND, &[("bytes", 4)]));
        assert_eq!(limit.pull(now), Pulled::Item(Item::Last(Last::Close)));
    }
}
