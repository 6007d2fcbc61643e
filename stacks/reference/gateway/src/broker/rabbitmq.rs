//! RabbitMQ: one classic queue, publisher confirms, manual acknowledgements.
//!
//! A durable queue and persistent messages: confirmed once they are synced. It cannot show a message
//! without handing it out, so a list takes the messages on channels of its own and gives them all
//! back, in their order, by closing those.

use super::session::{Handed, Place, Session, Taker, Ticket, Trouble, trouble};
use super::{GROUP, QUEUE};
use crate::message::{self, Envelope};
use crate::remote::Enqueued;
use futures::future::{BoxFuture, try_join_all};
use futures::{FutureExt, StreamExt};
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicGetOptions, BasicPublishOptions, BasicQosOptions,
    ConfirmSelectOptions, QueueDeclareOptions,
};
use lapin::types::FieldTable;
use lapin::{Acker, BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};
use std::sync::Arc;
use tokio::sync::{Mutex, mpsc, oneshot};

/// AMQP 0-9-1: 2 is persistent, 1 is not.
const PERSISTENT: u8 = 2;
const TRANSIENT: u8 = 1;
/// Channels that a list takes messages over: each takes one at a time.
const LISTERS: usize = 16;

struct RabbitMq {
    connection: Connection,
    publishing: Channel,
    asking: Channel,
    delivery_mode: u8,
    marks: Marks,
}

/// From a list to the pull: tell when all that has come has been taken.
struct Marks {
    ask: mpsc::UnboundedSender<oneshot::Sender<()>>,
    asked: Mutex<mpsc::UnboundedReceiver<oneshot::Sender<()>>>,
}

pub(super) async fn open(place: &Place) -> Result<Arc<dyn Session>, Trouble> {
    let uri = format!("amqp://guest:guest@{}/%2f?heartbeat=2", place.address);
    let named = ConnectionProperties::default().with_connection_name(place.client.as_str().into());
    let connection = Connection::connect(&uri, named).await.map_err(trouble)?;
    let publishing = connection.create_channel().await.map_err(trouble)?;
    publishing.confirm_select(ConfirmSelectOptions::default()).await.map_err(trouble)?;
    let like = QueueDeclareOptions { durable: place.durable, ..Default::default() };
    let declared = publishing.queue_declare(QUEUE.into(), like, FieldTable::default());
    declared.await.map_err(trouble)?;
    let asking = connection.create_channel().await.map_err(trouble)?;
    let delivery_mode = if place.durable { PERSISTENT } else { TRANSIENT };
    let (ask, asked) = mpsc::unbounded_channel();
    let marks = Marks { ask, asked: Mutex::new(asked) };
    Ok(Arc::new(RabbitMq { connection, publishing, asking, delivery_mode, marks }))
}

impl RabbitMq {
    async fn put(&self, message: &Envelope) -> Enqueued {
        let properties = BasicProperties::default()
            .with_delivery_mode(self.delivery_mode)
            .with_message_id(message::show(message.sid).into());
        // What no queue takes comes back, and would be confirmed all the same.
        let options = BasicPublishOptions { mandatory: true, ..Default::default() };
        let payload = message::encode(message);
        let sent =
            self.publishing.basic_publish("".into(), QUEUE.into(), options, &payload, properties);
        let Ok(confirm) = sent.await else { return Enqueued::Unsure };
        match confirm.await {
            Ok(Confirmation::Ack(None)) => Enqueued::Safe,
            Ok(Confirmation::Ack(Some(_))) => Enqueued::Not,
            Ok(Confirmation::Nack(_) | Confirmation::NotRequested) | Err(_) => Enqueued::Unsure,
        }
    }

    /// Ready messages: RabbitMQ does not count those that are handed out.
    async fn depth(&self) -> lapin::Result<u64> {
        let look = QueueDeclareOptions { passive: true, ..Default::default() };
        let queue = self.asking.queue_declare(QUEUE.into(), look, FieldTable::default()).await?;
        Ok(u64::from(queue.message_count()))
    }

    /// Closed only when all have come to the queue's end: what one gives back another would take again.
    async fn list(&self) -> Result<Vec<Envelope>, Trouble> {
        let opened = try_join_all((0..LISTERS).map(|_| self.connection.create_channel())).await;
        let channels = opened.map_err(trouble)?;
        let taken = try_join_all(channels.iter().map(take_all)).await.map_err(trouble)?;
        self.all_taken().await?;
        let closed = channels.iter().map(|channel| channel.close(200, "listed".into()));
        try_join_all(closed).await.map_err(trouble)?;
        Ok(taken.into_iter().flatten().collect())
    }

    /// What was handed out before is on its way through this process: neither in the queue nor yet
    /// with its taker. Waits until the taker has it.
    async fn all_taken(&self) -> Result<(), Trouble> {
        let (tell, told) = oneshot::channel();
        self.marks.ask.send(tell).map_err(trouble)?;
        told.await.map_err(trouble)
    }

    async fn pull(&self, taker: &Taker) -> Result<(), Trouble> {
        let channel = self.connection.create_channel().await.map_err(trouble)?;
        let credit = u16::try_from(taker.credit).unwrap_or(u16::MAX);
        channel.basic_qos(credit, BasicQosOptions::default()).await.map_err(trouble)?;
        let (options, none) = (BasicConsumeOptions::default(), FieldTable::default());
        let consuming = channel.basic_consume(QUEUE.into(), GROUP.into(), options, none);
        let mut consumer = consuming.await.map_err(trouble)?;
        let mut asked = self.marks.asked.lock().await;
        loop {
            // A mark goes behind all that has come.
            tokio::select! {
                biased;
                next = consumer.next() => {
                    let Some(delivery) = next else { return Ok(()) };
                    let delivery = delivery.map_err(trouble)?;
                    taker.hand_on(&delivery.data, Delivered(delivery.acker)).await?;
                }
                Some(mark) = asked.recv() => taker.send(Handed::Mark(mark))?,
            }
        }
    }
}

/// Takes messages until there are none.
async fn take_all(channel: &Channel) -> lapin::Result<Vec<Envelope>> {
    let mut taken = Vec::new();
    while let Some(message) = channel.basic_get(QUEUE.into(), BasicGetOptions::default()).await? {
        taken.extend(message::decode::<Envelope>(&message.delivery.data));
    }
    Ok(taken)
}

impl Session for RabbitMq {
    fn put<'a>(&'a self, message: &'a Envelope) -> BoxFuture<'a, Enqueued> {
        self.put(message).boxed()
    }

    fn depth(&self) -> BoxFuture<'_, Result<u64, Trouble>> {
        self.depth().map(|depth| depth.map_err(trouble)).boxed()
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<Envelope>, Trouble>> {
        self.list().boxed()
    }

    fn pull<'a>(&'a self, taker: &'a Taker) -> BoxFuture<'a, Result<(), Trouble>> {
        self.pull(taker).boxed()
    }
}

/// Handed out on a channel; whatever is not acknowledged there comes back when the channel is gone.
struct Delivered(Acker);

impl Ticket for Delivered {
    fn ack(&self) -> BoxFuture<'_, ()> {
        async move {
            let _ = self.0.ack(BasicAckOptions::default()).await;
        }
        .boxed()
    }

    fn renew(&self) -> BoxFuture<'_, bool> {
        std::future::ready(self.0.usable()).boxed()
    }
}
