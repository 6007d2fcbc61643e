//! The report crate from outside: run folders in, files out.
#![allow(clippy::unwrap_used)]

mod attacks;
mod compared;
mod folder;
mod golden;
mod page;
mod sample;
