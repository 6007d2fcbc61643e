//! Message brokers in the place of the built-in queue, each behind its well-kept client.
//!
//! Those clients open sockets of their own: the one exception to the platform, and the reason why no
//! simulation has a broker. [`session`] says what is asked of one connection, each broker's file does
//! it; here it is kept open and looked after. A broker counts as lost when it has answered no question
//! for `lost_after`: the question is how much it holds.

mod nats;
mod rabbitmq;
mod redis;
mod session;

pub(crate) use session::{Place, Pulled, Ticket, Trouble};

use crate::message::Envelope;
use crate::presence::{Presence, Seen};
use crate::remote::Enqueued;
use futures::FutureExt;
use futures::future::BoxFuture;
use session::{Deliveries, Session, trouble};
use squall_platform::Node;
use squall_platform::time::{self, Instant};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The name of the one queue, stream or key that a broker keeps for its region.
const QUEUE: &str = "messages";
/// Those who take from it together, where a broker names them.
const GROUP: &str = "gateway";
/// Patience with a list of what waits.
const LISTING: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    RabbitMq,
    Nats,
    Redis,
}

#[derive(Clone)]
pub(crate) struct Broker {
    shared: Arc<Shared>,
}

struct Shared {
    presence: Presence,
    depth: AtomicU64,
    connection: Mutex<Connection>,
}

struct Connection {
    session: Option<Arc<dyn Session>>,
    heard: Instant,
}

impl Broker {
    /// Keeps a connection from now on, in a task of `node`; with `deliveries` it takes messages too.
    pub(crate) fn open(
        node: &Node,
        kind: Kind,
        place: Place,
        deliveries: Option<Deliveries>,
    ) -> Broker {
        let shared = Arc::new(Shared {
            presence: Presence::new(),
            depth: AtomicU64::new(0),
            connection: Mutex::new(Connection { session: None, heard: Instant::now() }),
        });
        node.spawn(keep(kind, place, shared.clone(), deliveries));
        Broker { shared }
    }

    pub(crate) fn presence(&self) -> &Presence {
        &self.shared.presence
    }

    /// How many messages it held when it was last asked.
    pub(crate) fn depth(&self) -> u64 {
        self.shared.depth.load(Ordering::Relaxed)
    }

    /// An answer that does not come in time leaves it open whether the message is there.
    pub(crate) async fn put(&self, message: &Envelope, timeout: Duration) -> Enqueued {
        let Some(session) = self.shared.session() else { return Enqueued::Not };
        time::timeout(timeout, session.put(message)).await.unwrap_or(Enqueued::Unsure)
    }

    /// What waits, oldest first, at most `max`.
    ///
    /// # Errors
    /// Where the broker does not answer: nobody knows then what it holds.
    pub(crate) async fn list(&self, max: usize) -> Result<Vec<Envelope>, Trouble> {
        let session = self.shared.session().ok_or_else(|| trouble("the broker is not there"))?;
        let listed = time::timeout(LISTING, session.list(max)).await;
        listed.unwrap_or_else(|_| Err(trouble("the broker does not answer")))
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn session(&self) -> Option<Arc<dyn Session>> {
        self.lock().session.clone()
    }

    /// One connection, from its first answer to its end.
    async fn attend(
        &self,
        session: Arc<dyn Session>,
        place: &Place,
        deliveries: Option<&Deliveries>,
    ) {
        {
            let mut connection = self.lock();
            connection.heard = Instant::now();
            connection.session = Some(session.clone());
        }
        self.presence.set(Seen::Up);
        let pulling = async {
            match deliveries {
                Some(deliveries) => session.pull(deliveries).await,
                None => std::future::pending().await,
            }
        };
        let why = tokio::select! {
            biased;
            why = self.watch_over(&*session, place) => why,
            why = pulling => why,
        };
        eprintln!("{}: the broker at {} is gone: {why}", place.client, place.address);
        self.lock().session = None;
    }

    /// Asks how much the broker holds, again and again.
    async fn watch_over(&self, session: &dyn Session, place: &Place) -> Trouble {
        loop {
            match time::timeout(place.patience.lost_after, session.depth()).await {
                Ok(Ok(depth)) => self.depth.store(depth, Ordering::Relaxed),
                Ok(Err(why)) => return why,
                Err(_) => return trouble("no answer in time"),
            }
            self.lock().heard = Instant::now();
            time::sleep(place.patience.ping).await;
        }
    }
}

/// Connects again and again, for ever.
async fn keep(kind: Kind, place: Place, shared: Arc<Shared>, deliveries: Option<Deliveries>) {
    loop {
        // A broker that has just started may need a moment for its first answer.
        if let Ok(Ok(session)) = time::timeout(place.patience.lost_after, open(kind, &place)).await
        {
            shared.attend(session, &place, deliveries.as_ref()).await;
        }
        let silent = shared.lock().heard.elapsed();
        let lost = silent >= place.patience.lost_after;
        shared.presence.set(if lost { Seen::Lost } else { Seen::Wavering });
        time::sleep(place.patience.reconnect).await;
    }
}

fn open(kind: Kind, place: &Place) -> BoxFuture<'_, Result<Arc<dyn Session>, Trouble>> {
    match kind {
        Kind::RabbitMq => rabbitmq::open(place).boxed(),
        Kind::Nats => nats::open(place).boxed(),
        Kind::Redis => redis::open(place).boxed(),
    }
}
