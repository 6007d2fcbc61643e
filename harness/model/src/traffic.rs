//! Open-loop arrivals: a pure function of seed and drill time, whatever the system does.

use crate::stack::Segment;
use crate::units::Micros;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The arrival schedule and the population it is drawn from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Traffic {
    #[serde(default, skip_serializing_if = "Item::is_message")]
    pub item: Item,
    /// Rate from each instant on, in messages a second; the first entry starts at 0.
    pub rates: Vec<RateFrom>,
    /// Who can be written to: segments in order, each with its number of sampled subscribers.
    pub population: Vec<Pool>,
    /// The schedule stands for `1 in sampled` of the real volume.
    pub sampled: u64,
    pub validity: Option<Micros>,
}

/// What is sent, one of it at each arrival.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Item {
    #[default]
    Message,
    /// Delivered when it was completed: its script ran to its end on the handset.
    Call,
}

impl Item {
    fn is_message(&self) -> bool {
        *self == Item::Message
    }

    pub fn one(self) -> &'static str {
        match self {
            Item::Message => "message",
            Item::Call => "call",
        }
    }

    /// What is written about messages, for what is sent.
    pub fn says(self, text: &str) -> String {
        match self {
            Item::Message => text.to_owned(),
            Item::Call => text.replace("message", "call").replace("Message", "Call"),
        }
    }

    pub fn many(self) -> &'static str {
        match self {
            Item::Message => "messages",
            Item::Call => "calls",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RateFrom {
    pub at: Micros,
    pub per_second: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pool {
    pub segment: Segment,
    pub subscribers: u32,
}

/// One scheduled message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    pub m: u64,
    pub due: Micros,
    pub subscriber: u32,
}

impl Traffic {
    pub fn subscribers(&self) -> u32 {
        self.population.iter().map(|pool| pool.subscribers).sum()
    }

    /// The arrivals before `end`, in order: exponential gaps at the rate in force.
    pub fn arrivals(&self, seed: u64, end: Micros) -> Arrivals<'_> {
        Arrivals {
            traffic: self,
            end,
            now_s: 0.0,
            leg: 0,
            next: 0,
            draw: Draw(seed ^ 0x5157_4152_5249_5645),
            order: Permutation::new(seed, self.subscribers()),
        }
    }

    /// The rate in force at an instant, in messages a second.
    pub fn rate(&self, at: Micros) -> f64 {
        self.rates.iter().rev().find(|rate| rate.at <= at).map_or(0.0, |rate| rate.per_second)
    }

    /// How many messages the schedule holds before `end`, on average.
    pub fn expected(&self, end: Micros) -> f64 {
        self.rates
            .iter()
            .enumerate()
            .map(|(i, rate)| {
                let until = self.rates.get(i + 1).map_or(end, |next| next.at.min(end));
                until.saturating_sub(rate.at).as_secs_f64() * rate.per_second
            })
            .sum()
    }

    /// The segment and the full number (`+…`) of a subscriber.
    pub fn number(&self, subscriber: u32) -> Option<(&Segment, String)> {
        let (segment, index) = self.locate(subscriber)?;
        Some((segment, format!("{}{index:08}", segment.prefix)))
    }

    /// The segment of a subscriber.
    pub fn segment(&self, subscriber: u32) -> Option<&Segment> {
        self.locate(subscriber).map(|(segment, _)| segment)
    }

    fn locate(&self, subscriber: u32) -> Option<(&Segment, u32)> {
        let mut index = subscriber;
        for pool in &self.population {
            if index < pool.subscribers {
                return Some((&pool.segment, index));
            }
            index -= pool.subscribers;
        }
        None
    }
}

/// Iterator over a [`Traffic`]'s schedule.
pub struct Arrivals<'a> {
    traffic: &'a Traffic,
    end: Micros,
    now_s: f64,
    leg: usize,
    next: u64,
    draw: Draw,
    order: Permutation,
}

impl Iterator for Arrivals<'_> {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        let mut need = self.draw.exponential();
        loop {
            let rate = self.traffic.rates.get(self.leg)?.per_second;
            let until = self.traffic.rates.get(self.leg + 1).map(|next| next.at.as_secs_f64());
            let arrives = if rate > 0.0 { self.now_s + need / rate } else { f64::INFINITY };
            match until {
                // The exponential has no memory: what is left of the need goes on at the next rate.
                Some(until) if arrives >= until => {
                    need -= (until - self.now_s) * rate;
                    self.now_s = until;
                    self.leg += 1;
                }
                _ => {
                    self.now_s = arrives;
                    break;
                }
            }
        }
        if !self.now_s.is_finite() || self.now_s >= self.end.as_secs_f64() {
            return None;
        }
        let m = self.next;
        self.next += 1;
        Some(Arrival { m, due: Micros::from_secs_f64(self.now_s), subscriber: self.order.at(m) })
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, fast, the same everywhere.
#[derive(Clone)]
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    fn exponential(&mut self) -> f64 {
        let unit = ((self.next() >> 11) as f64 + 1.0) / (1u64 << 53) as f64;
        -unit.ln()
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Draws without replacement: a keyed Feistel permutation of `0..size`, walked round and round.
#[derive(Clone)]
struct Permutation {
    seed: u64,
    size: u32,
    half_bits: u32,
}

impl Permutation {
    fn new(seed: u64, size: u32) -> Self {
        let bits = (32 - size.saturating_sub(1).leading_zeros()).max(2);
        Permutation { seed, size, half_bits: bits.div_ceil(2) }
    }

    fn at(&self, position: u64) -> u32 {
        if self.size == 0 {
            return 0;
        }
        let round = position / u64::from(self.size);
        let mut value = (position % u64::from(self.size)) as u32;
        loop {
            value = self.shuffle(value, mix(self.seed ^ mix(round)));
            if value < self.size {
                return value;
            }
        }
    }

    fn shuffle(&self, value: u32, key: u64) -> u32 {
        let mask = (1u32 << self.half_bits) - 1;
        let (mut left, mut right) = (value >> self.half_bits, value & mask);
        for turn in 0..4u64 {
            let f = mix(key ^ (turn << 56) ^ u64::from(right)) as u32 & mask;
            (left, right) = (right, left ^ f);
        }
        left << self.half_bits | right
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn traffic(per_second: f64, subscribers: u32) -> Traffic {
        let segment = Segment {
            name: "all".into(),
            carrier: "c".into(),
            region: "r".into(),
            share: 1.0,
            prefix: "+6200".into(),
        };
        Traffic {
            item: Item::Message,
            rates: vec![RateFrom { at: Micros::ZERO, per_second }],
            population: vec![Pool { segment, subscribers }],
            sampled: 1,
            validity: None,
        }
    }

    #[test]
    fn nobody_is_drawn_twice_before_everybody_was_drawn() {
        let traffic = traffic(1000.0, 777);
        let drawn: Vec<u32> =
            traffic.arrivals(7, Micros::from_secs(60)).take(777).map(|a| a.subscriber).collect();
        assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), 777);
    }

    #[test]
    fn the_rate_is_held_and_the_seed_decides() {
        let traffic = traffic(200.0, 10_000);
        let end = Micros::from_secs(100);
        let count = traffic.arrivals(1, end).count() as f64;
        assert!((count - 20_000.0).abs() < 5.0 * 20_000f64.sqrt(), "{count}");
        assert_eq!(traffic.arrivals(1, end).last(), traffic.arrivals(1, end).last());
        assert_ne!(traffic.arrivals(1, end).next(), traffic.arrivals(2, end).next());
    }

    #[test]
    fn a_rate_change_counts_from_its_instant() {
        let mut traffic = traffic(10.0, 1000);
        traffic.rates.push(RateFrom { at: Micros::from_secs(100), per_second: 0.0 });
        traffic.rates.push(RateFrom { at: Micros::from_secs(200), per_second: 50.0 });
        let end = Micros::from_secs(300);
        let dues: Vec<u64> = traffic.arrivals(3, end).map(|a| a.due.0 / 1_000_000).collect();
        assert!(!dues.iter().any(|s| (100..200).contains(s)));
        assert!((traffic.expected(end) - 6000.0).abs() < 1e-6);
        assert!((dues.len() as f64 - 6000.0).abs() < 400.0);
    }
}
