//! Who accepts connections at a port, and those that wait to be accepted.

use super::host::Host;
use super::locked;
use super::stream::SimStream;
use super::world::Shared;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// Connections a kernel takes on before anybody accepts them, as tokio asks of the real one.
const BACKLOG: usize = 1024;

/// See [`crate::Listener`].
#[derive(Debug)]
pub struct SimListener {
    shared: Arc<Shared>,
    host: Arc<Host>,
    listening: Arc<Listening>,
}

/// The kernel's side of a listener. It outlives a freeze, not a death.
#[derive(Debug)]
pub(super) struct Listening {
    pub(super) port: u16,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<SimStream>,
    accepting: Option<Waker>,
    closed: bool,
}

impl Listening {
    pub(super) fn new(port: u16) -> Listening {
        Listening { port, queue: Mutex::default() }
    }

    /// Whether another connection has to wait outside.
    pub(super) fn is_full(&self) -> bool {
        locked(&self.queue).waiting.len() >= BACKLOG
    }

    pub(super) fn push(&self, stream: SimStream) {
        let accepting = {
            let mut queue = locked(&self.queue);
            queue.waiting.push_back(stream);
            queue.accepting.take()
        };
        if let Some(waker) = accepting {
            waker.wake();
        }
    }

    /// Ends the listening; the connections nobody accepted are the caller's to reset.
    pub(super) fn close(&self) -> VecDeque<SimStream> {
        let (waiting, accepting) = {
            let mut queue = locked(&self.queue);
            queue.closed = true;
            (std::mem::take(&mut queue.waiting), queue.accepting.take())
        };
        if let Some(waker) = accepting {
            waker.wake();
        }
        waiting
    }

    /// The next connection, and whether the queue had been full.
    fn poll_pop(&self, cx: &mut Context<'_>) -> Poll<io::Result<(SimStream, bool)>> {
        let mut queue = locked(&self.queue);
        let was_full = queue.waiting.len() >= BACKLOG;
        if let Some(stream) = queue.waiting.pop_front() {
            return Poll::Ready(Ok((stream, was_full)));
        }
        if queue.closed {
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        }
        queue.accepting = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl SimListener {
    pub(super) fn new(shared: Arc<Shared>, host: Arc<Host>, listening: Arc<Listening>) -> Self {
        SimListener { shared, host, listening }
    }

    pub(crate) async fn accept(&mut self) -> io::Result<SimStream> {
        let (stream, was_full) = poll_fn(|cx| self.listening.poll_pop(cx)).await?;
        if was_full {
            self.shared.stalled.wake_all();
        }
        Ok(stream)
    }

    pub(crate) fn local_addr(&self) -> String {
        format!("{}:{}", self.host.name, self.listening.port)
    }
}

impl Drop for SimListener {
    fn drop(&mut self) {
        self.host.unlisten(&self.listening);
        self.listening.close().into_iter().for_each(SimStream::reset);
        // Those who waited for a place in the queue are refused now.
        self.shared.stalled.wake_all();
    }
}
