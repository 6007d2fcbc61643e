//! One direction of a connection: from a source through the chain of toxics to a destination.
//!
//! Without an acting toxic it is a plain copy: read into a buffer shared by the thread, write, and
//! keep only what the destination did not take. No allocation, no timer, no look at the clock.

use super::chain::Chain;
use super::counters::Counters;
use super::toxics::{Item, Last};
use bytes::{Buf, Bytes};
use squall_platform::time::Instant;
use squall_platform::{Alarm, Node, Stream};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What is read at once without toxics, and with them (as Toxiproxy does).
const COPY: usize = 64 << 10;
const CHUNK: usize = 32 << 10;

/// Steps in one poll, after which other tasks have their turn.
const STEPS: usize = 32;

thread_local! {
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; COPY].into_boxed_slice());
}

/// How the whole connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Close,
    Reset,
}

pub(super) struct Pipe {
    pub(super) chain: Chain,
    /// What came out of the chain and was not written yet.
    pub(super) out: VecDeque<Item>,
    source_open: bool,
    /// The destination was told the end, or does not listen any more.
    pub(super) done: bool,
    /// The destination went away with bytes unsent.
    pub(super) broken: bool,
    node: Node,
    /// Made when a toxic first acts.
    timer: Option<Alarm>,
    counters: Arc<Counters>,
}

impl Pipe {
    pub(super) fn new(node: Node, counters: Arc<Counters>) -> Pipe {
        Pipe {
            chain: Chain::default(),
            out: VecDeque::new(),
            source_open: true,
            done: false,
            broken: false,
            node,
            timer: None,
            counters,
        }
    }

    /// Does what can be done now and leaves the waker with what has to happen before more can be.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        source: &mut Stream,
        destination: &mut Stream,
    ) -> Option<Ending> {
        for _ in 0..STEPS {
            let blocked = match self.write_out(cx, destination) {
                Poll::Ready(Some(ending)) => return Some(ending),
                Poll::Ready(None) => false,
                Poll::Pending => true,
            };
            if self.done {
                return None;
            }
            let again = if self.chain.is_idle() {
                !blocked && self.copy(cx, source, destination)
            } else {
                self.work(cx, source, blocked)
            };
            if !again {
                return None;
            }
        }
        cx.waker().wake_by_ref();
        None
    }

    /// Writes until `out` is empty. Pending: the destination takes no more for now.
    fn write_out(&mut self, cx: &mut Context<'_>, to: &mut Stream) -> Poll<Option<Ending>> {
        while let Some(front) = self.out.front_mut() {
            let written = match front {
                Item::Data(bytes, _) if bytes.is_empty() => Ok(0),
                Item::Data(bytes, _) => std::task::ready!(Pin::new(&mut *to).poll_write(cx, bytes)),
                Item::Last(Last::Close) => return Poll::Ready(Some(Ending::Close)),
                Item::Last(Last::Reset) => return Poll::Ready(Some(Ending::Reset)),
                Item::Last(Last::End) => {
                    let shut = std::task::ready!(Pin::new(&mut *to).poll_shutdown(cx));
                    self.done = true;
                    self.out.clear();
                    self.broken = shut.is_err();
                    return Poll::Ready(None);
                }
            };
            match (written, front) {
                (Ok(count), Item::Data(bytes, _)) if count > 0 || bytes.is_empty() => {
                    self.counters.sent(count);
                    bytes.advance(count);
                    if bytes.is_empty() {
                        self.out.pop_front();
                    }
                }
                _ => self.break_off(),
            }
        }
        Poll::Ready(None)
    }

    /// The destination is gone. The other direction still brings what it had said.
    fn break_off(&mut self) {
        self.out.clear();
        self.done = true;
        self.broken = true;
    }

    /// One read and its write. False: nothing to do for now.
    fn copy(&mut self, cx: &mut Context<'_>, from: &mut Stream, to: &mut Stream) -> bool {
        if !self.source_open {
            return false;
        }
        SCRATCH.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(&mut scratch[..]);
            match self.read(cx, from, &mut buffer) {
                Poll::Pending => return false,
                Poll::Ready(Err(last)) => self.out.push_back(Item::Last(last)),
                Poll::Ready(Ok(())) => match Pin::new(to).poll_write(cx, buffer.filled()) {
                    Poll::Ready(Ok(count)) if count == buffer.filled().len() => {
                        self.counters.sent(count);
                    }
                    Poll::Ready(Err(_)) => self.break_off(),
                    partly => {
                        let count = match partly {
                            Poll::Ready(Ok(count)) => count,
                            _ => 0,
                        };
                        self.counters.sent(count);
                        let rest = Bytes::copy_from_slice(&buffer.filled()[count..]);
                        self.out.push_back(Item::Data(rest, Instant::now()));
                    }
                },
            }
            true
        })
    }

    /// One turn of the chain: what is due moves on, one chunk comes in, the timer is set.
    fn work(&mut self, cx: &mut Context<'_>, from: &mut Stream, blocked: bool) -> bool {
        let now = Instant::now();
        let soon = now + self.early();
        let next = self.chain.pump(soon, &mut self.out);
        let mut again = !blocked && !self.out.is_empty();
        if self.source_open && self.chain.has_room() {
            let item = SCRATCH.with_borrow_mut(|scratch| {
                let mut buffer = ReadBuf::new(&mut scratch[..CHUNK]);
                match self.read(cx, from, &mut buffer) {
                    Poll::Pending => None,
                    Poll::Ready(Err(last)) => Some(Item::Last(last)),
                    Poll::Ready(Ok(())) => {
                        Some(Item::Data(Bytes::copy_from_slice(buffer.filled()), now))
                    }
                }
            });
            if let Some(item) = item {
                self.chain.push(item, now);
                again = true;
            }
        }
        again || next.is_some_and(|due| self.fired(cx, due))
    }

    fn timer(&mut self) -> &mut Alarm {
        self.timer.get_or_insert_with(|| self.node.alarm())
    }

    /// A coarse timer fires up to its coarseness late. Aiming this much early centres it on the due
    /// instant.
    fn early(&mut self) -> Duration {
        self.timer().coarseness() * 2 / 5
    }

    /// Arms the timer for `due`; true where that has come already.
    fn fired(&mut self, cx: &mut Context<'_>, due: Instant) -> bool {
        let due = due.checked_sub(self.early()).unwrap_or(due);
        self.timer().poll_at(cx, due).is_ready()
    }

    /// Reads something, or tells how the source ended. A reset travels on like the end does.
    fn read(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut Stream,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<(), Last>> {
        let read: io::Result<()> = std::task::ready!(Pin::new(from).poll_read(cx, buffer));
        let last = match read {
            Ok(()) if !buffer.filled().is_empty() => {
                self.counters.received(buffer.filled().len());
                return Poll::Ready(Ok(()));
            }
            Ok(()) => Last::End,
            Err(_) => Last::Reset,
        };
        self.source_open = false;
        Poll::Ready(Err(last))
    }
}
