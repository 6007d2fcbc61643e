//! What roles share, in the simulation.

#![allow(clippy::unwrap_used)]

mod callbacks;
mod store;
mod writer;
