//! Plays plans: raises the stack on an engine, drives traffic, pulls levers, appends facts.
//!
//! Driver, levers, probes, collector and recorder are written once against
//! [`squall_platform::Node`]; an engine ([`engine::Engine`]) only starts, kills and freezes nodes.
//! Nothing here judges: what happened goes into the facts, and what follows from it is the
//! business of `squall-report`. Feature files are unknown here too; a plan comes in as a value.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod clock;
mod collector;
mod drill;
mod driver;
pub mod engine;
mod error;
mod guard;
mod ingress;
mod levers;
mod numbers;
mod play;
mod probes;
mod progress;
mod recorder;
/// Shared with the tests beside the library, which use all of it.
#[cfg(test)]
#[allow(dead_code)]
#[path = "../tests/all/reference.rs"]
mod reference;
mod side_by_side;
mod stage;
#[cfg(test)]
mod testing;
mod timeline;
mod wish;

pub use error::RunError;
pub use play::{EngineKind, Options, Played, Roles, Start, play};
pub use progress::Progress;
pub use side_by_side::{Drill, Jobs, play_all};
pub use wish::Wish;
