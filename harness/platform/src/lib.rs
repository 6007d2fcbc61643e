//! Sockets, clock, disk and randomness behind one door: real, or simulated.
//!
//! Services are written once against [`Node`]. On the real side it is tokio over the operating
//! system; on the simulated side ([`sim::World`]) it is one single-threaded tokio runtime with its
//! clock paused, in-memory sockets, a disk held by the harness and one seeded source of randomness.
//! Timers are tokio's on both sides ([`time`]), for the simulation pauses tokio's own clock; who must
//! be on time to the microsecond on the real side takes an [`Alarm`].
//! Nothing here knows about messages.

mod accept;
pub mod alarm;
pub mod disk;
pub mod net;
pub mod node;
pub mod real;
pub mod rng;
pub mod running;
pub mod sim;
pub mod targets;

pub use accept::accept;
pub use alarm::Alarm;
pub use disk::{Disk, File};
pub use net::{Listener, ReadHalf, Stream, WriteHalf};
pub use node::{Node, Task};
pub use rng::Rng;
pub use running::{Running, Stop, Stopped};
pub use targets::Targets;

/// Timers that run in virtual time in the simulation and in real time elsewhere.
pub mod time {
    pub use tokio::time::{Instant, Interval, MissedTickBehavior, Sleep, error::Elapsed};
    pub use tokio::time::{interval, interval_at, sleep, sleep_until, timeout, timeout_at};
}
