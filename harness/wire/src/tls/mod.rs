//! TLS 1.3 over platform streams: one who connects and verifies, one who accepts and shows a
//! certificate. rustls does the protocol.
//!
//! Certificates are judged by the node's own clock, so a simulated year is a year. Sessions are never
//! resumed: each new connection is shown the certificate of that moment. With keys of fixed length
//! (Ed25519) a handshake is the same number of octets in every run, whatever its keys are.

mod client;
mod server;

pub use client::Connector;
pub use server::Acceptor;
pub use tokio_rustls::{client::TlsStream as ClientStream, server::TlsStream as ServerStream};

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;
use squall_platform::Node;
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The peer's certificate was not accepted; nothing was sent to it.
    #[error("the certificate of {name} is not accepted: {why}")]
    Untrusted { name: String, why: String },
    /// What was given cannot be used.
    #[error("{0}")]
    Unfit(String),
    #[error("TLS handshake: {0}")]
    Broken(#[from] std::io::Error),
}

/// What is said on connections.
const HTTP: &[u8] = b"http/1.1";

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// The node's wall clock.
#[derive(Debug)]
struct Clock(Node);

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_micros(self.0.unix_us())))
    }
}
