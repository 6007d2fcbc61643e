//! One TCP connection: two bounded streams of bytes, and what becomes of them when an end closes,
//! resets, dies or is cut off.
//!
//! Bytes, FIN and RST arrive in the order in which they were sent, at once while the path is open
//! and after the mend where it was cut. There are no segments, no retransmission timers and no
//! keep-alives: a connection whose peer fell silent stays silent.

use super::host::Host;
use super::locked;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use tokio::io::ReadBuf;

/// Bytes under way to one end, sent and not yet read, before its peer has to wait.
pub(super) const WINDOW: usize = 64 * 1024;
/// A buffer that grew beyond this is given back when it runs empty.
const KEPT: usize = 8 * 1024;

#[derive(Debug)]
pub(super) struct Conn {
    pub(super) id: u64,
    /// The client's end and the server's.
    pub(super) ends: [End; 2],
    sides: Mutex<[Side; 2]>,
}

#[derive(Debug)]
pub(super) struct End {
    pub(super) host: Arc<Host>,
    pub(super) port: u16,
}

/// What one end's kernel knows.
#[derive(Debug, Default)]
struct Side {
    /// Sent to this end and not read; the first `arrived` bytes have passed the path.
    inbox: VecDeque<u8>,
    arrived: usize,
    fin_sent: bool,
    fin_arrived: bool,
    rst_sent: bool,
    /// The connection is over for this end.
    reset: bool,
    /// Told once, by the next call; after it come end of stream and `BrokenPipe`.
    error: Option<ErrorKind>,
    /// No process holds this end any more.
    closed: bool,
    /// The host lost power while it had this end: it never answers, until it is up again.
    lost: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// Woken once the connection is unlocked.
#[derive(Default)]
struct Wakes([Option<Waker>; 4]);

impl Wakes {
    fn take(&mut self, waker: &mut Option<Waker>) {
        if waker.is_some()
            && let Some(slot) = self.0.iter_mut().find(|slot| slot.is_none())
        {
            *slot = waker.take();
        }
    }

    fn wake(self) {
        self.0.into_iter().flatten().for_each(Waker::wake);
    }
}

impl Conn {
    pub(super) fn new(id: u64, ends: [End; 2]) -> Arc<Conn> {
        let conn = Arc::new(Conn { id, ends, sides: Mutex::default() });
        conn.ends.iter().for_each(|end| end.host.keep(&conn));
        conn
    }

    /// Whether packets pass. A host always reaches itself.
    fn is_open(&self) -> bool {
        let [client, server] = &self.ends;
        !(client.host.is_cut() || server.host.is_cut()) || Arc::ptr_eq(&client.host, &server.host)
    }

    pub(super) fn poll_read(
        &self,
        side: usize,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut wakes = Wakes::default();
        let mut sides = locked(&self.sides);
        let [me, peer] = both(&mut sides, side);
        let outcome = if buf.remaining() == 0 {
            Poll::Ready(Ok(()))
        } else if me.arrived > 0 {
            me.read(buf);
            if peer.writer.is_some() && me.inbox.len() <= WINDOW / 2 && self.is_open() {
                wakes.take(&mut peer.writer);
            }
            Poll::Ready(Ok(()))
        } else if me.fin_arrived {
            Poll::Ready(Ok(()))
        } else if let Some(kind) = me.error.take() {
            Poll::Ready(Err(kind.into()))
        } else if me.reset {
            Poll::Ready(Ok(()))
        } else if me.closed {
            Poll::Ready(Err(ErrorKind::NotConnected.into()))
        } else {
            keep(&mut me.reader, cx);
            Poll::Pending
        };
        drop(sides);
        wakes.wake();
        outcome
    }

    pub(super) fn poll_write(
        &self,
        side: usize,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut wakes = Wakes::default();
        let mut sides = locked(&self.sides);
        let [me, peer] = both(&mut sides, side);
        if let Some(kind) = me.error.take() {
            return Poll::Ready(Err(kind.into()));
        }
        if me.reset || me.fin_sent || me.closed {
            return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
        }
        let space = WINDOW.saturating_sub(peer.inbox.len());
        if space == 0 {
            keep(&mut me.writer, cx);
            return Poll::Pending;
        }
        let written = peer.take_in(slices, space);
        if self.is_open() {
            self.pass(&mut sides, side, &mut wakes);
        }
        drop(sides);
        wakes.wake();
        Poll::Ready(Ok(written))
    }

    /// Sends FIN; the other direction stays open.
    pub(super) fn shut_down(&self, side: usize) {
        self.act(side, |me, _| me.fin_sent = true);
    }

    /// Sends RST and forgets what was received.
    pub(super) fn reset(&self, side: usize) {
        self.act(side, |me, wakes| {
            if !me.reset {
                me.rst_sent = true;
                me.reset = true;
                me.inbox = VecDeque::new();
                me.arrived = 0;
                wakes.take(&mut me.reader);
                wakes.take(&mut me.writer);
            }
        });
    }

    /// No process holds this end any more: FIN, or RST where bytes are thrown away unread.
    pub(super) fn close(&self, side: usize) {
        self.act(side, |me, _| {
            if me.arrived > 0 && !me.reset {
                me.rst_sent = true;
                me.inbox = VecDeque::new();
                me.arrived = 0;
            }
            me.fin_sent = true;
            me.closed = true;
            me.reader = None;
            me.writer = None;
        });
        let over = locked(&self.sides).iter().all(|side| side.closed);
        if over {
            self.ends.iter().for_each(|end| end.host.forget(self.id));
        }
    }

    /// Closes the ends that are `host`'s.
    pub(super) fn close_at(&self, host: &Host) {
        for side in self.sides_at(host) {
            self.close(side);
        }
    }

    /// Takes the power from the ends that are `host`'s: what they had not got through the path, and
    /// what they had not read, is gone.
    pub(super) fn lose_at(&self, host: &Host) {
        for side in self.sides_at(host) {
            let mut sides = locked(&self.sides);
            let [me, peer] = both(&mut sides, side);
            me.lost = true;
            me.closed = true;
            me.fin_sent = peer.fin_arrived;
            me.rst_sent = false;
            me.inbox.drain(..me.arrived);
            me.arrived = 0;
            me.reader = None;
            me.writer = None;
            peer.inbox.truncate(peer.arrived);
            let over = peer.closed;
            drop(sides);
            if over {
                self.ends.iter().for_each(|end| end.host.forget(self.id));
            }
        }
    }

    /// Sends again what a cut or a missing host held back.
    pub(super) fn flush(&self) {
        if !self.is_open() {
            return;
        }
        let mut wakes = [Wakes::default(), Wakes::default()];
        let mut sides = locked(&self.sides);
        for (side, wakes) in wakes.iter_mut().enumerate() {
            self.pass(&mut sides, side, wakes);
        }
        for (side, wakes) in wakes.iter_mut().enumerate() {
            let [me, peer] = both(&mut sides, side);
            if peer.inbox.len() <= WINDOW / 2 {
                wakes.take(&mut me.writer);
            }
        }
        drop(sides);
        wakes.into_iter().for_each(Wakes::wake);
    }

    /// Changes one end by `change`, then sends what that gives to send.
    fn act(&self, side: usize, change: impl FnOnce(&mut Side, &mut Wakes)) {
        let mut wakes = Wakes::default();
        let mut sides = locked(&self.sides);
        let [me, _] = both(&mut sides, side);
        if me.closed {
            return;
        }
        change(me, &mut wakes);
        if self.is_open() {
            self.pass(&mut sides, side, &mut wakes);
        }
        drop(sides);
        wakes.wake();
    }

    /// Brings everything `from` has sent to the other end. The path is open.
    fn pass(&self, sides: &mut [Side; 2], from: usize, wakes: &mut Wakes) {
        let [me, peer] = both(sides, from);
        let fresh = peer.inbox.len() > peer.arrived;
        if peer.lost {
            // A host that is up again knows nothing of this connection and says so.
            let heard = fresh || me.fin_sent || me.rst_sent;
            if heard && self.ends[1 - from].host.is_powered() {
                peer.inbox = VecDeque::new();
                me.receive_reset(wakes);
            }
            return;
        }
        if peer.closed {
            if fresh {
                peer.inbox = VecDeque::new();
                me.receive_reset(wakes);
            }
            return;
        }
        if fresh {
            peer.arrived = peer.inbox.len();
            wakes.take(&mut peer.reader);
        }
        if me.fin_sent && !peer.fin_arrived && !me.rst_sent {
            peer.fin_arrived = true;
            wakes.take(&mut peer.reader);
        }
        if me.rst_sent {
            peer.receive_reset(wakes);
        }
    }

    fn sides_at(&self, host: &Host) -> impl Iterator<Item = usize> {
        [0, 1]
            .into_iter()
            .filter(move |&side| std::ptr::eq(Arc::as_ptr(&self.ends[side].host), host))
    }
}

impl Side {
    fn read(&mut self, buf: &mut ReadBuf<'_>) {
        let count = self.arrived.min(buf.remaining());
        let (front, back) = self.inbox.as_slices();
        let of_front = count.min(front.len());
        buf.put_slice(&front[..of_front]);
        buf.put_slice(&back[..count - of_front]);
        self.inbox.drain(..count);
        self.arrived -= count;
        if self.inbox.is_empty() && self.inbox.capacity() > KEPT {
            self.inbox = VecDeque::new();
        }
    }

    /// Takes up to `space` bytes of `slices`.
    fn take_in(&mut self, slices: &[IoSlice<'_>], space: usize) -> usize {
        let mut written = 0;
        for slice in slices {
            let count = slice.len().min(space - written);
            self.inbox.extend(&slice[..count]);
            written += count;
        }
        written
    }

    /// As Linux tells it: a reset after the peer's FIN is a broken pipe. What had arrived stays
    /// readable.
    fn receive_reset(&mut self, wakes: &mut Wakes) {
        if self.reset || self.closed {
            return;
        }
        self.reset = true;
        self.error =
            Some(if self.fin_arrived { ErrorKind::BrokenPipe } else { ErrorKind::ConnectionReset });
        self.inbox.truncate(self.arrived);
        wakes.take(&mut self.reader);
        wakes.take(&mut self.writer);
    }
}

/// The side itself and its peer.
fn both(sides: &mut [Side; 2], side: usize) -> [&mut Side; 2] {
    let [client, server] = sides;
    if side == 0 { [client, server] } else { [server, client] }
}

/// Keeps the waker, without a clone where it is the same task's.
fn keep(slot: &mut Option<Waker>, cx: &mut Context<'_>) {
    match slot {
        Some(waker) => waker.clone_from(cx.waker()),
        None => *slot = Some(cx.waker().clone()),
    }
}
