//! NATS JetStream: a work-queue stream with one durable consumer.
//!
//! It knows messages by their `Nats-Msg-Id` and keeps the first of two for as long as it remembers.
//! A stream of file storage is written before it answers and synced every two minutes: what it has
//! confirmed outlives the process, and not a loss of power.

use super::session::{Deliveries, Place, Pulled, Session, Ticket, Trouble, trouble};
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
use async_nats::{ConnectOptions, connection};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use std::sync::Arc;
use std::time::Duration;

/// How long a repeated id is recognised.
const REMEMBERED: Duration = Duration::from_secs(120);

struct Nats {
    context: Context,
    stream: Stream,
    place: Place,
}

pub(super) async fn open(place: &Place) -> Result<Arc<dyn Session>, Trouble> {
    // It is connected anew here, and not behind our back.
    let options = ConnectOptions::new()
        .name(&place.client)
        .max_reconnects(1)
        .connection_timeout(place.patience.lost_after);
    let client = options.connect(place.address.as_str()).await.map_err(trouble)?;
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
    Ok(Arc::new(Nats { context, stream, place: place.clone() }))
}

impl Nats {
    async fn put(&self, message: &Envelope) -> Enqueued {
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
        if self.context.client().connection_state() == connection::State::Disconnected {
            return Err(trouble("disconnected"));
        }
        Ok(self.stream.get_info().await.map_err(trouble)?.state.messages)
    }

    async fn list(&self, max: usize) -> Result<Vec<Envelope>, Trouble> {
        let (mut listed, mut from) = (Vec::new(), 1);
        while listed.len() < max {
            match self.stream.get_first_raw_message_by_subject(QUEUE, from).await {
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

    async fn pull(&self, deliveries: &Deliveries) -> Result<(), Trouble> {
        let like = pull::Config {
            durable_name: Some(GROUP.to_owned()),
            ack_policy: AckPolicy::Explicit,
            ack_wait: self.place.lease,
            max_ack_pending: i64::from(self.place.credit),
            ..Default::default()
        };
        let consumer = self.stream.get_or_create_consumer(GROUP, like).await.map_err(trouble)?;
        let mut messages = consumer.messages().await.map_err(trouble)?;
        while let Some(message) = messages.next().await {
            let (stored, acker) = message.map_err(trouble)?.split();
            let ticket = Delivered(acker);
            match message::decode::<Envelope>(&stored.payload) {
                Some(message) => {
                    let _ = deliveries.send(Pulled { message, ticket: Box::new(ticket) });
                }
                // Nobody can read it, so nobody can send it.
                None => ticket.ack().await,
            }
        }
        Ok(())
    }
}

impl Session for Nats {
    fn put<'a>(&'a self, message: &'a Envelope) -> BoxFuture<'a, Enqueued> {
        self.put(message).boxed()
    }

    fn depth(&self) -> BoxFuture<'_, Result<u64, Trouble>> {
        self.depth().boxed()
    }

    fn list(&self, max: usize) -> BoxFuture<'_, Result<Vec<Envelope>, Trouble>> {
        self.list(max).boxed()
    }

    fn pull<'a>(&'a self, deliveries: &'a Deliveries) -> BoxFuture<'a, Trouble> {
        let pulled = self.pull(deliveries);
        pulled.map(|end| end.err().unwrap_or_else(|| trouble("it hands out nothing more"))).boxed()
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
