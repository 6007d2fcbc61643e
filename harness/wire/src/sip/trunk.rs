//! The calling side of a trunk: one TCP connection that is kept up, and the calls placed over it.

use super::calls::{Calls, Ring};
use super::connection;
use super::dialog::Dialog;
use squall_platform::rng::Draw;
use squall_platform::running::{Stop, Stopping, stop};
use squall_platform::time::{Instant, sleep, timeout, timeout_at};
use squall_platform::{Node, Stream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Why a call was not answered, or what ended it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The final response to a request, from 300 on, and its reason phrase.
    #[error("refused: {0} {1}")]
    Refused(u16, String),
    /// It rang for as long as it was given, and was cancelled.
    #[error("not answered")]
    NoAnswer,
    /// The other side hung up; with the text of its Reason, else the cause, if it gave one.
    #[error("hung up by the other side: {0}")]
    HungUp(String),
    /// There is no connection, it broke, or nothing came back on it within the trunk's patience. What
    /// had been asked for may have happened.
    #[error("the trunk is broken: {0}")]
    Broken(String),
}

/// A trunk as the calling side sees it: one TCP connection, kept up, many calls over it. Clones share
/// the connection; it is closed when the last of them and of their [`Dialog`]s is gone.
#[derive(Clone, Debug)]
pub struct Trunk(Arc<Owner>);

#[derive(Debug)]
struct Owner {
    calls: Arc<Mutex<Calls>>,
    patience: Duration,
    stop: Stop,
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.stop.ask();
    }
}

impl Trunk {
    /// Keeps a connection to `address` (`host:port`) from now on: one that breaks or cannot be made is
    /// tried again after `reconnect`. One that is silent is not noticed: calls over it fail by
    /// `patience`. `me` is the product of the User-Agent, by our convention the name
    /// of the node. `patience` is how long a request waits for its final response, an INVITE for its
    /// first response of any kind, and a connection to be made. One trunk of a node to one address:
    /// a second one would give its calls the same identifiers.
    pub fn open(
        node: &Node,
        address: String,
        me: String,
        reconnect: Duration,
        patience: Duration,
    ) -> Trunk {
        let prefix = format!("{:016x}", node.rng(&format!("sip {address}")).random::<u64>());
        let calls = Arc::new(Mutex::new(Calls::new(&me, &address, prefix)));
        let (stop, stopping) = stop();
        let keeper = Keeper { node: node.clone(), address, calls: calls.clone(), patience };
        node.spawn(keeper.keep(reconnect, stopping));
        Trunk(Arc::new(Owner { calls, patience, stop }))
    }

    /// Whether there is a connection at this instant. A call placed while there is none is
    /// [`CallError::Broken`] at once.
    pub fn is_up(&self) -> bool {
        self.calls().is_up()
    }

    /// Places a call from `from` to `to` (E.164 numbers); resolves when it is answered, after the ACK.
    /// Rings for `ring_timeout` at most, then cancels; dropping the future cancels too.
    ///
    /// # Errors
    /// [`CallError::Refused`], [`CallError::NoAnswer`], [`CallError::Broken`].
    pub async fn call(
        &self,
        from: &str,
        to: &str,
        ring_timeout: Duration,
    ) -> Result<Dialog, CallError> {
        let until = Instant::now() + ring_timeout;
        let first = until.min(Instant::now() + self.patience());
        self.room(first).await?;
        let Ring { number, keys, mut answer } = self.calls().place(from, to)?;
        let mut ringing = Ringing { trunk: self, number, over: false };
        let mut answered = timeout_at(first, &mut answer).await;
        if answered.is_err() && first < until {
            if !self.calls().has_rung(number) {
                return Err(self.silence("INVITE"));
            }
            answered = timeout_at(until, &mut answer).await;
        }
        let Ok(answered) = answered else {
            return Err(match self.calls().has_rung(number) {
                true => CallError::NoAnswer,
                false => self.silence("INVITE"),
            });
        };
        ringing.over = true;
        answered.unwrap_or_else(|_| Err(CallError::Broken("closed".into())))?;
        Ok(Dialog::new(self.clone(), number, keys))
    }

    /// What a peer does not take must not pile up here without end.
    async fn room(&self, until: Instant) -> Result<(), CallError> {
        let Some(outbox) = self.calls().outbox() else { return Ok(()) };
        let room = timeout_at(until, outbox.room()).await;
        room.map_err(|_| CallError::Broken("the other side does not read".into()))
    }

    pub(super) fn patience(&self) -> Duration {
        self.0.patience
    }

    pub(super) fn silence(&self, method: &str) -> CallError {
        let ms = self.0.patience.as_millis();
        CallError::Broken(format!("no answer to {method} within {ms} ms"))
    }

    /// A panic elsewhere leaves the calls usable: every change to them is complete or not begun.
    pub(super) fn calls(&self) -> MutexGuard<'_, Calls> {
        self.0.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Cancels a call that nobody waits for any more.
struct Ringing<'a> {
    trunk: &'a Trunk,
    number: u64,
    over: bool,
}

impl Drop for Ringing<'_> {
    fn drop(&mut self) {
        if !self.over {
            self.trunk.calls().cancel(self.number);
        }
    }
}

struct Keeper {
    node: Node,
    address: String,
    calls: Arc<Mutex<Calls>>,
    patience: Duration,
}

impl Keeper {
    async fn keep(self, reconnect: Duration, mut stopping: Stopping) {
        loop {
            let connected = tokio::select! {
                biased;
                () = stopping.asked() => return,
                connected = timeout(self.patience, self.node.connect(&self.address)) => connected,
            };
            if let Ok(Ok(stream)) = connected {
                let why = self.carry(stream, &mut stopping).await;
                self.calls().went_down(&why);
            }
            tokio::select! {
                biased;
                () = stopping.asked() => return,
                () = sleep(reconnect) => {}
            }
        }
    }

    /// Carries one connection until it ends; says why it did.
    async fn carry(&self, stream: Stream, stopping: &mut Stopping) -> String {
        let (mut reader, outbox) = connection::open(&self.node, stream);
        self.calls().came_up(outbox.clone());
        loop {
            let mut incoming = tokio::select! {
                biased;
                () = stopping.asked() => return "closed".into(),
                incoming = reader.next() => incoming,
            };
            loop {
                match incoming {
                    Ok(Some(message)) => self.calls().take(message),
                    Ok(None) => return "closed by the other side".into(),
                    Err(why) => return why.to_string(),
                }
                incoming = match reader.buffered() {
                    Ok(None) => break,
                    more => more,
                };
            }
            outbox.flush();
        }
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
