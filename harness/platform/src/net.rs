//! Byte streams between nodes, and who accepts them.

use crate::{real, sim};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection. TCP_NODELAY is set on all of them.
///
/// Shutting down the writing side sends FIN and leaves the reading side open. Dropping it closes
/// both directions as an operating system would: FIN, or RST where unread bytes are thrown away.
#[derive(Debug)]
pub enum Stream {
    Real(tokio::net::TcpStream),
    Sim(sim::SimStream),
}

/// The reading side of a split [`Stream`].
#[derive(Debug)]
pub enum ReadHalf {
    Real(tokio::net::tcp::OwnedReadHalf),
    Sim(sim::SimReadHalf),
}

/// The writing side of a split [`Stream`]. Dropping it sends FIN.
#[derive(Debug)]
pub enum WriteHalf {
    Real(tokio::net::tcp::OwnedWriteHalf),
    Sim(sim::SimWriteHalf),
}

/// Accepts connections at one address.
#[derive(Debug)]
pub enum Listener {
    Real(tokio::net::TcpListener),
    Sim(sim::SimListener),
}

impl Listener {
    /// The next connection.
    ///
    /// # Errors
    /// What the operating system says; a passing shortage of descriptors among them.
    pub async fn accept(&mut self) -> io::Result<Stream> {
        match self {
            Listener::Real(listener) => real::accept(listener).await,
            Listener::Sim(listener) => listener.accept().await.map(Stream::Sim),
        }
    }

    /// The bound `host:port`, with the port that was given for 0.
    pub fn local_addr(&self) -> String {
        match self {
            Listener::Real(listener) => {
                listener.local_addr().map(|addr| addr.to_string()).unwrap_or_default()
            }
            Listener::Sim(listener) => listener.local_addr(),
        }
    }
}

impl Stream {
    pub fn peer_addr(&self) -> String {
        match self {
            Stream::Real(stream) => stream.peer_addr().map(|a| a.to_string()).unwrap_or_default(),
            Stream::Sim(stream) => stream.peer_addr(),
        }
    }

    /// Closes with RST: the peer's next read or write fails with `ConnectionReset`.
    pub fn reset(self) {
        match self {
            Stream::Real(stream) => real::reset(stream),
            Stream::Sim(stream) => stream.reset(),
        }
    }

    /// Two owned halves that can live in two tasks.
    pub fn into_split(self) -> (ReadHalf, WriteHalf) {
        match self {
            Stream::Real(stream) => {
                let (read, write) = stream.into_split();
                (ReadHalf::Real(read), WriteHalf::Real(write))
            }
            Stream::Sim(stream) => {
                let (read, write) = stream.into_split();
                (ReadHalf::Sim(read), WriteHalf::Sim(write))
            }
        }
    }
}

impl WriteHalf {
    /// Closes with RST whatever the other half does: the peer's next read fails with
    /// `ConnectionReset`.
    pub fn reset(&self) {
        match self {
            WriteHalf::Real(half) => real::reset_half(half),
            WriteHalf::Sim(half) => half.reset(),
        }
    }
}

macro_rules! reads {
    ($kind:ident) => {
        impl AsyncRead for $kind {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                match self.get_mut() {
                    $kind::Real(inner) => Pin::new(inner).poll_read(cx, buf),
                    $kind::Sim(inner) => Pin::new(inner).poll_read(cx, buf),
                }
            }
        }
    };
}

macro_rules! writes {
    ($kind:ident) => {
        impl AsyncWrite for $kind {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bytes: &[u8],
            ) -> Poll<io::Result<usize>> {
                match self.get_mut() {
                    $kind::Real(inner) => Pin::new(inner).poll_write(cx, bytes),
                    $kind::Sim(inner) => Pin::new(inner).poll_write(cx, bytes),
                }
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                slices: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                match self.get_mut() {
                    $kind::Real(inner) => Pin::new(inner).poll_write_vectored(cx, slices),
                    $kind::Sim(inner) => Pin::new(inner).poll_write_vectored(cx, slices),
                }
            }

            fn is_write_vectored(&self) -> bool {
                true
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                match self.get_mut() {
                    $kind::Real(inner) => Pin::new(inner).poll_flush(cx),
                    $kind::Sim(inner) => Pin::new(inner).poll_flush(cx),
                }
            }

            fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                match self.get_mut() {
                    $kind::Real(inner) => Pin::new(inner).poll_shutdown(cx),
                    $kind::Sim(inner) => Pin::new(inner).poll_shutdown(cx),
                }
            }
        }
    };
}

reads!(Stream);
reads!(ReadHalf);
writes!(Stream);
writes!(WriteHalf);
