//! Appends facts to their sink as they happen. Keeps none of them in memory.

use squall_model::fact::Fact;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

/// Written out when this much has gathered, and at every [`Recorder::flush`].
const BUFFER: usize = 256 * 1024;

/// Clones append to the same sink.
#[derive(Clone)]
pub(crate) struct Recorder {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    sink: Box<dyn Write + Send>,
    buffer: Vec<u8>,
    written: u64,
    /// The first failure; nothing is written after it, so that the file ends at a whole fact.
    failed: Option<std::io::Error>,
}

impl Recorder {
    pub(crate) fn new(sink: Box<dyn Write + Send>) -> Self {
        let buffer = Vec::with_capacity(BUFFER + 4096);
        Recorder { inner: Arc::new(Mutex::new(Inner { sink, buffer, written: 0, failed: None })) }
    }

    pub(crate) fn write(&self, fact: &Fact) {
        let mut inner = self.lock();
        if inner.failed.is_some() {
            return;
        }
        let before = inner.buffer.len();
        match serde_json::to_writer(&mut inner.buffer, fact) {
            Ok(()) => {
                inner.buffer.push(b'\n');
                inner.written += 1;
            }
            Err(error) => {
                inner.buffer.truncate(before);
                inner.failed = Some(error.into());
            }
        }
        if inner.buffer.len() >= BUFFER {
            inner.drain();
        }
    }

    /// Hands everything to the sink; called each second and at the end.
    pub(crate) fn flush(&self) {
        let mut inner = self.lock();
        inner.drain();
        if inner.failed.is_none()
            && let Err(error) = inner.sink.flush()
        {
            inner.failed = Some(error);
        }
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.lock().failed.is_some()
    }

    /// How many facts were written, or what went wrong first.
    pub(crate) fn finish(&self) -> Result<u64, std::io::Error> {
        self.flush();
        let mut inner = self.lock();
        match inner.failed.take() {
            Some(error) => Err(error),
            None => Ok(inner.written),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn drain(&mut self) {
        if self.failed.is_none()
            && let Err(error) = self.sink.write_all(&self.buffer)
        {
            self.failed = Some(error);
        }
        self.buffer.clear();
    }
}
