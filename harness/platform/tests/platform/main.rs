//! The platform's promises. What concerns sockets is asked of both sides through one body.

#![allow(clippy::unwrap_used)]

mod determinism;
mod disk;
mod faults;
mod peer;
mod pipes;
mod sides;
mod sockets;
mod targets;
mod time;
