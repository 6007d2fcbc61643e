//! The simulated side: one world of nodes in one paused, single-threaded tokio runtime.
//!
//! Everything that happens is a function of the seed: there is one thread, tasks run in the order
//! in which they were woken, and the clock jumps to the next timer when nobody has work left.
//! Links have no latency of their own (toxics on a link's proxy add it); a cut holds what was sent,
//! as TCP would send it again.
//! It does not simulate packets, skewed clocks or a slow processor.

mod address;
mod conn;
mod dial;
mod disk;
mod gate;
mod host;
mod listener;
mod node;
mod stream;
mod world;

pub use disk::{SimDisk, SimFile};
pub use listener::SimListener;
pub use node::SimNode;
pub use stream::{SimReadHalf, SimStream, SimWriteHalf};
pub use world::{Death, NodeState, World};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks without regard to poison: a panicking task must not take the rest of the world with it.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
