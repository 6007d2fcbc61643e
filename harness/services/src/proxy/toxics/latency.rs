//! `latency`: each chunk leaves `latency` ± `jitter` milliseconds after it arrived.
//!
//! Time already passed counts, so the rate is not reduced and several latencies add up. Order is
//! kept. The end of the stream waits for the chunks before it and not longer, as in Toxiproxy.

use super::{Attributes, Item, Kind, Pulled, Stage};
use squall_platform::Rng;
use squall_platform::rng::Draw;
use squall_platform::time::Instant;
use std::collections::VecDeque;
use std::time::Duration;

pub(super) static KIND: Kind = Kind {
    name: "latency",
    attributes: &[("latency", "int64"), ("jitter", "int64")],
    check: |attributes| {
        attributes.not_negative(&["latency", "jitter"])?;
        match attributes.get("latency").max(attributes.get("jitter")) > LONGEST_MS {
            true => Err(format!("latency and jitter must not exceed {LONGEST_MS}")),
            false => Ok(()),
        }
    },
    stage: |attributes, rng, _| {
        Box::new(Latency { attributes: attributes.clone(), rng, held: VecDeque::new(), octets: 0 })
    },
};

/// A year.
const LONGEST_MS: i64 = 365 * 86_400 * 1_000;

/// What one direction of one connection may hold.
const CHUNKS: usize = 1024;
const OCTETS: usize = 16 << 20;

struct Latency {
    attributes: Attributes,
    rng: Rng,
    /// With the delay of each.
    held: VecDeque<(Item, Duration)>,
    octets: usize,
}

impl Latency {
    /// Uniform over whole milliseconds from `latency - jitter` to `latency + jitter - 1`.
    fn delay(&mut self) -> Duration {
        let jitter = self.attributes.get("jitter");
        let offset = if jitter > 0 { self.rng.random_range(-jitter..jitter) } else { 0 };
        Duration::from_millis((self.attributes.get("latency") + offset).max(0) as u64)
    }
}

impl Stage for Latency {
    fn has_room(&self) -> bool {
        self.held.len() < CHUNKS && self.octets < OCTETS
    }

    fn push(&mut self, item: Item, _: Instant) {
        let delay = match &item {
            Item::Data(bytes, _) => {
                self.octets += bytes.len();
                self.delay()
            }
            Item::Last(_) => Duration::ZERO,
        };
        self.held.push_back((item, delay));
    }

    fn pull(&mut self, now: Instant) -> Pulled {
        let due = match self.held.front() {
            None => return Pulled::Nothing,
            Some((Item::Data(_, arrived), delay)) => *arrived + *delay,
            Some((Item::Last(_), _)) => now,
        };
        if due > now {
            return Pulled::Later(due);
        }
        match self.held.pop_front() {
            None => Pulled::Nothing,
            Some((Item::Data(bytes, _), _)) => {
                self.octets -= bytes.len();
                // A second latency counts from when this one was over, not from when a timer fired.
                Pulled::Item(Item::Data(bytes, due))
            }
            Some((last, _)) => Pulled::Item(last),
        }
    }

    fn set(&mut self, attributes: &Attributes) {
        self.attributes = attributes.clone();
        for at in 0..self.held.len() {
            if matches!(self.held[at].0, Item::Data(..)) {
                self.held[at].1 = self.delay();
            }
        }
    }

    fn remove(self: Box<Self>) -> VecDeque<Item> {
        self.held.into_iter().map(|(item, _)| item).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Last;
    use super::super::testing::{attributes, data, drain, ms, stage};
    use super::*;

    #[test]
    fn chunks_leave_late_and_in_order_and_the_end_after_them() {
        let start = Instant::now();
        let mut latency = stage(&KIND, &[("latency", 100)], start);
        latency.push(data(b"a", start), start);
        latency.push(data(b"b", start + ms(30)), start + ms(30));
        latency.push(Item::Last(Last::End), start + ms(31));
        let out = drain(&mut *latency, start + ms(31), start + ms(1000));
        let expected = [
            (start + ms(100), data(b"a", start + ms(100))),
            (start + ms(130), data(b"b", start + ms(130))),
            (start + ms(130), Item::Last(Last::End)),
        ];
        assert_eq!(out, expected);
    }

    #[test]
    fn jitter_is_uniform_over_its_whole_milliseconds() {
        let start = Instant::now();
        let mut seen = std::collections::BTreeSet::new();
        let mut latency = stage(&KIND, &[("latency", 10), ("jitter", 3)], start);
        for _ in 0..500 {
            latency.push(data(b"x", start), start);
            let out = drain(&mut *latency, start, start + ms(1000));
            seen.insert((out[0].0 - start).as_millis());
        }
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [7, 8, 9, 10, 11, 12]);
    }

    #[test]
    fn a_change_reaches_what_is_held() {
        let start = Instant::now();
        let mut latency = stage(&KIND, &[("latency", 60_000)], start);
        latency.push(data(b"x", start), start);
        assert_eq!(latency.pull(start), Pulled::Later(start + ms(60_000)));
        latency.set(&attributes(&KIND, &[("latency", 5)]));
        assert_eq!(latency.pull(start), Pulled::Later(start + ms(5)));
    }
}
