//! One toxic as the API holds it, and whether it acts on a given connection.
//!
//! Immutable: a change makes a new value of the same `id`, which live connections then follow.

use super::stream::Direction;
use super::toxics::{Attributes, Kind};
use serde::Serialize;
use squall_platform::rng::{self, Draw, Rng};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Clone, Debug)]
pub(super) struct Toxic {
    /// Never given twice: a toxic removed and created again is another one.
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) kind: &'static Kind,
    pub(super) direction: Direction,
    /// The direction as the caller wrote it.
    pub(super) stream: String,
    pub(super) toxicity: f32,
    pub(super) attributes: Attributes,
    pub(super) draws: Arc<Draws>,
}

/// How often a toxic was drawn for, and how often it acts.
#[derive(Debug, Default)]
pub(super) struct Draws {
    pub(super) drawn: AtomicU64,
    pub(super) hit: AtomicU64,
}

/// What decides a draw: the same values, the same draw.
#[derive(Clone, Copy, Debug)]
pub(super) struct DrawKey<'a> {
    pub(super) seed: u64,
    pub(super) proxy: &'a str,
    /// Which connection of that proxy, from 0.
    pub(super) ordinal: u64,
}

impl Toxic {
    /// The number in 0..1 that is compared with the toxicity, and a generator for the stage.
    ///
    /// A change of the toxic compares the same number again, so raising the toxicity only ever
    /// adds connections.
    pub(super) fn draw(&self, key: DrawKey<'_>) -> (f64, Rng) {
        let stream = format!("{}/{}/{}", self.name, key.ordinal, self.direction.word());
        let mut rng = rng::derive(key.seed, key.proxy, &stream);
        let number = rng.random::<f64>();
        (number, rng)
    }

    /// Whether it acts where `number` was drawn; counted.
    pub(super) fn acts(&self, number: f64) -> bool {
        let acts = number < f64::from(self.toxicity);
        self.draws.drawn.fetch_add(1, Ordering::Relaxed);
        self.draws.hit.fetch_add(u64::from(acts), Ordering::Relaxed);
        acts
    }

    pub(super) fn view(&self) -> ToxicView<'_> {
        ToxicView {
            attributes: &self.attributes,
            name: &self.name,
            kind: self.kind.name,
            stream: &self.stream,
            toxicity: Toxicity(self.toxicity),
        }
    }
}

/// A toxic as the API shows it, keys in Toxiproxy's order.
#[derive(Serialize)]
pub(super) struct ToxicView<'a> {
    attributes: &'a Attributes,
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    stream: &'a str,
    toxicity: Toxicity,
}

struct Toxicity(f32);

impl Serialize for Toxicity {
    /// Go prints a whole number without a point.
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            whole if whole == 0.0 || whole == 1.0 => to.serialize_u8(whole as u8),
            part => to.serialize_f32(part),
        }
    }
}
