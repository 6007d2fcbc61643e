//! What every broker has in common, against one that is a few lines.

#![allow(clippy::unwrap_used)]

use super::*;
use session::Pulled;
use squall_platform::sim::World;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::sync::{mpsc, oneshot};

const START_US: u64 = 1_768_003_200_000_000;

/// A broker that holds seven messages with one text.
#[derive(Default)]
struct Fake {
    hangs: AtomicBool,
    breaks: AtomicBool,
    lists: AtomicUsize,
    pulls: AtomicUsize,
}

struct Nothing;

impl Ticket for Nothing {
    fn ack(&self) -> BoxFuture<'_, ()> {
        std::future::ready(()).boxed()
    }

    fn renew(&self) -> BoxFuture<'_, bool> {
        std::future::ready(true).boxed()
    }
}

fn message() -> Envelope {
    let (to, from, text) = ("+1".to_owned(), "+2".to_owned(), "text".to_owned());
    Envelope { sid: 7, to, from, text, callback: None, valid_until_us: None }
}

impl Session for Fake {
    fn put<'a>(&'a self, _: &'a Envelope) -> BoxFuture<'a, Enqueued> {
        std::future::ready(Enqueued::Safe).boxed()
    }

    fn depth(&self) -> BoxFuture<'_, Result<u64, Trouble>> {
        let breaks = self.breaks.load(Ordering::Relaxed);
        std::future::ready(if breaks { Err(trouble("broken")) } else { Ok(7) }).boxed()
    }

    /// Shows each message to one list alone, as RabbitMQ does.
    fn list(&self) -> BoxFuture<'_, Result<Vec<Envelope>, Trouble>> {
        async {
            if self.hangs.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            let others = self.lists.fetch_add(1, Ordering::Relaxed);
            time::sleep(Duration::from_secs(1)).await;
            self.lists.fetch_sub(1, Ordering::Relaxed);
            Ok(vec![message(); if others == 0 { 7 } else { 0 }])
        }
        .boxed()
    }

    /// Hands out one after the other, as a broker without any bound of its own would.
    fn pull<'a>(&'a self, taker: &'a Taker) -> BoxFuture<'a, Result<(), Trouble>> {
        async {
            loop {
                self.pulls.fetch_add(1, Ordering::Relaxed);
                taker.hand_on(&crate::message::encode(&message()), Nothing).await?;
                time::sleep(Duration::from_millis(100)).await;
            }
        }
        .boxed()
    }
}

fn place() -> Place {
    let (ping, lost_after) = (Duration::from_millis(500), Duration::from_secs(2));
    Place {
        address: "fake:1".to_owned(),
        durable: true,
        client: "gateway-1".to_owned(),
        lease: Duration::from_secs(20),
        patience: crate::presence::Patience { ping, lost_after, reconnect: ping },
    }
}

/// A broker that is kept in a task; told when that has ended.
fn kept(node: &Node, fake: &Arc<Fake>, taker: Option<Taker>) -> (Broker, oneshot::Receiver<()>) {
    let broker = Broker::new();
    let (shared, fake) = (broker.shared.clone(), fake.clone());
    let (tell, told) = oneshot::channel();
    node.spawn(async move {
        let opening = || {
            let session: Arc<dyn Session> = fake.clone();
            std::future::ready(Ok(session)).boxed()
        };
        shared.keep(opening, &place(), taker.as_ref()).await;
        let _ = tell.send(());
    });
    (broker, told)
}

#[test]
fn two_lists_at_once_both_show_everything() {
    World::run(1, START_US, |world| async move {
        let (broker, _told) = kept(&world.harness_node("a"), &Arc::default(), None);
        broker.presence().up().await;
        let (one, other) = tokio::join!(broker.list(), broker.list());
        assert_eq!((one.unwrap().len(), other.unwrap().len()), (7, 7));
    });
}

#[test]
fn a_list_that_cannot_be_had_is_an_error_before_its_asker_loses_patience() {
    World::run(1, START_US, |world| async move {
        let fake = Arc::new(Fake::default());
        let (broker, _told) = kept(&world.harness_node("a"), &fake, None);
        broker.presence().up().await;
        fake.hangs.store(true, Ordering::Relaxed);
        let started = Instant::now();
        let (one, other) = tokio::join!(broker.list(), broker.list());
        assert!(one.is_err() && other.is_err());
        // See `PATIENCE` of the harness's control calls.
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        fake.hangs.store(false, Ordering::Relaxed);
        assert_eq!(broker.list().await.unwrap().len(), 7);
    });
}

#[test]
fn what_it_holds_is_known_from_its_first_answer_and_beyond_its_last() {
    World::run(1, START_US, |world| async move {
        let fake = Arc::new(Fake::default());
        fake.breaks.store(true, Ordering::Relaxed);
        let (broker, _told) = kept(&world.harness_node("a"), &fake, None);
        assert!(!broker.presence().settled().await);
        assert_eq!(broker.depth(), None);
        fake.breaks.store(false, Ordering::Relaxed);
        broker.presence().up().await;
        assert_eq!(broker.depth(), Some(7));
        fake.breaks.store(true, Ordering::Relaxed);
        while broker.presence().is_up() {
            time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(broker.depth(), Some(7));
        assert!(broker.list().await.is_err());
    });
}

#[test]
fn a_pull_ends_with_its_taker() {
    World::run(1, START_US, |world| async move {
        let fake = Arc::new(Fake::default());
        let (handed, mut taken) = mpsc::unbounded_channel();
        let taker = Taker { credit: 1, handed };
        let (broker, told) = kept(&world.harness_node("a"), &fake, Some(taker));
        let Some(Handed::Message(Pulled { message: first, .. })) = taken.recv().await else {
            panic!("no message")
        };
        assert_eq!(first, message());
        drop(taken);
        let pulled = fake.pulls.load(Ordering::Relaxed);
        time::timeout(Duration::from_secs(60), told).await.unwrap().unwrap();
        assert!(fake.pulls.load(Ordering::Relaxed) <= pulled + 1);
        assert!(!broker.presence().settled().await);
    });
}
