//! Both directions of one SMPP connection: a [`Reader`] of PDUs and an [`Outbox`] of them. Binding,
//! windows and answers belong to the two ends.

use crate::outbox;
use crate::smpp::frame::{self, Header, Incoming, LengthError};
use bytes::BytesMut;
use rusmpp::tokio_codec::CommandCodec;
use rusmpp::{Command, CommandStatus, Pdu};
use squall_platform::time::{Instant, timeout_at};
use squall_platform::{Node, ReadHalf, Stream};
use std::io;
use std::ops::Deref;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio_util::codec::Encoder;

/// From the first octet of a PDU to its last.
pub const PDU_TIMEOUT: Duration = Duration::from_secs(10);

/// What one read asks for, and what is kept between reads.
const READ: usize = 16 * 1024;

/// Why a session cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error("{0}")]
    Length(#[from] LengthError),
    #[error("a PDU not finished within {} ms", PDU_TIMEOUT.as_millis())]
    Slow,
    #[error("closed in the middle of a PDU")]
    Cut,
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Splits a connection into its reader and its outbox; the writing runs as a task of `node`.
pub fn open(node: &Node, stream: Stream) -> (Reader, Outbox) {
    let (read, write) = stream.into_split();
    let reader = Reader { half: read, buffer: BytesMut::new(), due: None };
    (reader, Outbox(outbox::Outbox::open(node, write)))
}

/// The reading side.
#[derive(Debug)]
pub struct Reader {
    half: ReadHalf,
    buffer: BytesMut,
    /// When the PDU begun in `buffer` must be complete.
    due: Option<Instant>,
}

impl Reader {
    /// The next PDU; `None` after the peer has closed between two PDUs. Safe to drop and call again.
    ///
    /// # Errors
    /// [`SessionError`]: the connection is of no further use.
    pub async fn next(&mut self) -> Result<Option<Incoming>, SessionError> {
        loop {
            if let Some(incoming) = self.buffered()? {
                return Ok(Some(incoming));
            }
            if self.fill().await? == 0 {
                return if self.buffer.is_empty() { Ok(None) } else { Err(SessionError::Cut) };
            }
        }
    }

    /// A PDU that has arrived already; lets a caller work off a whole read before it flushes.
    ///
    /// # Errors
    /// As [`Reader::next`].
    pub fn buffered(&mut self) -> Result<Option<Incoming>, SessionError> {
        let taken = frame::take(&mut self.buffer)?;
        if taken.is_some() {
            self.due = None;
        }
        Ok(taken)
    }

    async fn fill(&mut self) -> Result<usize, SessionError> {
        self.buffer.reserve(READ / 4);
        if self.buffer.is_empty() {
            return Ok(self.half.read_buf(&mut self.buffer).await?);
        }
        let due = *self.due.get_or_insert_with(|| Instant::now() + PDU_TIMEOUT);
        match timeout_at(due, self.half.read_buf(&mut self.buffer)).await {
            Ok(read) => Ok(read?),
            Err(_) => Err(SessionError::Slow),
        }
    }
}

/// PDUs that wait to be written to the peer.
#[derive(Clone, Debug)]
pub struct Outbox(outbox::Outbox);

impl Deref for Outbox {
    type Target = outbox::Outbox;

    fn deref(&self) -> &outbox::Outbox {
        &self.0
    }
}

impl Outbox {
    /// Queues a PDU; [`outbox::Outbox::flush`] sets it moving. False where writing has ended.
    pub fn push(&self, command: &Command) -> bool {
        // Writing into memory cannot fail.
        self.add(|bytes| CommandCodec::new().encode(command, bytes).is_ok())
    }

    /// Queues a bare header: an answer whose status leaves no room for a body.
    pub fn push_header(&self, header: Header) -> bool {
        self.add(|bytes| {
            for field in [frame::MIN_PDU as u32, header.id, header.status, header.sequence] {
                bytes.extend_from_slice(&field.to_be_bytes());
            }
            true
        })
    }

    /// Queues a generic_nack.
    pub fn nack(&self, sequence: u32, status: CommandStatus) -> bool {
        self.push(&Command::new(status, sequence, Pdu::GenericNack))
    }
}
