//! What built-in roles of stacks share, whatever they do: [`Ports`] to listen on, [`settings`] that may
//! change while they run, an [`admin`] port that shows them; a [`store`] on the node's disk,
//! [`callbacks`] and a [`backoff`] for those who need them.
//!
//! Nothing here knows what a message or a call is.

pub mod admin;
pub mod backoff;
pub mod callbacks;
mod ports;
pub mod settings;
pub mod store;

pub use ports::Ports;

/// Why a role could not start.
#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    #[error("{0}")]
    Setting(String),
    #[error("port {port} at {address}: {source}")]
    Bind { port: String, address: String, source: std::io::Error },
}
