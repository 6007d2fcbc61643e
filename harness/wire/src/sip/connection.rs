//! Both directions of one SIP connection: a [`Reader`] of messages and an outbox of bytes. Transactions
//! and dialogs belong to the two ends.

use super::decode::{Decoder, FramingError, Incoming};
use crate::outbox::Outbox;
use bytes::BytesMut;
use squall_platform::time::{Instant, timeout_at};
use squall_platform::{Node, ReadHalf, Stream};
use std::io;
use std::time::Duration;
use tokio::io::AsyncReadExt;

/// From the first octet of a message to its last.
pub const MESSAGE_TIMEOUT: Duration = Duration::from_secs(10);

/// What one read asks for.
const READ: usize = 16 << 10;

/// Why a connection cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("{0}")]
    Framing(#[from] FramingError),
    #[error("a message not finished within {} ms", MESSAGE_TIMEOUT.as_millis())]
    Slow,
    #[error("closed in the middle of a message")]
    Cut,
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Splits a connection; the writing runs as a task of `node`.
pub fn open(node: &Node, stream: Stream) -> (Reader, Outbox) {
    let (half, write) = stream.into_split();
    let reader = Reader { half, buffer: BytesMut::new(), decoder: Decoder::default(), due: None };
    (reader, Outbox::open(node, write))
}

/// The reading side.
#[derive(Debug)]
pub struct Reader {
    half: ReadHalf,
    buffer: BytesMut,
    decoder: Decoder,
    /// When the message begun in `buffer` must be complete.
    due: Option<Instant>,
}

impl Reader {
    /// The next message; `None` after the peer has closed between two messages. Safe to drop and call
    /// again.
    ///
    /// # Errors
    /// [`ReadError`]: the connection is of no further use.
    pub async fn next(&mut self) -> Result<Option<Incoming>, ReadError> {
        loop {
            if let Some(incoming) = self.buffered()? {
                return Ok(Some(incoming));
            }
            if self.fill().await? == 0 {
                let inside = self.decoder.is_inside(&self.buffer);
                return if inside { Err(ReadError::Cut) } else { Ok(None) };
            }
        }
    }

    /// A message that has arrived already; lets a caller work off a whole read before it writes.
    ///
    /// # Errors
    /// As [`Reader::next`].
    pub fn buffered(&mut self) -> Result<Option<Incoming>, ReadError> {
        let taken = self.decoder.take(&mut self.buffer)?;
        if taken.is_some() {
            self.due = None;
        }
        Ok(taken)
    }

    async fn fill(&mut self) -> Result<usize, ReadError> {
        self.buffer.reserve(READ / 4);
        if !self.decoder.is_inside(&self.buffer) {
            return Ok(self.half.read_buf(&mut self.buffer).await?);
        }
        let due = *self.due.get_or_insert_with(|| Instant::now() + MESSAGE_TIMEOUT);
        match timeout_at(due, self.half.read_buf(&mut self.buffer)).await {
            Ok(read) => Ok(read?),
            Err(_) => Err(ReadError::Slow),
        }
    }
}
