//! A queue as edge and gateways know it, whoever keeps it: the built-in role over frames, or a broker.
//!
//! What differs between them stays behind this door, but for one thing: only the built-in queue can
//! be told to forget a message, see [`RemoteQueue::voids`].

use crate::broker::{self, Broker, Handed, Kind, Place, Taker};
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

/// Who keeps the queues, and how long one waits for him.
pub(crate) struct Keeper {
    patience: Patience,
    /// Which broker, and what it is told; `None` for the built-in role.
    broker: Option<(Kind, Place)>,
}

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
        let patience = Patience::of(config);
        let stores = [("durable", true), ("memory", false)];
        let Some(kind) = settings::word(config, "queue", "builtin", &kinds)? else {
            return Ok(Keeper { patience, broker: None });
        };
        if config.setting("queue_buffer", 0u64)? > 0 {
            return Err("queue_buffer bounds the built-in queue alone; leave it at 0".to_owned());
        }
        let place = Place {
            address: String::new(),
            durable: settings::word(config, "store", "durable", &stores)?,
            client: config.node.clone(),
            lease: config.timer("lease", Micros::from_secs(20)).std(),
            patience,
        };
        Ok(Keeper { patience, broker: Some((kind, place)) })
    }

    /// Whether it takes a message back that went another way; else its gateway has to recognise it.
    pub(crate) fn voids(&self) -> bool {
        self.broker.is_none()
    }

    /// Keeps a connection for enqueues. `hello` is said first on each to a built-in queue.
    pub(crate) fn open(
        &self,
        node: &Node,
        address: &str,
        hello: impl Fn() -> Vec<What> + Send + Sync + 'static,
    ) -> RemoteQueue {
        match self.place(address) {
            None => {
                let hello = Box::new(hello);
                let link = Link::open(node, address.to_owned(), self.patience, None, hello);
                RemoteQueue::Frames(link)
            }
            Some((kind, place)) => RemoteQueue::Broker(Broker::open(node, kind, place, None)),
        }
    }

    /// Keeps a connection over which up to `credit` messages at a time are handed out.
    pub(crate) fn pull(&self, node: &Node, address: &str, credit: u32) -> (RemoteQueue, Source) {
        match self.place(address) {
            None => {
                let (deliveries, delivered) = mpsc::unbounded_channel();
                let hello = Box::new(move || vec![What::Pull { credit }]);
                let (address, patience) = (address.to_owned(), self.patience);
                let link = Link::open(node, address, patience, Some(deliveries), hello);
                (RemoteQueue::Frames(link.clone()), Source::Frames(link, delivered))
            }
            Some((kind, place)) => {
                let (handed, taken) = mpsc::unbounded_channel();
                let broker = Broker::open(node, kind, place, Some(Taker { credit, handed }));
                (RemoteQueue::Broker(broker), Source::Broker(taken))
            }
        }
    }

    fn place(&self, address: &str) -> Option<(Kind, Place)> {
        let (kind, place) = self.broker.as_ref()?;
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
    Broker(mpsc::UnboundedReceiver<Handed>),
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
            Source::Broker(handed) => loop {
                match handed.recv().await? {
                    Handed::Message(broker::Pulled { message, ticket }) => {
                        return Some((message, Ticket::Broker(ticket)));
                    }
                    // Who asks for the next one has taken those before.
                    Handed::Mark(tell) => {
                        let _ = tell.send(());
                    }
                }
            },
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

#[cfg(test)]
mod tests {
    use super::*;

    fn keeper(settings: &[(&str, &str)]) -> Result<Keeper, String> {
        let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let settings = settings.iter().map(own).collect();
        Keeper::of(&NodeConfig { node: "edge".into(), settings, ..NodeConfig::default() })
    }

    #[test]
    fn the_setting_says_who_keeps_the_queues() {
        let kind = |settings: &[(&str, &str)]| {
            let keeper = keeper(settings).expect("settings");
            keeper.place("x:1").map(|(kind, place)| (kind, place.address, place.durable))
        };
        assert_eq!(kind(&[("queue_buffer", "5")]), None);
        assert_eq!(kind(&[("queue", "nats")]), Some((Kind::Nats, "x:1".into(), true)));
        let memory = [("queue", "redis"), ("store", "memory")];
        assert_eq!(kind(&memory), Some((Kind::Redis, "x:1".into(), false)));
        assert!(keeper(&[]).expect("settings").voids());
        assert!(!keeper(&memory).expect("settings").voids());
    }

    #[test]
    fn what_a_broker_cannot_keep_is_said() {
        for (settings, word) in [
            ([("queue", "kafka"), ("store", "memory")], "kafka"),
            ([("queue", "redis"), ("queue_buffer", "5")], "queue_buffer"),
            ([("queue", "redis"), ("store", "somewhere")], "somewhere"),
        ] {
            let Err(told) = keeper(&settings) else { panic!("{settings:?} is taken") };
            assert!(told.contains(word), "{told}");
        }
    }
}
