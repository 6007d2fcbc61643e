//! A process's hold on one end of a connection, whole or in halves.

use super::conn::Conn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A simulated connection; see [`crate::Stream`].
#[derive(Debug)]
pub struct SimStream {
    socket: Arc<Socket>,
}

/// See [`crate::ReadHalf`].
#[derive(Debug)]
pub struct SimReadHalf {
    socket: Arc<Socket>,
}

/// See [`crate::WriteHalf`].
#[derive(Debug)]
pub struct SimWriteHalf {
    socket: Arc<Socket>,
}

/// The descriptor: the end closes when the last half lets go of it.
#[derive(Debug)]
struct Socket {
    conn: Arc<Conn>,
    side: usize,
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.conn.close(self.side);
    }
}

impl Drop for SimWriteHalf {
    fn drop(&mut self) {
        self.socket.conn.shut_down(self.socket.side);
    }
}

impl SimStream {
    pub(super) fn new(conn: Arc<Conn>, side: usize) -> SimStream {
        SimStream { socket: Arc::new(Socket { conn, side }) }
    }

    pub(crate) fn peer_addr(&self) -> String {
        let end = &self.socket.conn.ends[1 - self.socket.side];
        format!("{}:{}", end.host.name, end.port)
    }

    pub(crate) fn reset(self) {
        self.socket.conn.reset(self.socket.side);
    }

    pub(crate) fn into_split(self) -> (SimReadHalf, SimWriteHalf) {
        let socket = self.socket;
        (SimReadHalf { socket: Arc::clone(&socket) }, SimWriteHalf { socket })
    }
}

impl SimWriteHalf {
    pub(crate) fn reset(&self) {
        self.socket.conn.reset(self.socket.side);
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
                self.socket.conn.poll_read(self.socket.side, cx, buf)
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
                self.socket.conn.poll_write(self.socket.side, cx, &[IoSlice::new(bytes)])
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                slices: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                self.socket.conn.poll_write(self.socket.side, cx, slices)
            }

            fn is_write_vectored(&self) -> bool {
                true
            }

            fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.socket.conn.shut_down(self.socket.side);
                Poll::Ready(Ok(()))
            }
        }
    };
}

reads!(SimStream);
reads!(SimReadHalf);
writes!(SimStream);
writes!(SimWriteHalf);
