//! One connection of the trunk. Whole reads are worked off at once: decided one by one, written to the
//! journal together, answered together; and so is what is due at one instant.

use super::Network;
use super::phone::{Call, Due};
use crate::carrier::journal::Event;
use crate::carrier::verbs::CONNECTION;
use bytes::BytesMut;
use squall_platform::running::Stopping;
use squall_platform::time::{Instant, sleep_until};
use squall_platform::{Stream, time};
use squall_wire::sip::Incoming;
use squall_wire::sip::connection::{self, Reader};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// Messages worked off before anything is written or answered.
const BATCH: usize = 256;

/// When a session with nothing to do looks again.
const IDLE: Duration = Duration::from_secs(86_400);

pub(super) struct Session {
    pub network: Arc<Network>,
    /// `host:port` of the other side.
    pub peer: String,
    pub calls: BTreeMap<u64, Call>,
    /// By Call-ID and the caller's tag, see [`key`].
    pub by_key: BTreeMap<String, u64>,
    pub next: u64,
    /// What is due for a call that is over by then is left out when its turn comes.
    pub due: BTreeSet<(Instant, u64, Due)>,
    /// What goes out once the journal is written.
    pub out: BytesMut,
}

/// What a dialog is found by; the tag is the caller's.
pub(super) fn key(call_id: &str, tag: &str) -> String {
    [call_id, tag].join(" ")
}

pub(super) async fn run(network: Arc<Network>, stream: Stream, mut stopping: Stopping) {
    let peer = stream.peer_addr();
    let (mut reader, outbox) = connection::open(&network.carrier.node, stream);
    let mut session = Session {
        network,
        peer,
        calls: BTreeMap::new(),
        by_key: BTreeMap::new(),
        next: 0,
        due: BTreeSet::new(),
        out: BytesMut::new(),
    };
    loop {
        let next = session.due.first().map_or_else(|| Instant::now() + IDLE, |due| due.0);
        let incoming = tokio::select! {
            biased;
            () = stopping.asked() => break,
            incoming = reader.next() => Some(incoming),
            () = sleep_until(next) => None,
        };
        match incoming {
            Some(Ok(Some(first))) => session.batch(first, &mut reader),
            Some(Ok(None) | Err(_)) => break,
            None => {}
        }
        session.fire(time::Instant::now());
        if session.network.carrier.desk().write().is_err() {
            // Nothing may be answered that is not in the journal.
            outbox.reset();
            break;
        }
        let out = session.out.split();
        if !out.is_empty() {
            outbox.add(|bytes| {
                bytes.extend_from_slice(&out);
                true
            });
            outbox.flush();
        }
        tokio::select! {
            biased;
            () = stopping.asked() => break,
            () = outbox.room() => {}
        }
    }
    // Without a journal nothing is left to do.
    let _ = session.leave();
    outbox.flush();
}

impl Session {
    fn batch(&mut self, first: Incoming, reader: &mut Reader) {
        self.take(first);
        for _ in 1..BATCH {
            match reader.buffered() {
                Ok(Some(incoming)) => self.take(incoming),
                // A framing that cannot be: the next read reports it.
                _ => break,
            }
        }
    }

    fn fire(&mut self, now: Instant) {
        while let Some((at, call, due)) = self.due.first().copied()
            && at <= now
        {
            self.due.pop_first();
            self.act(at, call, due);
        }
    }

    /// Takes a call out of the tables; its end is logged by whoever ends it.
    pub(super) fn remove(&mut self, place: u64) -> Option<Call> {
        let call = self.calls.remove(&place)?;
        self.by_key.remove(&call.key);
        self.network.calls.fetch_sub(1, Relaxed);
        Some(call)
    }

    /// Logs how a call ended, where that is not in the log already.
    pub(super) fn end(&self, call: &Call, event: Event) {
        if let Some(number) = call.number {
            let carrier = &self.network.carrier;
            carrier.desk().end_call(carrier.node.unix_us(), number, event);
        }
    }

    /// Every call ends with its connection.
    fn leave(&mut self) -> io::Result<()> {
        while let Some(place) = self.calls.keys().next().copied() {
            if let Some(call) = self.remove(place) {
                self.end(&call, Event::Dropped(CONNECTION));
            }
        }
        self.network.carrier.desk().write()
    }
}
