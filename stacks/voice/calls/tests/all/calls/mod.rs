//! The call platform: scripts as they are played, everything that can go wrong with them, and what
//! becomes of calls when the platform or its surroundings die.

mod failures;
mod fates;
mod many;
mod network;
mod phone;
mod scripts;
mod stage;

use squall_platform::sim::World;
use stage::{START_US, Stage};

/// A drill with the platform as `settings` say.
fn with<T, F>(settings: &[(&str, &str)], drill: F) -> T
where
    F: AsyncFnOnce(Stage) -> T,
{
    World::run(11, START_US, async |world| drill(Stage::raise(&world, settings).await).await)
}
