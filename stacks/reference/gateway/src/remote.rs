//! A queue as edge and gateways know it, whoever keeps it: the built-in role over frames, or a broker.
//!
//! What differs between them stays behind this door, but for one thing: only the built-in queue can
//! be told to forget a message, see [`RemoteQueue::voids`].

use crate::broker::{self, Broker, Kind, Place};
use crate::link::{CallError, Link};
use crate::message::{Envelope, Reply, Sid, What};
use crate::presence::{Patience, Presence};
use squall_model::node_config::NodeConfig;
use squall_model::units::Micros;
use squall_platform::Node;
use squall_role::settings;
use std::time::Duration;
use tokio::sync::mpsc;

/// What became of an enqueue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Enqueued {
    /// It is as safe as the queue's `store` promises.
    Safe,
    Not,
    /// It may be there. To ask again is harmless: the gateway's ledger recognises a second copy.
    Unsure,
}

#[derive(Clone)]
pub(crate) enum RemoteQueue {
    Frames(Link),
    Broker(Broker),
}

/// Which broker keeps the queues, and what it is told; `None` for the built-in role.
pub(crate) struct Keeper(Option<(Kind, Place)>);

impl Keeper {
    /// # Errors
    /// A setting that does not read, or that this broker cannot keep.
    pub(crate) fn of(config: &NodeConfig) -> Result<Keeper, String> {
        let kinds = [
            ("builtin", None),
            ("rabbitmq", Some(Kind::RabbitMq)),
            ("nats", Some(Kind::Nats)),
            ("redis", Some(Kind::Redis)),
        ];
        let stores = [("durable", true), ("memory", false)];
        let Some(kind) = settings::word(config, "queue", "builtin", &kinds)? else {
            return Ok(Keeper(None));
        };
        if config.setting("queue_buffer", 0u64)? > 0 {
            return Err("queue_buffer bounds the built-in queue alone; leave it at 0".to_owned());
        }
        let place = Place {
            address: String::new(),
            durable: settings::word(config, "store", "durable", &stores)?,
            credit: settings::number(config, "workers", 64, 1..=4096)?,
            client: config.node.clone(),
            lease: config.timer("lease", Micros::from_secs(20)).std(),
            patience: Patience::of(config),
        };
        Ok(Keeper(Some((kind, place))))
    }

    /// Whether it takes a message back that went another way; else its gateway has to recognise it.
    pub(crate) fn voids(&self) -> bool {
        self.0.is_none()
    }

    /// Keeps a connection for enqueues. `hello` is said first on each to a built-in queue.
    pub(crate) fn open(
        &self,
        node: &Node,
        address: &str,
        patience: Patience,
        hello: impl Fn() -> Vec<What> + Send + Sync + 'static,
    ) -> RemoteQueue {
        match self.place(address) {
            None => {
                let hello = Box::new(hello);
                let link = Link::open(node, address.to_owned(), patience, None, hello);
                RemoteQueue::Frames(link)
            }
            Some((kind, place)) => RemoteQueue::Broker(Broker::open(node, kind, place, None)),
        }
    }

    /// Keeps a connection over which up to `credit` messages at a time are handed out.
    pub(crate) fn pull(
        &self,
        node: &Node,
        address: &str,
        patience: Patience,
        credit: u32,
    ) -> (RemoteQueue, Source) {
        match self.place(address) {
            None => {
                let (deliveries, delivered) = mpsc::unbounded_channel();
                let hello = Box::new(move || vec![What::Pull { credit }]);
                let link = Link::open(node, address.to_owned(), patience, Some(deliveries), hello);
                (RemoteQueue::Frames(link.clone()), Source::Frames(link, delivered))
            }
            Some((kind, place)) => {
                let (deliveries, delivered) = mpsc::unbounded_channel();
                let broker = Broker::open(node, kind, place, Some(deliveries));
                (RemoteQueue::Broker(broker), Source::Broker(delivered))
            }
        }
    }

    fn place(&self, address: &str) -> Option<(Kind, Place)> {
        let (kind, place) = self.0.as_ref()?;
        Some((*kind, Place { address: address.to_owned(), ..place.clone() }))
    }
}

impl RemoteQueue {
    /// Asks it to keep a message. To ask again is harmless.
    pub(crate) async fn enqueue(
        &self,
        node: &Node,
        message: &Envelope,
        timeout: Duration,
    ) -> Enqueued {
        if !self.presence().settled().await {
            return Enqueued::Not;
        }
        let link = match self {
            RemoteQueue::Broker(broker) => return broker.put(message, timeout).await,
            RemoteQueue::Frames(link) => link,
        };
        let until_us = node.unix_us().saturating_add(timeout.as_micros() as u64);
        let what = What::Enqueue { message: message.clone(), until_us };
        match link.call(what, timeout).await {
            Ok(Reply::Done) => Enqueued::Safe,
            Ok(Reply::Unknown(_)) | Err(CallError::Indeterminate(_)) => Enqueued::Unsure,
            Ok(_) | Err(CallError::NotSent(_)) => Enqueued::Not,
        }
    }

    pub(crate) fn presence(&self) -> &Presence {
        match self {
            RemoteQueue::Frames(link) => link.presence(),
            RemoteQueue::Broker(broker) => broker.presence(),
        }
    }
}

/// What a queue hands out, one by one.
pub(crate) enum Source {
    Frames(Link, mpsc::UnboundedReceiver<(Envelope, bool)>),
    Broker(mpsc::UnboundedReceiver<broker::Pulled>),
}

impl Source {
    /// `None`: nothing will come any more.
    pub(crate) async fn next(&mut self) -> Option<(Envelope, Ticket)> {
        match self {
            Source::Frames(link, delivered) => {
                let (message, _) = delivered.recv().await?;
                let ticket = Ticket::Frames(link.clone(), message.sid);
                Some((message, ticket))
            }
            Source::Broker(delivered) => {
                let broker::Pulled { message, ticket } = delivered.recv().await?;
                Some((message, Ticket::Broker(ticket)))
            }
        }
    }
}

/// What a message is given back with.
pub(crate) enum Ticket {
    Frames(Link, Sid),
    Broker(Box<dyn broker::Ticket>),
}

impl Ticket {
    /// Done with it. Where that does not reach the queue, it hands the message out again.
    pub(crate) async fn ack(&self) {
        match self {
            Ticket::Frames(link, sid) => {
                link.tell(What::Ack(*sid));
            }
            Ticket::Broker(ticket) => ticket.ack().await,
        }
    }

    /// Not now. True: it has rested here and is to be carried again; false: the queue hands it out
    /// again by itself.
    pub(crate) async fn rest(&self, pause: Duration) -> bool {
        match self {
            Ticket::Frames(link, sid) => {
                link.tell(What::Nack { sid: *sid, delay_ms: pause.as_millis() as u64 });
                false
            }
            Ticket::Broker(ticket) => {
                squall_platform::time::sleep(pause).await;
                ticket.renew().await
            }
        }
    }

    /// Another copy of it is being carried. A queue of ours waits for that one by its lease; a broker
    /// knows its copies apart, so this one is looked at again after `pause`.
    pub(crate) async fn yield_to_other(&self, pause: Duration) -> bool {
        match self {
            Ticket::Frames(..) => false,
            Ticket::Broker(_) => self.rest(pause).await,
        }
    }
}
