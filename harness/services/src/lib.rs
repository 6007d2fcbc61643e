//! What Squall places around the system under test: fault proxy and mock carrier.

pub mod carrier;
pub mod proxy;

/// Why a service could not start.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// A setting or address is missing or cannot be read.
    #[error("{0}")]
    Setting(String),
    #[error("cannot listen on {address}: {source}")]
    Bind { address: String, source: std::io::Error },
    /// The node's own files cannot be used.
    #[error("cannot use {file}: {source}")]
    Disk { file: String, source: std::io::Error },
}
