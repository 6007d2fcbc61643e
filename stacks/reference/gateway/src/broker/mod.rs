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

pub(crate) use session::{Handed, Place, Pulled, Taker, Ticket, Trouble};

use crate::message::Envelope;
use crate::presence::{Presence, Seen};
use crate::remote::Enqueued;
use futures::FutureExt;
use futures::future::BoxFuture;
use session::{Session, trouble};
use squall_platform::Node;
use squall_platform::time::{self, Instant};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The name of the one queue, stream or key that a broker keeps for its region.
const QUEUE: &str = "messages";
/// Those who take from it together, where a broker names them.
const GROUP: &str = "gateway";
/// Patience with a list of what waits. Less than the collector's with one call (5 s): who asks has to be
/// told that nobody can tell, and not be left without an answer.
const LISTING: Duration = Duration::from_secs(4);

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
    connection: Mutex<Connection>,
    /// Two lists at once would take from each other what a broker shows only by handing it out.
    listing: tokio::sync::Mutex<()>,
}

struct Connection {
    session: Option<Arc<dyn Session>>,
    heard: Instant,
    /// What it held when it last answered.
    depth: Option<u64>,
}

type Opened = Result<Arc<dyn Session>, Trouble>;

impl Broker {
    /// Keeps a connection from now on, in a task of `node`; a `taker` is handed messages over it, and
    /// without him it ends.
    pub(crate) fn open(node: &Node, kind: Kind, place: Place, taker: Option<Taker>) -> Broker {
        let broker = Broker::new();
        let shared = broker.shared.clone();
        node.spawn(async move {
            let opening = || open(kind, &place);
            shared.keep(opening, &place, taker.as_ref()).await;
        });
        broker
    }

    fn new() -> Broker {
        let connection = Connection { session: None, heard: Instant::now(), depth: None };
        let shared = Shared {
            presence: Presence::new(),
            connection: Mutex::new(connection),
            listing: tokio::sync::Mutex::default(),
        };
        Broker { shared: Arc::new(shared) }
    }

    pub(crate) fn presence(&self) -> &Presence {
        &self.shared.presence
    }

    /// How many messages it held when it last answered; `None`: it never did.
    pub(crate) fn depth(&self) -> Option<u64> {
        self.shared.lock().depth
    }

    /// An answer that does not come in time leaves it open whether the message is there.
    pub(crate) async fn put(&self, message: &Envelope, timeout: Duration) -> Enqueued {
        let Some(session) = self.shared.session() else { return Enqueued::Not };
        time::timeout(timeout, session.put(message)).await.unwrap_or(Enqueued::Unsure)
    }

    /// All that waits, in any order; a message may be there twice.
    ///
    /// # Errors
    /// Where the broker does not show all of it in time: nobody knows then what it holds.
    pub(crate) async fn list(&self) -> Result<Vec<Envelope>, Trouble> {
        let listing = async {
            let _alone = self.shared.listing.lock().await;
            let session = self.shared.session();
            session.ok_or_else(|| trouble("the broker is not there"))?.list().await
        };
        let listed = time::timeout(LISTING, listing).await;
        listed.unwrap_or_else(|_| Err(trouble("the broker does not show in time what it holds")))
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn session(&self) -> Option<Arc<dyn Session>> {
        self.lock().session.clone()
    }

    /// Connects again and again: for ever, or until its taker has left.
    async fn keep<'a>(
        &self,
        opening: impl Fn() -> BoxFuture<'a, Opened>,
        place: &Place,
        taker: Option<&Taker>,
    ) {
        let left = async {
            match taker {
                Some(taker) => taker.handed.closed().await,
                None => std::future::pending().await,
            }
        };
        let connected = async {
            loop {
                self.connect(&opening, place, taker).await;
                time::sleep(place.patience.reconnect).await;
            }
        };
        tokio::select! {
            biased;
            () = left => {}
            () = connected => {}
        }
        self.lock().session = None;
        self.presence.set(Seen::Lost);
    }

    /// One connection, from its first answer to its end.
    async fn connect<'a>(
        &self,
        opening: impl Fn() -> BoxFuture<'a, Opened>,
        place: &Place,
        taker: Option<&Taker>,
    ) {
        // A broker that has just started may need a moment for its first answer.
        if let Ok(Ok(session)) = time::timeout(place.patience.lost_after, opening()).await {
            let why = self.attend(&session, place, taker).await;
            eprintln!("{}: the broker at {} is gone: {why}", place.client, place.address);
        }
        let mut connection = self.lock();
        connection.session = None;
        let lost = connection.heard.elapsed() >= place.patience.lost_after;
        drop(connection);
        self.presence.set(if lost { Seen::Lost } else { Seen::Wavering });
    }

    /// How it ended. It is there from the moment at which it has said how much it holds.
    async fn attend(
        &self,
        session: &Arc<dyn Session>,
        place: &Place,
        taker: Option<&Taker>,
    ) -> Trouble {
        if let Err(why) = self.look(&**session, place).await {
            return why;
        }
        self.lock().session = Some(session.clone());
        self.presence.set(Seen::Up);
        let pulling = async {
            match taker {
                Some(taker) => session.pull(taker).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            why = self.watch_over(&**session, place) => why,
            end = pulling => end.err().unwrap_or_else(|| trouble("it hands out nothing more")),
        }
    }

    /// Asks how much the broker holds, again and again.
    async fn watch_over(&self, session: &dyn Session, place: &Place) -> Trouble {
        loop {
            time::sleep(place.patience.ping).await;
            if let Err(why) = self.look(session, place).await {
                return why;
            }
        }
    }

    async fn look(&self, session: &dyn Session, place: &Place) -> Result<(), Trouble> {
        let asked = time::timeout(place.patience.lost_after, session.depth()).await;
        let depth = asked.unwrap_or_else(|_| Err(trouble("no answer in time")))?;
        let mut connection = self.lock();
        connection.depth = Some(depth);
        connection.heard = Instant::now();
        Ok(())
    }
}

fn open(kind: Kind, place: &Place) -> BoxFuture<'_, Opened> {
    match kind {
        Kind::RabbitMq => rabbitmq::open(place).boxed(),
        Kind::Nats => nats::open(place).boxed(),
        Kind::Redis => redis::open(place).boxed(),
    }
}

#[cfg(test)]
mod tests;
