//! Seeded randomness: the only source a service may draw from.

pub use rand::Rng as Draw;
use rand::SeedableRng;

/// A ChaCha8 generator: fast, and the same draws on every machine.
pub type Rng = rand_chacha::ChaCha8Rng;

/// The generator of one stream of one node under one seed.
pub fn derive(seed: u64, node: &str, stream: &str) -> Rng {
    let mut key = [0u8; 32];
    let mut state = seed;
    for (lane, slot) in key.chunks_mut(8).enumerate() {
        for byte in node.bytes().chain([0xFF, lane as u8]).chain(stream.bytes()) {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3).rotate_left(23);
        }
        slot.copy_from_slice(&state.to_le_bytes());
    }
    Rng::from_seed(key)
}
