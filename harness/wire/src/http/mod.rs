//! HTTP/1.1 over platform streams: one server and one client, the same in both worlds.
//!
//! hyper does the protocol; this module adds what a service needs around it: caps, timeouts, a
//! graceful stop and a keep-alive pool that knows what may be sent twice. Whole bodies,
//! as nearly every request and answer here is small; only what is fetched from strangers is taken in
//! pieces. No redirects, no cookies, no compression.

pub mod authorization;
mod body;
mod client;
pub mod guard;
mod names;
pub mod reply;
mod server;
#[cfg(test)]
mod tests;
pub mod url;

use bytes::Bytes;
use futures::future::BoxFuture;
use std::future::Future;
use std::time::Duration;

pub use client::{Answer, Client, FetchError, Fetching, HttpError};
pub use server::{serve, serve_tls};

pub type Request = http::Request<Bytes>;
pub type Response = http::Response<Bytes>;

/// What a server takes from a peer before it gives up on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Octets of a request's body; more is answered 413.
    pub body: usize,
    /// Octets of request line and headers, at least 8 KiB; more is answered 431.
    pub head: usize,
    /// From the moment a connection could send a request to the end of that request's head. It
    /// runs on an idle keep-alive connection too.
    pub header_timeout: Duration,
    /// From the head to the end of the body; later is answered 408.
    pub body_timeout: Duration,
    /// Connections open at once; more wait to be accepted.
    pub connections: usize,
    /// Whether a peer is still answered that has closed its sending side before its answer. Where
    /// not, that counts as the peer having gone, as proxies commonly take it: its connection is
    /// closed and the handler's future dropped at once.
    pub half_close: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            body: 1 << 20,
            head: 64 << 10,
            header_timeout: Duration::from_secs(15),
            body_timeout: Duration::from_secs(15),
            connections: 4096,
            half_close: true,
        }
    }
}

/// Answers requests. Closures from [`Request`] to a future of [`Response`] are handlers.
pub trait Handler: Send + Sync + 'static {
    fn handle(&self, request: Request) -> BoxFuture<'static, Response>;
}

impl<F, Fut> Handler for F
where
    F: Fn(Request) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Response> + Send + 'static,
{
    fn handle(&self, request: Request) -> BoxFuture<'static, Response> {
        Box::pin(self(request))
    }
}
