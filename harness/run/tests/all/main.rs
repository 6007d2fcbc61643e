//! Drills on the real roles: in the simulation always, on real processes where it matters.

#![allow(clippy::unwrap_used)]

mod named;
mod reference;
mod several;
mod simulated;
