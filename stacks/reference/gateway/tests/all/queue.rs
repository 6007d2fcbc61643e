//! The queue alone, spoken to in frames.

use crate::stage::{START_US, config, start};
use bytes::{Bytes, BytesMut};
use squall_platform::sim::World;
use squall_platform::{Node, Stream, time};
use squall_reference::message::{self, Answer, Ask, Envelope, Reply, What};
use squall_wire::frames;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

struct Talk {
    stream: Stream,
    read: BytesMut,
}

impl Talk {
    async fn with(node: &Node) -> Talk {
        Talk { stream: node.connect("queue-1:7000").await.unwrap(), read: BytesMut::new() }
    }

    async fn ask(&mut self, number: u64, what: What) {
        let mut out = BytesMut::new();
        frames::put(&mut out, &message::encode(&Ask { number, what })).unwrap();
        self.stream.write_all(&out).await.unwrap();
    }

    /// The next frame; `None` where nothing comes within a second.
    async fn frame(&mut self) -> Option<Bytes> {
        let next = async {
            loop {
                if let Some(frame) = frames::take(&mut self.read).unwrap() {
                    return Some(frame);
                }
                if self.stream.read_buf(&mut self.read).await.unwrap() == 0 {
                    return None;
                }
            }
        };
        time::timeout(Duration::from_secs(1), next).await.ok().flatten()
    }

    async fn reply(&mut self) -> Option<Reply> {
        self.frame().await.map(|frame| message::decode::<Answer>(&frame).unwrap().what)
    }
}

fn envelope(sid: u128) -> Envelope {
    Envelope {
        sid,
        to: "+62001".into(),
        from: "1".into(),
        text: format!("text {sid}"),
        callback: None,
        valid_until_us: None,
    }
}

fn enqueue(sid: u128) -> What {
    What::Enqueue { message: envelope(sid), until_us: u64::MAX }
}

#[test]
fn messages_are_leased_acknowledged_and_handed_out_again() {
    World::run(1, START_US, |world| async move {
        let _queue = start(world.node("queue-1"), config("queue-1", &[])).await;
        let node = world.harness_node("test");
        let mut edge = Talk::with(&node).await;
        for sid in 1..=3 {
            edge.ask(sid, enqueue(u128::from(sid))).await;
            assert_eq!(edge.reply().await, Some(Reply::Done));
        }
        edge.ask(4, enqueue(2)).await;
        assert_eq!(edge.reply().await, Some(Reply::Done), "a repeat is answered for");
        edge.ask(5, What::Enqueue { message: envelope(9), until_us: START_US - 1 }).await;
        assert!(matches!(edge.reply().await, Some(Reply::Refused(_))), "it came too late");

        let delivery = |sid, again| Some(Reply::Delivery { message: envelope(sid), again });
        let mut first = Talk::with(&node).await;
        first.ask(1, What::Pull { credit: 2 }).await;
        assert_eq!(first.reply().await, delivery(1, false));
        assert_eq!(first.reply().await, delivery(2, false));
        assert_eq!(first.reply().await, None, "no credit left");
        first.ask(2, What::Ack(1)).await;
        assert_eq!(first.reply().await, delivery(3, false));
        first.ask(3, What::Nack { sid: 3, delay_ms: 300 }).await;
        assert_eq!(first.reply().await, delivery(3, true));
        drop(first);
        time::sleep(Duration::from_millis(10)).await;

        let mut second = Talk::with(&node).await;
        second.ask(1, What::Pull { credit: 9 }).await;
        assert_eq!(second.reply().await, delivery(2, true));
        assert_eq!(second.reply().await, delivery(3, true));
        time::sleep(Duration::from_millis(19_500)).await;
        assert_eq!(second.reply().await, delivery(2, true), "the lease ran out");
        for sid in [2, 3, 1] {
            second.ask(9, What::Ack(sid)).await;
        }
        edge.ask(6, enqueue(1)).await;
        assert_eq!(edge.reply().await, Some(Reply::Done));
        assert_eq!(second.reply().await, delivery(3, true));
        assert_eq!(second.reply().await, None, "what is finished is not taken again");
    });
}

#[test]
fn a_ping_is_echoed_and_nonsense_closes_the_connection_alone() {
    World::run(1, START_US, |world| async move {
        let _queue = start(world.node("queue-1"), config("queue-1", &[])).await;
        let node = world.harness_node("test");
        let mut good = Talk::with(&node).await;
        for nonsense in [&[0xFF; 64][..], &[0, 0, 0, 3, 1, 2, 3], &[0, 1]] {
            let mut bad = Talk::with(&node).await;
            bad.stream.write_all(nonsense).await.unwrap();
            bad.stream.shutdown().await.unwrap();
            assert_eq!(bad.frame().await, None);
        }
        good.stream.write_all(&[0; 4]).await.unwrap();
        assert_eq!(good.frame().await, Some(Bytes::new()));
    });
}

#[test]
fn what_took_another_way_is_dropped_before_it_is_handed_out() {
    World::run(1, START_US, |world| async move {
        let node = world.harness_node("test");
        let running = start(world.node("queue-1"), config("queue-1", &[])).await;
        let mut edge = Talk::with(&node).await;
        for sid in 1..=2 {
            edge.ask(sid, enqueue(u128::from(sid))).await;
            edge.reply().await;
        }
        world.kill("queue-1", squall_platform::sim::Death::Process);
        drop(running);
        let _queue = start(world.node("queue-1"), config("queue-1", &[])).await;
        let mut gateway = Talk::with(&node).await;
        gateway.ask(1, What::Pull { credit: 9 }).await;
        assert_eq!(gateway.reply().await, None, "it waits for the edge's word");
        let mut edge = Talk::with(&node).await;
        edge.ask(1, What::Void(vec![1])).await;
        let expected = Some(Reply::Delivery { message: envelope(2), again: true });
        assert_eq!(gateway.reply().await, expected);
        assert_eq!(gateway.reply().await, None);
    });
}
