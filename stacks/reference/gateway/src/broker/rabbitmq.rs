//! RabbitMQ: one classic queue, publisher confirms, manual acknowledgements.
//!
//! A durable queue and persistent messages: confirmed once they are synced. It cannot show a message
//! without handing it out, so a list takes the messages on a channel of its own and gives them all
//! back, in their order, by closing it.

use super::session::{Deliveries, Place, Pulled, Session, Ticket, Trouble, trouble};
use super::{GROUP, QUEUE};
use crate::message::{self, Envelope};
use crate::remote::Enqueued;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicGetOptions, BasicPublishOptions, BasicQosOptions,
    ConfirmSelectOptions, QueueDeclareOptions,
};
use lapin::types::FieldTable;
use lapin::{Acker, BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};
use std::sync::Arc;

/// AMQP 0-9-1: 2 is persistent, 1 is not.
const PERSISTENT: u8 = 2;
const TRANSIENT: u8 = 1;

struct RabbitMq {
    connection: Connection,
    publishing: Channel,
    asking: Channel,
    credit: u16,
    delivery_mode: u8,
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
    Ok(Arc::new(RabbitMq {
        connection,
        publishing,
        asking,
        credit: u16::try_from(place.credit).unwrap_or(u16::MAX),
        delivery_mode: if place.durable { PERSISTENT } else { TRANSIENT },
    }))
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

    async fn list(&self, max: usize) -> lapin::Result<Vec<Envelope>> {
        let channel = self.connection.create_channel().await?;
        let mut listed = Vec::new();
        while listed.len() < max {
            let got = channel.basic_get(QUEUE.into(), BasicGetOptions::default()).await?;
            let Some(message) = got else { break };
            listed.extend(message::decode::<Envelope>(&message.delivery.data));
        }
        channel.close(200, "listed".into()).await?;
        Ok(listed)
    }

    async fn pull(&self, deliveries: &Deliveries) -> lapin::Result<()> {
        let channel = self.connection.create_channel().await?;
        channel.basic_qos(self.credit, BasicQosOptions::default()).await?;
        let (options, none) = (BasicConsumeOptions::default(), FieldTable::default());
        let mut consumer = channel.basic_consume(QUEUE.into(), GROUP.into(), options, none).await?;
        while let Some(delivery) = consumer.next().await {
            let delivery = delivery?;
            let ticket = Delivered(delivery.acker);
            match message::decode::<Envelope>(&delivery.data) {
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

impl Session for RabbitMq {
    fn put<'a>(&'a self, message: &'a Envelope) -> BoxFuture<'a, Enqueued> {
        self.put(message).boxed()
    }

    fn depth(&self) -> BoxFuture<'_, Result<u64, Trouble>> {
        self.depth().map(|depth| depth.map_err(trouble)).boxed()
    }

    fn list(&self, max: usize) -> BoxFuture<'_, Result<Vec<Envelope>, Trouble>> {
        self.list(max).map(|listed| listed.map_err(trouble)).boxed()
    }

    fn pull<'a>(&'a self, deliveries: &'a Deliveries) -> BoxFuture<'a, Trouble> {
        let pulled = self.pull(deliveries);
        pulled
            .map(|end| end.map_or_else(trouble, |()| trouble("it hands out nothing more")))
            .boxed()
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
