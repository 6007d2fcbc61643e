//! Redis: a stream with one consumer group.
//!
//! An entry is deleted with its acknowledgement, so the stream is what waits. What a gateway had and
//! did not acknowledge is its own in the next connection too; what another one left behind is claimed
//! after the lease. Redis does not recognise a repeated message.

use super::session::{Place, Session, Taker, Ticket, Trouble, trouble};
use super::{GROUP, QUEUE};
use crate::message::{self, Envelope};
use crate::remote::Enqueued;
use futures::FutureExt;
use futures::future::BoxFuture;
use redis::aio::MultiplexedConnection;
use redis::streams::{
    StreamAutoClaimOptions, StreamAutoClaimReply, StreamId, StreamRangeReply, StreamReadOptions,
    StreamReadReply,
};
use redis::{AsyncCommands, AsyncConnectionConfig, Client, RedisError, RedisResult};
use squall_platform::time::Instant;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The one field of an entry.
const FIELD: &str = "m";
/// Entries that a list asks for at a time.
const PAGE: usize = 1_000;
/// How long a read waits for something new.
const BLOCK: Duration = Duration::from_secs(1);

struct Redis {
    client: Client,
    connection: MultiplexedConnection,
    place: Place,
}

pub(super) async fn open(place: &Place) -> Result<Arc<dyn Session>, Trouble> {
    let client = Client::open(format!("redis://{}/", place.address)).map_err(trouble)?;
    let connection = connect(&client, place, Duration::ZERO).await.map_err(trouble)?;
    Ok(Arc::new(Redis { client, connection, place: place.clone() }))
}

async fn connect(
    client: &Client,
    place: &Place,
    block: Duration,
) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(place.patience.lost_after))
        .set_response_timeout(Some(place.patience.lost_after + block));
    client.get_multiplexed_async_connection_with_config(&config).await
}

impl Redis {
    async fn put(&self, message: &Envelope) -> Enqueued {
        let entry = [(FIELD, &message::encode(message)[..])];
        let added = self.connection.clone().xadd(QUEUE, "*", &entry).await;
        match added {
            Ok(Some::<String>(_)) => Enqueued::Safe,
            Ok(None) => Enqueued::Not,
            Err(error) if is_refusal(&error) => Enqueued::Not,
            Err(_) => Enqueued::Unsure,
        }
    }

    async fn list(&self) -> RedisResult<Vec<Envelope>> {
        let mut connection = self.connection.clone();
        let (mut listed, mut from) = (Vec::new(), "-".to_owned());
        loop {
            let page: StreamRangeReply = connection.xrange_count(QUEUE, &from, "+", PAGE).await?;
            listed.extend(
                page.ids.iter().filter_map(|entry| message::decode::<Envelope>(&payload(entry))),
            );
            match page.ids.last() {
                Some(last) if page.ids.len() == PAGE => from = format!("({}", last.id),
                _ => return Ok(listed),
            }
        }
    }

    async fn pull(&self, taker: &Taker) -> Result<(), Trouble> {
        // A read that waits would hold up what is asked over the same connection.
        let connection = connect(&self.client, &self.place, BLOCK).await.map_err(trouble)?;
        let mut reader = Reader {
            connection,
            place: self.place.clone(),
            own: Some("0".to_owned()),
            claim_at: Instant::now(),
        };
        reader.join().await.map_err(trouble)?;
        let slots = Arc::new(Semaphore::new(taker.credit as usize));
        let in_hand: InHand = Arc::default();
        loop {
            let Ok(first) = slots.clone().acquire_owned().await else { return Ok(()) };
            let mut permits = vec![first];
            permits.extend(std::iter::from_fn(|| slots.clone().try_acquire_owned().ok()));
            for entry in reader.read(permits.len()).await.map_err(trouble)? {
                // A claim brings back what is being carried here.
                if !lock(&in_hand).insert(entry.id.clone()) {
                    continue;
                }
                let ticket = Delivered {
                    connection: self.connection.clone(),
                    id: entry.id.clone(),
                    in_hand: Arc::downgrade(&in_hand),
                    _slot: permits.pop(),
                };
                taker.hand_on(&payload(&entry), ticket).await?;
            }
        }
    }
}

/// The server has answered that it did not do it. All other errors leave that open.
fn is_refusal(error: &RedisError) -> bool {
    error.code().is_some()
}

/// Takes entries for one consumer of the group.
struct Reader {
    connection: MultiplexedConnection,
    place: Place,
    /// Up to which entry it has read what it was handed out before; `None` once it has all.
    own: Option<String>,
    /// When to look again for what others left behind.
    claim_at: Instant,
}

impl Reader {
    /// The group takes everything from the stream's beginning, whoever was here first.
    async fn join(&mut self) -> RedisResult<()> {
        let made: RedisResult<()> = self.connection.xgroup_create_mkstream(QUEUE, GROUP, "0").await;
        let there = |error: &RedisError| error.code() == Some("BUSYGROUP");
        made.or_else(|error| if there(&error) { Ok(()) } else { Err(error) })
    }

    /// At most `count` entries: first its own of an earlier connection, then others', then new ones.
    async fn read(&mut self, count: usize) -> RedisResult<Vec<StreamId>> {
        if let Some(after) = self.own.take() {
            let entries = self.read_from(&after, count).await?;
            self.own = entries.last().map(|last| last.id.clone());
            return Ok(entries);
        }
        if self.claim_at <= Instant::now() {
            self.claim_at = Instant::now() + self.place.lease;
            return self.claim(count).await;
        }
        self.read_from(">", count).await
    }

    async fn read_from(&mut self, from: &str, count: usize) -> RedisResult<Vec<StreamId>> {
        let options = StreamReadOptions::default()
            .group(GROUP, &self.place.client)
            .count(count)
            .block(BLOCK.as_millis() as usize);
        let read: Option<StreamReadReply> =
            self.connection.xread_options(&[QUEUE], &[from], &options).await?;
        Ok(read.into_iter().flat_map(|reply| reply.keys).flat_map(|key| key.ids).collect())
    }

    async fn claim(&mut self, count: usize) -> RedisResult<Vec<StreamId>> {
        let options = StreamAutoClaimOptions::default().count(count);
        let idle_ms = self.place.lease.as_millis() as usize;
        let claimed: StreamAutoClaimReply = self
            .connection
            .xautoclaim_options(QUEUE, GROUP, &self.place.client, idle_ms, "0-0", options)
            .await?;
        Ok(claimed.claimed)
    }
}

fn payload(entry: &StreamId) -> Vec<u8> {
    entry.get(FIELD).unwrap_or_default()
}

impl Session for Redis {
    fn put<'a>(&'a self, message: &'a Envelope) -> BoxFuture<'a, Enqueued> {
        self.put(message).boxed()
    }

    fn depth(&self) -> BoxFuture<'_, Result<u64, Trouble>> {
        async { self.connection.clone().xlen(QUEUE).await.map_err(trouble) }
            .map(|length: Result<usize, Trouble>| length.map(|length| length as u64))
            .boxed()
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<Envelope>, Trouble>> {
        self.list().map(|listed| listed.map_err(trouble)).boxed()
    }

    fn pull<'a>(&'a self, taker: &'a Taker) -> BoxFuture<'a, Result<(), Trouble>> {
        self.pull(taker).boxed()
    }
}

/// Entries handed out over one connection and not given back.
type InHand = Arc<Mutex<BTreeSet<String>>>;

fn lock(in_hand: &InHand) -> MutexGuard<'_, BTreeSet<String>> {
    in_hand.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An entry that this gateway is the owner of until it acknowledges it.
struct Delivered {
    connection: MultiplexedConnection,
    id: String,
    in_hand: Weak<Mutex<BTreeSet<String>>>,
    /// Given back with the ticket.
    _slot: Option<OwnedSemaphorePermit>,
}

impl Ticket for Delivered {
    fn ack(&self) -> BoxFuture<'_, ()> {
        async move {
            let mut connection = self.connection.clone();
            let mut both = redis::pipe();
            both.atomic().xack(QUEUE, GROUP, &[&self.id]).xdel(QUEUE, &[&self.id]);
            let _: RedisResult<()> = both.query_async(&mut connection).await;
        }
        .boxed()
    }

    /// As long as its connection's reader is there, no claim hands it out a second time.
    fn renew(&self) -> BoxFuture<'_, bool> {
        std::future::ready(self.in_hand.strong_count() > 0).boxed()
    }
}

impl Drop for Delivered {
    fn drop(&mut self) {
        if let Some(in_hand) = self.in_hand.upgrade() {
            lock(&in_hand).remove(&self.id);
        }
    }
}
