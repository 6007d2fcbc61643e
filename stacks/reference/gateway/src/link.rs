//! The calling side of a frames connection: kept open, looked after, called with many asks at once.
//!
//! A link is *up* while its peer gives signs of life, *lost* when it gave none for `lost_after`, and
//! *wavering* between the two. A call made while it is not up is certainly not sent; a call whose
//! answer does not come, or whose connection breaks, is indeterminate. Nothing is retried here.

use crate::message::{self, Answer, Ask, Envelope, Reply, What};
use bytes::Bytes;
use squall_model::node_config::NodeConfig;
use squall_model::units::Micros;
use squall_platform::time::{self, Instant};
use squall_platform::{Node, Stream};
use squall_wire::frames::{self, ControlFlow, Side};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkState {
    Up,
    Wavering,
    Lost,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallError {
    #[error("not sent: {0}")]
    NotSent(&'static str),
    #[error("sent, outcome unknown: {0}")]
    Indeterminate(&'static str),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    pub ping: Duration,
    pub lost_after: Duration,
    pub reconnect: Duration,
}

impl Patience {
    /// The stack's timers.
    pub(crate) fn of(config: &NodeConfig) -> Patience {
        Patience {
            ping: config.timer("queue_ping", Micros::from_millis(500)).std(),
            lost_after: config.timer("queue_lost_after", Micros::from_secs(2)).std(),
            reconnect: config.timer("reconnect_interval", Micros::from_millis(500)).std(),
        }
    }
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
    state: Mutex<LinkState>,
    /// Wakes in the order of waiting. A watch channel wakes at random, which a simulation cannot have.
    changed: Notify,
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
            state: Mutex::new(LinkState::Wavering),
            changed: Notify::new(),
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

    pub(crate) fn is_up(&self) -> bool {
        self.shared.state() == LinkState::Up
    }

    /// Waits until the link is up (true) or lost (false).
    pub(crate) async fn settled(&self) -> bool {
        self.shared.wait_for(|state| state != LinkState::Wavering).await == LinkState::Up
    }

    /// Waits until the link is up.
    pub(crate) async fn up(&self) {
        self.shared.wait_for(|state| state == LinkState::Up).await;
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

    fn state(&self) -> LinkState {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, state: LinkState) {
        let before = {
            let mut now = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *now, state)
        };
        if before != state {
            self.changed.notify_waiters();
        }
    }

    /// The first state that is `wanted`.
    async fn wait_for(&self, wanted: impl Fn(LinkState) -> bool) -> LinkState {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            // Waiting begins before the look, so that no change falls between them.
            changed.as_mut().enable();
            let state = self.state();
            if wanted(state) {
                return state;
            }
            changed.await;
        }
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
        self.set(LinkState::Up);
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
        shared.set(if lost { LinkState::Lost } else { LinkState::Wavering });
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
