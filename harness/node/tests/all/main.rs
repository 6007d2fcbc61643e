//! Roles as real processes, drilled by the local engine.

#![allow(clippy::unwrap_used)]

mod lives;
mod local;
#[path = "../../../run/tests/all/reference.rs"]
mod reference;
