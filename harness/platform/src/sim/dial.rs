//! Connecting: at once, refused, or stalled until the path or the peer comes back.

use super::address;
use super::conn::{Conn, End};
use super::host::Host;
use super::locked;
use super::stream::SimStream;
use super::world::Shared;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;

/// What a refusal takes, and a connection beyond [`AT_ONCE`]: without it, a service that connects
/// again and again with no pause would stop the clock.
const ROUND_TRIP: Duration = Duration::from_millis(1);
/// Connections a node may open in one instant.
pub(super) const AT_ONCE: u32 = 1000;

/// Connects that got no answer yet, oldest first.
#[derive(Debug, Default)]
pub(super) struct Stalled(Mutex<BTreeMap<u64, Waker>>);

impl Stalled {
    /// Something changed: lets every one of them try again.
    pub(super) fn wake_all(&self) {
        let wakers = std::mem::take(&mut *locked(&self.0));
        wakers.into_values().for_each(Waker::wake);
    }
}

/// Takes an abandoned connect out of the list.
struct Entry<'a> {
    stalled: &'a Stalled,
    id: u64,
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        let abandoned = locked(&self.stalled.0).remove(&self.id);
        drop(abandoned);
    }
}

enum Attempt {
    Established(SimStream),
    Refused(String),
    NoAnswer,
}

pub(super) async fn dial(
    shared: &Arc<Shared>,
    own: &Arc<Host>,
    address: &str,
) -> io::Result<SimStream> {
    let (name, port) = address::parse(address, &own.name)?;
    if own.dials_at(shared.now_us()) > AT_ONCE {
        tokio::time::sleep(ROUND_TRIP).await;
    }
    let mut entry: Option<Entry<'_>> = None;
    let attempt = poll_fn(|cx| match try_once(shared, own, name, port) {
        Attempt::NoAnswer => {
            let id = entry
                .get_or_insert_with(|| Entry { stalled: &shared.stalled, id: shared.next_id() })
                .id;
            locked(&shared.stalled.0).insert(id, cx.waker().clone());
            Poll::Pending
        }
        Attempt::Established(stream) => Poll::Ready(Ok(stream)),
        Attempt::Refused(reason) => Poll::Ready(Err(reason)),
    })
    .await;
    match attempt {
        Ok(stream) => Ok(stream),
        Err(reason) => {
            tokio::time::sleep(ROUND_TRIP).await;
            Err(io::Error::new(ErrorKind::ConnectionRefused, reason))
        }
    }
}

fn try_once(shared: &Arc<Shared>, own: &Arc<Host>, name: &str, port: u16) -> Attempt {
    let Some(target) = shared.host(name) else {
        return Attempt::Refused(format!("no node is named {name:?}"));
    };
    let inside = Arc::ptr_eq(own, &target);
    if !inside && (own.is_cut() || target.is_cut()) || !target.is_powered() {
        return Attempt::NoAnswer;
    }
    let Some(listening) = target.listening(port) else {
        return Attempt::Refused(format!("nobody listens on {name}:{port}"));
    };
    if listening.is_full() {
        return Attempt::NoAnswer;
    }
    let client = End { host: Arc::clone(own), port: own.client_port() };
    let conn = Conn::new(shared.next_id(), [client, End { host: target, port }]);
    listening.push(SimStream::new(Arc::clone(&conn), 1));
    Attempt::Established(SimStream::new(conn, 0))
}
