//! Both directions of one SMPP connection: a [`Reader`] of PDUs and an [`Outbox`] that coalesces
//! what is written. Binding, windows and answers belong to the two ends.

use crate::smpp::frame::{self, Header, Incoming, LengthError};
use bytes::BytesMut;
use rusmpp::tokio_codec::CommandCodec;
use rusmpp::{Command, CommandStatus, Pdu};
use squall_platform::time::{Instant, timeout_at};
use squall_platform::{Node, ReadHalf, Stream, WriteHalf};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;
use tokio_util::codec::Encoder;

/// From the first octet of a PDU to its last.
pub const PDU_TIMEOUT: Duration = Duration::from_secs(10);

/// What one read asks for, and what is kept between reads.
const READ: usize = 16 * 1024;

/// Above this much unwritten output a session reads no further requests.
const OUTBOX: usize = 1024 * 1024;

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
    let shared = Arc::new(Shared::default());
    node.spawn(pump(shared.clone(), write));
    let reader = Reader { half: read, buffer: BytesMut::new(), due: None };
    (reader, Outbox(Arc::new(Owner(shared))))
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

/// What waits to be written to the peer. Clones share it; the last one dropped closes the writing
/// side after everything queued has gone out.
#[derive(Clone, Debug)]
pub struct Outbox(Arc<Owner>);

#[derive(Debug)]
struct Owner(Arc<Shared>);

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    /// Something to write, or the end.
    work: Notify,
    /// The queue has been taken, or writing has ended.
    moved: Notify,
    /// Ends a write that the peer does not take.
    reset: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    bytes: BytesMut,
    closing: bool,
    /// Writing has ended: nothing queued from now on goes anywhere.
    over: bool,
}

impl Outbox {
    /// Queues a PDU; [`Outbox::flush`] sets it moving. False where writing has ended.
    pub fn push(&self, command: &Command) -> bool {
        self.0.0.with(|queue| {
            // Writing into memory cannot fail.
            queue.open() && CommandCodec::new().encode(command, &mut queue.bytes).is_ok()
        })
    }

    /// Queues a bare header: an answer whose status leaves no room for a body.
    pub fn push_header(&self, header: Header) -> bool {
        self.0.0.with(|queue| {
            if !queue.open() {
                return false;
            }
            for field in [frame::MIN_PDU as u32, header.id, header.status, header.sequence] {
                queue.bytes.extend_from_slice(&field.to_be_bytes());
            }
            true
        })
    }

    /// Queues a generic_nack.
    pub fn nack(&self, sequence: u32, status: CommandStatus) -> bool {
        self.push(&Command::new(status, sequence, Pdu::GenericNack))
    }

    /// Lets the queued PDUs go out together.
    pub fn flush(&self) {
        self.0.0.work.notify_one();
    }

    /// Waits until the peer has taken enough for more to be queued; at once in the usual case.
    pub async fn room(&self) {
        loop {
            let moved = self.0.0.moved.notified();
            if self.0.0.with(|queue| queue.over || queue.bytes.len() < OUTBOX) {
                return;
            }
            self.flush();
            moved.await;
        }
    }

    /// Ends the writing side once everything queued has gone out.
    pub fn close(&self) {
        self.0.0.close();
    }

    /// Ends the connection with RST; what was queued is thrown away.
    pub fn reset(&self) {
        self.0.0.reset.notify_one();
        self.0.0.close();
    }

    pub fn is_over(&self) -> bool {
        self.0.0.with(|queue| !queue.open())
    }
}

impl Queue {
    fn open(&self) -> bool {
        !self.closing && !self.over
    }
}

impl Shared {
    fn with<T>(&self, act: impl FnOnce(&mut Queue) -> T) -> T {
        act(&mut self.queue.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn close(&self) {
        self.with(|queue| queue.closing = true);
        self.work.notify_one();
    }

    /// What is queued, in exchange for an empty buffer, and whether more may come.
    fn swap(&self, spare: &mut BytesMut) -> bool {
        let open = self.with(|queue| {
            std::mem::swap(&mut queue.bytes, spare);
            queue.open()
        });
        self.moved.notify_waiters();
        open
    }
}

/// Writes whatever has been queued since the last write, in one go.
async fn pump(shared: Arc<Shared>, mut half: WriteHalf) {
    tokio::select! {
        biased;
        () = shared.reset.notified() => half.reset(),
        () = write(&shared, &mut half) => {}
    }
    shared.with(|queue| {
        queue.over = true;
        queue.bytes = BytesMut::new();
    });
    shared.moved.notify_waiters();
}

async fn write(shared: &Shared, half: &mut WriteHalf) {
    let mut spare = BytesMut::new();
    loop {
        let open = shared.swap(&mut spare);
        if !spare.is_empty() {
            if half.write_all(&spare).await.is_err() {
                return;
            }
            spare.clear();
        } else if open {
            shared.work.notified().await;
        } else {
            let _ = half.shutdown().await;
            return;
        }
    }
}
