//! The statistics verdicts rest on. Pure functions; nothing here knows what a message is.

mod beta;
mod binomial;
mod bootstrap;
mod fdr;
mod fisher;
mod holm;
mod ranks;
mod robust;
mod spread;

pub use binomial::{at_least, at_most, p_at_least, p_at_most};
pub use bootstrap::lower as bootstrap_lower;
pub use fdr::discoveries;
pub use fisher::fisher;
pub use holm::holm;
pub use ranks::ranks;
pub use robust::{mad, median, nth};
pub use spread::{Spread, spread};

pub use proportion::{Decision, Proportion, smallest_visible, wanted};
mod proportion;

/// One-sided level of every bound, unless several fails are corrected for one another.
pub const ALPHA: f64 = 0.05;
