//! The calling side of a frames connection: kept open, looked after, called with many asks at once.
//!
//! A call made while its peer is not up is certainly not sent; a call whose answer does not come, or
//! whose connection breaks, is indeterminate. Nothing is retried here.

use crate::message::{self, Answer, Ask, Envelope, Reply, What};
use crate::presence::{Patience, Presence, Seen};
use bytes::Bytes;
use squall_platform::time::{self, Instant};
use squall_platform::{Node, Stream};
use squall_wire::frames::{self, ControlFlow, Side};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallError {
    #[error("not sent: {0}")]
    NotSent(&'static str),
    #[error("sent, outcome unknown: {0}")]
    Indeterminate(&'static str),
}

/// What comes without having been asked for, one by one.
pub(crate) type Deliveries = mpsc::UnboundedSender<(Envelope, bool)>;
/// What is said first on every new connection.
pub(crate) type Hello = Box<dyn Fn() -> Vec<What> + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Link {
    shared: Arc<Shared>,
}

struct Shared {
    presence: Presence,
    connection: Mutex<Connection>,
    deliveries: Option<Deliveries>,
    hello: Hello,
}

struct Connection {
    /// There once the peer has shown that it lives.
    outgoing: Option<mpsc::UnboundedSender<Bytes>>,
    /// In order: where the connection breaks they are told one after the other.
    waiting: BTreeMap<u64, oneshot::Sender<Reply>>,
    next: u64,
    heard: Instant,
}

impl Link {
    /// Keeps a connection to `address` from now on, in a task of `node`.
    pub(crate) fn open(
        node: &Node,
        address: String,
        patience: Patience,
        deliveries: Option<Deliveries>,
        hello: Hello,
    ) -> Link {
        let connection =
            Connection { outgoing: None, waiting: BTreeMap::new(), next: 1, heard: Instant::now() };
        let shared = Arc::new(Shared {
            presence: Presence::new(),
            connection: Mutex::new(connection),
            deliveries,
            hello,
        });
        node.spawn(keep(node.clone(), address, patience, shared.clone()));
        Link { shared }
    }

    /// Asks and waits for the answer.
    pub(crate) async fn call(&self, what: What, timeout: Duration) -> Result<Reply, CallError> {
        let (number, answer) = {
            let mut connection = self.shared.lock();
            let number = connection.number();
            let outgoing =
                connection.outgoing.as_ref().ok_or(CallError::NotSent("no connection"))?;
            let frame = message::encode(&Ask { number, what });
            outgoing.send(frame).map_err(|_| CallError::NotSent("connection closed"))?;
            let (tell, answer) = oneshot::channel();
            connection.waiting.insert(number, tell);
            (number, answer)
        };
        match time::timeout(timeout, answer).await {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(_)) => Err(CallError::Indeterminate("connection broke")),
            Err(_) => {
                self.shared.lock().waiting.remove(&number);
                Err(CallError::Indeterminate("no answer in time"))
            }
        }
    }

    /// Says something that is not answered. False: it was not sent.
    pub(crate) fn tell(&self, what: What) -> bool {
        let mut connection = self.shared.lock();
        let number = connection.number();
        let frame = message::encode(&Ask { number, what });
        connection.outgoing.as_ref().is_some_and(|outgoing| outgoing.send(frame).is_ok())
    }

    pub(crate) fn presence(&self) -> &Presence {
        &self.shared.presence
    }
}

impl Connection {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn silent_for(&self) -> Duration {
        self.lock().heard.elapsed()
    }

    /// The peer lives: what is said to it from now on goes to `outgoing`.
    fn greet(&self, outgoing: &mpsc::UnboundedSender<Bytes>) {
        let mut connection = self.lock();
        for what in (self.hello)() {
            let number = connection.number();
            // Fails only where the connection is gone, which its own task sees.
            let _ = outgoing.send(message::encode(&Ask { number, what }));
        }
        connection.outgoing = Some(outgoing.clone());
        drop(connection);
        self.presence.set(Seen::Up);
    }

    fn answered(&self, frame: &[u8]) -> ControlFlow<()> {
        let Some(answer) = message::decode::<Answer>(frame) else { return ControlFlow::Break(()) };
        if let Reply::Delivery { message, again } = answer.what {
            if let Some(deliveries) = &self.deliveries {
                let _ = deliveries.send((message, again));
            }
        } else if let Some(tell) = self.lock().waiting.remove(&answer.number) {
            let _ = tell.send(answer.what);
        }
        ControlFlow::Continue(())
    }
}

/// Connects again and again, for ever.
async fn keep(node: Node, address: String, patience: Patience, shared: Arc<Shared>) {
    loop {
        let was_up = match time::timeout(patience.lost_after, node.connect(&address)).await {
            Ok(Ok(stream)) => converse(stream, patience, &shared).await,
            _ => false,
        };
        let ended = {
            let mut connection = shared.lock();
            connection.outgoing = None;
            std::mem::take(&mut connection.waiting)
        };
        drop(ended);
        let lost = shared.silent_for() >= patience.lost_after;
        shared.presence.set(if lost { Seen::Lost } else { Seen::Wavering });
        if !was_up || lost {
            time::sleep(patience.reconnect).await;
        }
    }
}

/// One connection from its first ping to its end. True: the peer gave a sign of life.
async fn converse(stream: Stream, patience: Patience, shared: &Arc<Shared>) -> bool {
    let (outgoing, mut sent) = mpsc::unbounded_channel();
    let _ = outgoing.send(Bytes::new());
    let mut greeted = false;
    let on_frame = |frame: Bytes| {
        shared.lock().heard = Instant::now();
        if !greeted {
            greeted = true;
            shared.greet(&outgoing);
        }
        if frame.is_empty() { ControlFlow::Continue(()) } else { shared.answered(&frame) }
    };
    tokio::select! {
        biased;
        // How it ended does not matter: whatever was under way is indeterminate.
        _ = frames::exchange(stream, Side::Calling, &mut sent, on_frame) => {}
        () = watch_over(patience, shared, &outgoing) => {}
    }
    greeted
}

/// Pings a peer that says nothing; ends when it stays silent.
async fn watch_over(patience: Patience, shared: &Shared, outgoing: &mpsc::UnboundedSender<Bytes>) {
    let started = Instant::now();
    loop {
        time::sleep(patience.ping).await;
        let silent = shared.silent_for().min(started.elapsed());
        if silent >= patience.lost_after {
            return;
        }
        if silent >= patience.ping {
            let _ = outgoing.send(Bytes::new());
        }
    }
}
