//! `bandwidth`: lets `rate` kilobytes (1000 octets) a second through; 0 lets nothing through.
//!
//! Paced against a schedule and not by sleeping, so that late timers do not add up. Time in which
//! there was nothing to send, or nobody to take it, is not made up for.

use super::{Attributes, Item, Kind, Pulled, Stage};
use squall_platform::time::Instant;
use std::collections::VecDeque;
use std::time::Duration;

pub(super) static KIND: Kind = Kind {
    name: "bandwidth",
    attributes: &[("rate", "int64")],
    check: |attributes| attributes.not_negative(&["rate"]),
    stage: |attributes, _, now| {
        let rate = attributes.get("rate").max(0) as u64;
        Box::new(Bandwidth { rate, held: VecDeque::new(), octets: 0, sent: now })
    },
};

/// Larger chunks go in pieces of that much time.
const PIECE_MS: u64 = 100;

/// How far behind its schedule a stage catches up: the lateness of timers, not of receivers.
const CATCH_UP: Duration = Duration::from_millis(20);

/// What it holds so that it never runs dry between two timers: so much time, but always a chunk
/// beside the one being paced, and never without bound.
const AHEAD_MS: u64 = 20;
const AHEAD_LEAST: u64 = 64 << 10;
const AHEAD_MOST: u64 = 16 << 20;

struct Bandwidth {
    /// Octets per millisecond.
    rate: u64,
    held: VecDeque<Item>,
    octets: u64,
    /// When the piece before was through.
    sent: Instant,
}

impl Bandwidth {
    fn time_of(&self, octets: u64) -> Duration {
        Duration::from_nanos((u128::from(octets) * 1_000_000 / u128::from(self.rate)) as u64)
    }
}

impl Stage for Bandwidth {
    fn has_room(&self) -> bool {
        self.octets < self.rate.saturating_mul(AHEAD_MS).clamp(AHEAD_LEAST, AHEAD_MOST)
    }

    fn push(&mut self, item: Item, _: Instant) {
        if let Item::Data(bytes, _) = &item {
            self.octets += bytes.len() as u64;
        }
        self.held.push_back(item);
    }

    fn pull(&mut self, now: Instant) -> Pulled {
        let Some(front) = self.held.front_mut() else { return Pulled::Nothing };
        let Item::Data(bytes, arrived) = front else {
            return self.held.pop_front().map_or(Pulled::Nothing, Pulled::Item);
        };
        if self.rate == 0 {
            return Pulled::Nothing;
        }
        let arrived = *arrived;
        let piece = (bytes.len() as u64).min(self.rate.saturating_mul(PIECE_MS));
        let time = self.time_of(piece);
        // A schedule that far behind stood still for want of a receiver.
        if let Some(earliest) = now.checked_sub(CATCH_UP + time) {
            self.sent = self.sent.max(earliest);
        }
        let due = self.sent.max(arrived) + time;
        if due > now {
            return Pulled::Later(due);
        }
        self.sent = due;
        self.octets -= piece;
        let Some(Item::Data(bytes, _)) = self.held.front_mut() else { return Pulled::Nothing };
        let piece = bytes.split_to(piece as usize);
        if bytes.is_empty() {
            self.held.pop_front();
        }
        Pulled::Item(Item::Data(piece, due))
    }

    fn set(&mut self, attributes: &Attributes) {
        self.rate = attributes.get("rate").max(0) as u64;
    }

    fn remove(self: Box<Self>) -> VecDeque<Item> {
        self.held
    }
}

#[cfg(test)]
mod tests {
    use super::super::Last;
    use super::super::testing::{attributes, data, drain, ms, stage};
    use super::*;

    #[test]
    fn octets_take_their_time() {
        let start = Instant::now();
        let mut bandwidth = stage(&KIND, &[("rate", 1)], start);
        bandwidth.push(data(&[7; 250], start), start);
        bandwidth.push(Item::Last(Last::End), start);
        let out = drain(&mut *bandwidth, start, start + ms(1000));
        let expected = [
            (start + ms(100), data(&[7; 100], start + ms(100))),
            (start + ms(200), data(&[7; 100], start + ms(200))),
            (start + ms(250), data(&[7; 50], start + ms(250))),
            (start + ms(250), Item::Last(Last::End)),
        ];
        assert_eq!(out, expected);
    }

    #[test]
    fn a_late_timer_is_caught_up_and_a_stall_is_not() {
        let start = Instant::now();
        let mut bandwidth = stage(&KIND, &[("rate", 1)], start);
        for _ in 0..100 {
            bandwidth.push(data(&[7; 10], start), start);
        }
        assert_eq!(drain(&mut *bandwidth, start + ms(25), start + ms(25)).len(), 2);
        let after = drain(&mut *bandwidth, start + ms(500), start + ms(500)).len();
        assert!(after <= 4, "{after} pieces in a burst after a stall");
    }

    #[test]
    fn rate_zero_holds_everything_until_it_is_changed() {
        let start = Instant::now();
        let mut bandwidth = stage(&KIND, &[], start);
        for _ in 0..65_536 {
            assert!(bandwidth.has_room());
            bandwidth.push(data(b"x", start), start);
        }
        assert!(!bandwidth.has_room(), "the source is held back");
        assert_eq!(bandwidth.pull(start + ms(99_999)), Pulled::Nothing);
        bandwidth.set(&attributes(&KIND, &[("rate", 1)]));
        assert!(matches!(bandwidth.pull(start + ms(99_999)), Pulled::Item(_)));
    }

    #[test]
    fn any_rate_is_taken_without_overflow() {
        let start = Instant::now();
        let mut bandwidth = stage(&KIND, &[("rate", i64::MAX)], start);
        bandwidth.push(data(b"x", start), start);
        assert!(bandwidth.has_room());
        assert!(matches!(bandwidth.pull(start), Pulled::Item(_)));
    }
}
