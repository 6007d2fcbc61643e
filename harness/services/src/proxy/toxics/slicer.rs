//! `slicer`: cuts chunks into pieces of `average_size` ± `size_variation` octets, `delay`
//! microseconds apart.
//!
//! A chunk is halved, the cut moved by up to the variation, until no piece is longer than average
//! and variation together; all cuts are whole octets and no piece is empty.

use super::{Attributes, Item, Kind, Pulled, Stage};
use squall_platform::Rng;
use squall_platform::rng::Draw;
use squall_platform::time::Instant;
use std::collections::VecDeque;
use std::time::Duration;

pub(super) static KIND: Kind = Kind {
    name: "slicer",
    attributes: &[("average_size", "int"), ("size_variation", "int"), ("delay", "int")],
    check: |attributes| {
        attributes.not_negative(&["size_variation", "delay"])?;
        match (attributes.get("average_size"), attributes.get("size_variation")) {
            (..1, _) => Err("average_size must be at least 1".to_owned()),
            (average, variation) if variation >= average => {
                Err("size_variation must be less than average_size".to_owned())
            }
            _ => Ok(()),
        }
    },
    stage: |attributes, rng, now| {
        let attributes = attributes.clone();
        Box::new(Slicer { attributes, rng, held: VecDeque::new(), cuts: Vec::new(), next: now })
    },
};

/// How far behind its schedule it catches up, as timers are late.
const CATCH_UP: Duration = Duration::from_millis(5);

struct Slicer {
    attributes: Attributes,
    rng: Rng,
    held: VecDeque<Item>,
    /// Lengths into which the front chunk is being cut, the next one last.
    cuts: Vec<usize>,
    /// When the next piece may leave.
    next: Instant,
}

impl Slicer {
    fn delay(&self) -> Duration {
        Duration::from_micros(self.attributes.get("delay").max(0) as u64)
    }

    /// The length of the front chunk's next piece.
    fn cut(&mut self, length: usize) -> usize {
        let average = self.attributes.get("average_size").max(1) as usize;
        let variation = (self.attributes.get("size_variation").max(0) as usize).min(average - 1);
        let mut piece = self.cuts.pop().unwrap_or(length).min(length);
        while piece > average.saturating_add(variation) {
            let middle = match variation {
                0 => piece / 2,
                _ => piece / 2 - variation + self.rng.random_range(0..2 * variation),
            };
            self.cuts.push(piece - middle);
            piece = middle;
        }
        piece
    }
}

impl Stage for Slicer {
    fn has_room(&self) -> bool {
        self.held.is_empty()
    }

    fn push(&mut self, item: Item, _: Instant) {
        self.held.push_back(item);
    }

    fn pull(&mut self, now: Instant) -> Pulled {
        let (length, arrived) = match self.held.front() {
            None => return Pulled::Nothing,
            Some(Item::Data(bytes, arrived)) => (bytes.len(), *arrived),
            Some(Item::Last(_)) => {
                return self.held.pop_front().map_or(Pulled::Nothing, Pulled::Item);
            }
        };
        if let Some(earliest) = now.checked_sub(CATCH_UP) {
            self.next = self.next.max(earliest);
        }
        if self.next > now {
            return Pulled::Later(self.next);
        }
        let piece = self.cut(length);
        self.next = self.next.max(arrived) + self.delay();
        let Some(Item::Data(bytes, _)) = self.held.front_mut() else { return Pulled::Nothing };
        let piece = bytes.split_to(piece);
        if bytes.is_empty() {
            self.held.pop_front();
            self.cuts.clear();
        }
        Pulled::Item(Item::Data(piece, now))
    }

    fn set(&mut self, attributes: &Attributes) {
        self.attributes = attributes.clone();
        self.cuts.clear();
    }

    fn remove(self: Box<Self>) -> VecDeque<Item> {
        self.held
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{attributes, data, drain, ms, stage};
    use super::*;

    fn lengths(out: &[(Instant, Item)]) -> Vec<usize> {
        let length = |item: &Item| match item {
            Item::Data(bytes, _) => bytes.len(),
            Item::Last(_) => 0,
        };
        out.iter().map(|(_, item)| length(item)).collect()
    }

    #[test]
    fn pieces_are_within_bounds_and_sum_up() {
        let start = Instant::now();
        let values = [("average_size", 64), ("size_variation", 32)];
        let mut slicer = stage(&KIND, &values, start);
        slicer.push(data(&[7; 10_000], start), start);
        let pieces = lengths(&drain(&mut *slicer, start, start + ms(1)));
        assert_eq!(pieces.iter().sum::<usize>(), 10_000);
        assert!(pieces.iter().all(|length| (1..=96).contains(length)), "{pieces:?}");
        assert!(pieces.len() > 100);
    }

    #[test]
    fn pieces_leave_one_delay_apart() {
        let start = Instant::now();
        let mut slicer = stage(&KIND, &[("average_size", 1), ("delay", 2000)], start);
        slicer.push(data(b"abcd", start), start);
        let out = drain(&mut *slicer, start, start + ms(100));
        let at: Vec<_> = out.iter().map(|(at, _)| (*at - start).as_millis()).collect();
        assert_eq!(at, [0, 2, 4, 6]);
    }

    #[test]
    fn attributes_that_cannot_be_are_refused() {
        for bad in [
            &[][..],
            &[("average_size", -1)],
            &[("average_size", 5), ("size_variation", 5)],
            &[("average_size", 5), ("size_variation", -1)],
            &[("average_size", 5), ("delay", -1)],
        ] {
            assert!((KIND.check)(&attributes(&KIND, bad)).is_err(), "{bad:?}");
        }
    }
}
