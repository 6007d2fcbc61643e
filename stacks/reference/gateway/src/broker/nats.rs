//! NATS JetStream: a work-queue stream with one durable consumer.
//!
//! It knows messages by their `Nats-Msg-Id` and keeps the first of two for as long as it remembers.
//! A stream of file storage is written before it answers and synced every two minutes: what it has
//! confirmed outlives the process, and not a loss of power.

use super::session::{Place, Session, Taker, Ticket, Trouble, trouble};
use super::{GROUP, QUEUE};
use crate::message::{self, Envelope};
use crate::remote::Enqueued;
use async_nats::jetstream::consumer::{AckPolicy, pull};
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::message::{Acker, PublishMessage};
use async_nats::jetstream::stream::{
    self, LastRawMessageErrorKind, RetentionPolicy, StorageType, Stream,
};
use async_nats::jetstream::{self, AckKind, Context};
use async_nats::{Client, ConnectOptions, Event};
use futures::future::{BoxFuture, try_join_all};
use futures::{FutureExt, StreamExt};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long a repeated id is recognised.
const REMEMBERED: Duration = Duration::from_secs(120);
/// Parts of the stream that a list reads at the same time, each one message after the other.
const LISTERS: u64 = 16;

struct Nats {
    context: Context,
    stream: Stream,
    place: Place,
    broken: Broken,
}

/// The connection has ended once. The client may have made another by then, which is not ours.
type Broken = Arc<AtomicBool>;

pub(super) async fn open(place: &Place) -> Result<Arc<dyn Session>, Trouble> {
    let (client, broken) = connect(place).await?;
    let mut context = jetstream::new(client);
    context.set_timeout(place.patience.lost_after);
    let like = stream::Config {
        name: QUEUE.to_owned(),
        subjects: vec![QUEUE.to_owned()],
        retention: RetentionPolicy::WorkQueue,
        storage: if place.durable { StorageType::File } else { StorageType::Memory },
        duplicate_window: REMEMBERED,
        num_replicas: 1,
        ..Default::default()
    };
    let stream = context.get_or_create_stream(like).await.map_err(trouble)?;
    Ok(Arc::new(Nats { context, stream, place: place.clone(), broken }))
}

/// It is connected anew by whoever keeps the session, and not behind his back; never to another server
/// than the stack's link leads to, past its fault proxy.
async fn connect(place: &Place) -> Result<(Client, Broken), Trouble> {
    let broken = Broken::default();
    let seen = broken.clone();
    let options = ConnectOptions::new()
        .name(&place.client)
        .max_reconnects(1)
        .ignore_discovered_servers()
        .connection_timeout(place.patience.lost_after)
        .event_callback(move |event| {
            if matches!(event, Event::Disconnected | Event::Closed) {
                seen.store(true, Ordering::Relaxed);
            }
            std::future::ready(())
        });
    let client = options.connect(place.address.as_str()).await.map_err(trouble)?;
    Ok((client, broken))
}

impl Nats {
    async fn put(&self, message: &Envelope) -> Enqueued {
        if self.broken.load(Ordering::Relaxed) {
            return Enqueued::Not;
        }
        let stored = PublishMessage::build()
            .payload(message::encode(message))
            .message_id(message::show(message.sid));
        let Ok(sent) = self.context.send_publish(QUEUE, stored).await else {
            return Enqueued::Unsure;
        };
        match sent.await {
            Ok(_) => Enqueued::Safe,
            Err(error) if error.kind() == PublishErrorKind::StreamNotFound => Enqueued::Not,
            Err(_) => Enqueued::Unsure,
        }
    }

    async fn depth(&self) -> Result<u64, Trouble> {
        if self.broken.load(Ordering::Relaxed) {
            return Err(trouble("disconnected"));
        }
        Ok(self.stream.get_info().await.map_err(trouble)?.state.messages)
    }

    async fn list(&self) -> Result<Vec<Envelope>, Trouble> {
        let state = self.stream.get_info().await.map_err(trouble)?.state;
        let parts = parts(state.first_sequence, state.last_sequence, LISTERS);
        let listed = try_join_all(parts.into_iter().map(|part| self.list_part(part))).await?;
        Ok(listed.into_iter().flatten().collect())
    }

    async fn list_part(&self, (first, last): (u64, u64)) -> Result<Vec<Envelope>, Trouble> {
        let (mut listed, mut from) = (Vec::new(), first);
        while from <= last {
            match self.stream.get_first_raw_message_by_subject(QUEUE, from).await {
                Ok(message) if message.sequence > last => break,
                Ok(message) => {
                    from = message.sequence + 1;
                    listed.extend(message::decode::<Envelope>(&message.payload));
                }
                Err(none) if none.kind() == LastRawMessageErrorKind::NoMessageFound => break,
                Err(error) => return Err(trouble(error)),
            }
        }
        Ok(listed)
    }

    async fn pull(&self, taker: &Taker) -> Result<(), Trouble> {
        let like = pull::Config {
            durable_name: Some(GROUP.to_owned()),
            ack_policy: AckPolicy::Explicit,
            ack_wait: self.place.lease,
            max_ack_pending: i64::from(taker.credit),
            ..Default::default()
        };
        let consumer = self.stream.get_or_create_consumer(GROUP, like).await.map_err(trouble)?;
        let mut messages = consumer.messages().await.map_err(trouble)?;
        while let Some(message) = messages.next().await {
            let (stored, acker) = message.map_err(trouble)?.split();
            taker.hand_on(&stored.payload, Delivered(acker)).await?;
        }
        Ok(())
    }
}

/// At most `count` ranges that hold every number from `first` to `last`, both among them.
fn parts(first: u64, last: u64, count: u64) -> Vec<(u64, u64)> {
    let length = (last + 1).saturating_sub(first).div_ceil(count).max(1);
    let starts = (0..count).map(|part| first + part * length).filter(|start| *start <= last);
    starts.map(|start| (start, last.min(start + length - 1))).collect()
}

impl Session for Nats {
    fn put<'a>(&'a self, message: &'a Envelope) -> BoxFuture<'a, Enqueued> {
        self.put(message).boxed()
    }

    fn depth(&self) -> BoxFuture<'_, Result<u64, Trouble>> {
        self.depth().boxed()
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<Envelope>, Trouble>> {
        self.list().boxed()
    }

    fn pull<'a>(&'a self, taker: &'a Taker) -> BoxFuture<'a, Result<(), Trouble>> {
        self.pull(taker).boxed()
    }
}

/// Handed out; without a word it is handed out again after the lease.
struct Delivered(Acker);

impl Ticket for Delivered {
    fn ack(&self) -> BoxFuture<'_, ()> {
        async move {
            let _ = self.0.ack().await;
        }
        .boxed()
    }

    fn renew(&self) -> BoxFuture<'_, bool> {
        self.0.ack_with(AckKind::Progress).map(|told| told.is_ok()).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presence::Patience;
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;

    /// A server of a cluster, for one connection: it names another server, and leaves after the PING
    /// when it is told to.
    fn cluster() -> (String, std::sync::mpsc::Sender<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (leave, left) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let Ok((mut stream, _)) = listener.accept() else { return };
            drop(listener);
            let info = concat!(
                r#"INFO {"server_id":"x","server_name":"x","host":"x","port":1,"version":"2.9.0","#,
                r#""go":"x","proto":1,"max_payload":1048576,"headers":true,"client_id":1,"#,
                r#""connect_urls":["127.0.0.1:9"]}"#,
            );
            let _ = stream.write_all(format!("{info}\r\n").as_bytes());
            let lines = BufReader::new(stream.try_clone().expect("a stream")).lines();
            for _ in lines.map_while(Result::ok).filter(|line| line == "PING").take(1) {
                let _ = stream.write_all(b"PONG\r\n");
            }
            let _ = left.recv();
        });
        (address, leave)
    }

    #[tokio::test]
    async fn it_stays_with_its_own_server_and_knows_that_its_connection_broke() {
        let (address, leave) = cluster();
        let second = Duration::from_secs(1);
        let place = Place {
            address,
            durable: true,
            client: "gateway-1".to_owned(),
            lease: second,
            patience: Patience { ping: second, lost_after: 30 * second, reconnect: second },
        };
        let (client, broken) = connect(&place).await.expect("a connection");
        assert_eq!(client.server_pool().await.expect("a pool").len(), 1);
        assert!(!broken.load(Ordering::Relaxed));
        leave.send(()).expect("a server");
        let seen = async {
            while !broken.load(Ordering::Relaxed) {
                tokio::task::yield_now().await;
            }
        };
        squall_platform::time::timeout(30 * second, seen).await.expect("the end is seen");
    }

    #[test]
    fn the_parts_of_a_list_hold_every_message_once() {
        for (first, last) in [(1, 0), (1, 1), (5, 20), (1, 16), (1, 17), (900, 123_456)] {
            let parts = parts(first, last, LISTERS);
            assert!(parts.len() as u64 <= LISTERS);
            let held: Vec<u64> = parts.iter().flat_map(|(from, to)| *from..=*to).collect();
            assert_eq!(held, (first..=last).collect::<Vec<_>>());
        }
    }
}
