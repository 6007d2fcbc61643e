//! The reference stack: a small SMS platform of three roles, [`edge`], [`gateway`] and [`queue`], and
//! the [`app`] that a product may put in front of it.
//!
//! Sender → edge (Twilio's Messages API) → queue of the subscriber's home region → gateway of that
//! region → carrier; receipts the other way. README.md tells the life of a message and what is
//! synced when. Every role is written against the platform's door and runs unchanged in the
//! simulation.

pub mod app;
mod broker;
pub mod edge;
pub mod gateway;
mod link;
pub mod message;
mod presence;
pub mod queue;
mod remote;
mod serve;

use squall_role::{RoleError, store};

/// Why a role could not start.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error(transparent)]
    Role(#[from] RoleError),
    #[error(transparent)]
    Store(#[from] store::StoreError),
}
