//! What may be said of a change once the writer has told of it.

use bytes::Bytes;
use squall_platform::Node;
use squall_platform::sim::{Death, World};
use squall_role::store::{Sid, Store, Writer};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

fn value(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

fn sids(store: &Store) -> Vec<Sid> {
    store.sids(None).collect()
}

/// As the next life finds it.
fn reopen(world: &World, death: Death) -> Vec<Sid> {
    world.kill("n", death);
    sids(&Store::open(&world.node("n").disk(), "t").unwrap())
}

#[test]
fn what_is_kept_survives_a_loss_of_power_and_what_is_put_a_death() {
    World::run(1, 0, |world| async move {
        let start = || {
            let node = world.node("n");
            Writer::start(&node, Store::open(&node.disk(), "t").unwrap())
        };
        let writer = start();
        assert!(writer.keep(1, value("a"), || ()).wait().await);
        assert!(writer.keep(2, value("b"), || ()).wait().await);
        assert_eq!(reopen(&world, Death::Power), [1, 2]);
        let writer = start();
        assert!(writer.put(3, value("c")).wait().await);
        assert!(writer.remove(1).wait().await);
        assert_eq!(reopen(&world, Death::Process), [2, 3]);
    });
}

/// On a real disk, where writing takes time.
#[tokio::test]
async fn nobody_is_told_before_it_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let node = Node::real("n", dir.path().to_owned(), 1);
    let writer = Writer::start(&node, Store::open(&node.disk(), "t").unwrap());
    let journal = node.disk().open("t.journal").unwrap();
    let mut before = 0;
    for sid in 0..20 {
        assert!(writer.keep(sid, value("kept"), || ()).wait().await);
        let kept = journal.len().unwrap();
        assert!(kept > before, "kept");
        assert!(writer.put(100, value("put")).wait().await);
        let put = journal.len().unwrap();
        assert!(put > kept, "put");
        assert!(writer.remove(100).wait().await);
        before = journal.len().unwrap();
        assert!(before > put, "removed");
    }
}

#[test]
fn what_follows_from_a_change_happens_though_nobody_waits() {
    World::run(1, 0, |world| async move {
        let node = world.node("n");
        let writer = Writer::start(&node, Store::open(&node.disk(), "t").unwrap());
        let followed = Arc::new(AtomicU32::new(0));
        let follow = followed.clone();
        drop(writer.keep(1, value("a"), move || {
            follow.fetch_add(1, SeqCst);
        }));
        // Written in the order in which it was asked for.
        assert!(writer.put(2, value("b")).wait().await);
        assert_eq!(followed.load(SeqCst), 1);
    });
}

/// The disk goes with its node; the writer lives on another.
#[test]
fn what_the_disk_does_not_take_is_forgotten() {
    World::run(1, 0, |world| async move {
        let store = Store::open(&world.node("n").disk(), "t").unwrap();
        let writer = Writer::start(&world.node("other"), store);
        assert!(writer.keep(1, value("a"), || ()).wait().await);
        world.kill("n", Death::Process);
        let refused = writer.keep(2, value("b"), || panic!("it is not safe"));
        assert!(!refused.wait().await);
        assert_eq!(sids(&writer.store()), [1]);
    });
}
