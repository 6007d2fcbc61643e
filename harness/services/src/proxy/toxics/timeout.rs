//! `timeout`: discards everything, and closes after `timeout` milliseconds without data; 0 never
//! closes.
//!
//! Its removal closes the connection: the stream has a hole that must not be mended silently.

use super::{Attributes, Item, Kind, Last, Pulled, Stage};
use squall_platform::time::Instant;
use std::collections::VecDeque;
use std::time::Duration;

pub(super) static KIND: Kind = Kind {
    name: "timeout",
    attributes: &[("timeout", "int64")],
    check: |attributes| attributes.not_negative(&["timeout"]),
    stage: |attributes, _, now| {
        Box::new(Timeout { timeout: attributes.ms("timeout"), heard: now, last: None })
    },
};

struct Timeout {
    timeout: Duration,
    /// When data came last.
    heard: Instant,
    /// Given out by a stage before this one, or by this one already.
    last: Option<Option<Last>>,
}

impl Stage for Timeout {
    fn has_room(&self) -> bool {
        true
    }

    fn push(&mut self, item: Item, now: Instant) {
        match item {
            Item::Data(..) => self.heard = now,
            // The silence goes on: a source that ended cannot be told from one that says nothing.
            Item::Last(Last::End) => {}
            Item::Last(last) => self.last = self.last.or(Some(Some(last))),
        }
    }

    fn pull(&mut self, now: Instant) -> Pulled {
        match &mut self.last {
            Some(last) => {
                return last.take().map_or(Pulled::Nothing, |last| Pulled::Item(Item::Last(last)));
            }
            None if self.timeout.is_zero() => return Pulled::Nothing,
            None => {}
        }
        let due = self.heard + self.timeout;
        if due > now {
            return Pulled::Later(due);
        }
        self.last = Some(None);
        Pulled::Item(Item::Last(Last::Close))
    }

    fn set(&mut self, attributes: &Attributes) {
        self.timeout = attributes.ms("timeout");
    }

    fn remove(self: Box<Self>) -> VecDeque<Item> {
        VecDeque::from([Item::Last(Last::Close)])
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{data, drain, ms, stage};
    use super::*;

    #[test]
    fn data_restarts_the_timer_and_goes_nowhere() {
        let start = Instant::now();
        let mut timeout = stage(&KIND, &[("timeout", 100)], start);
        assert_eq!(timeout.pull(start), Pulled::Later(start + ms(100)));
        timeout.push(data(b"x", start + ms(60)), start + ms(60));
        timeout.push(Item::Last(Last::End), start + ms(70));
        let out = drain(&mut *timeout, start + ms(70), start + ms(1000));
        assert_eq!(out, [(start + ms(160), Item::Last(Last::Close))]);
    }

    #[test]
    fn zero_never_closes_and_removal_does() {
        let start = Instant::now();
        let mut timeout = stage(&KIND, &[], start);
        timeout.push(data(b"x", start), start);
        assert_eq!(timeout.pull(start + ms(10_000_000)), Pulled::Nothing);
        assert_eq!(timeout.remove(), [Item::Last(Last::Close)]);
    }
}
