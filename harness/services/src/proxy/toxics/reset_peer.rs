//! `reset_peer`: `timeout` milliseconds after the first data or the end, resets both sides.
//!
//! Unlike in Toxiproxy the wait can be interrupted, and connections older than the toxic are reset
//! like any other.

use super::{Attributes, Item, Kind, Last, Pulled, Stage};
use squall_platform::time::Instant;
use std::collections::VecDeque;
use std::time::Duration;

pub(super) static KIND: Kind = Kind {
    name: "reset_peer",
    attributes: &[("timeout", "int64")],
    check: |attributes| attributes.not_negative(&["timeout"]),
    stage: |attributes, _, _| {
        let timeout = attributes.ms("timeout");
        Box::new(ResetPeer { timeout, held: VecDeque::new(), heard: None, fired: false })
    },
};

struct ResetPeer {
    timeout: Duration,
    /// Kept in case the toxic is removed before its time.
    held: VecDeque<Item>,
    heard: Option<Instant>,
    fired: bool,
}

impl Stage for ResetPeer {
    fn has_room(&self) -> bool {
        self.held.is_empty()
    }

    fn push(&mut self, item: Item, now: Instant) {
        self.heard = self.heard.or(Some(now));
        self.held.push_back(item);
    }

    fn pull(&mut self, now: Instant) -> Pulled {
        match self.heard.map(|heard| heard + self.timeout) {
            Some(due) if !self.fired && due > now => Pulled::Later(due),
            Some(_) if !self.fired => {
                self.fired = true;
                Pulled::Item(Item::Last(Last::Reset))
            }
            _ => Pulled::Nothing,
        }
    }

    fn set(&mut self, attributes: &Attributes) {
        self.timeout = attributes.ms("timeout");
    }

    fn remove(self: Box<Self>) -> VecDeque<Item> {
        self.held
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{data, drain, ms, stage};
    use super::*;

    #[test]
    fn nothing_happens_before_the_first_data() {
        let start = Instant::now();
        let mut reset = stage(&KIND, &[("timeout", 40)], start);
        assert_eq!(reset.pull(start + ms(10_000)), Pulled::Nothing);
        reset.push(data(b"x", start + ms(5)), start + ms(5));
        let out = drain(&mut *reset, start + ms(5), start + ms(1000));
        assert_eq!(out, [(start + ms(45), Item::Last(Last::Reset))]);
    }

    #[test]
    fn removed_in_time_it_gives_back_what_it_held() {
        let start = Instant::now();
        let mut reset = stage(&KIND, &[("timeout", 40)], start);
        reset.push(data(b"x", start), start);
        assert_eq!(reset.remove(), [data(b"x", start)]);
    }
}
