//! Kill, freeze, cut and loss of power, as peers and files see them.

use squall_platform::rng::Draw;
use squall_platform::sim::{Death, World};
use squall_platform::time::{sleep, timeout};
use std::future::Future;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// An echo service on `node`, at port 7000.
async fn echo(world: &World, name: &str) {
    let node = world.node(name);
    let mut listener = node.bind(&format!("{name}:7000")).await.unwrap();
    let spawner = node.clone();
    node.spawn(async move {
        while let Ok(mut stream) = listener.accept().await {
            spawner.spawn(async move {
                let mut buf = [0; 1024];
                while let Ok(count @ 1..) = stream.read(&mut buf).await {
                    if stream.write_all(&buf[..count]).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
}

async fn ping(stream: &mut squall_platform::Stream) -> std::io::Result<()> {
    stream.write_all(b"ping").await?;
    let mut buf = [0; 4];
    stream.read_exact(&mut buf).await?;
    assert_eq!(&buf, b"ping");
    Ok(())
}

#[test]
fn a_killed_node_closes_its_sockets_and_lives_again_on_its_disk() {
    World::run(1, 0, |world| async move {
        echo(&world, "a").await;
        let sender = world.harness_node("sender");
        world.node("a").disk().open("log").unwrap().write_all_at(b"kept", 0).unwrap();
        let mut stream = sender.connect("a:7000").await.unwrap();
        ping(&mut stream).await.unwrap();
        world.kill("a", Death::Process);
        assert!(ping(&mut stream).await.is_err());
        let refused = sender.connect("a:7000").await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        echo(&world, "a").await;
        let mut stream = sender.connect("a:7000").await.unwrap();
        ping(&mut stream).await.unwrap();
        let mut kept = [0; 4];
        world.node("a").disk().open("log").unwrap().read_exact_at(&mut kept, 0).unwrap();
        assert_eq!(&kept, b"kept");
    });
}

#[test]
fn a_frozen_node_takes_connections_and_answers_when_thawed() {
    World::run(1, 0, |world| async move {
        echo(&world, "a").await;
        let sender = world.harness_node("sender");
        world.freeze("a");
        let mut stream = sender.connect("a:7000").await.unwrap();
        let silent = timeout(Duration::from_secs(5), ping(&mut stream)).await;
        assert!(silent.is_err());
        world.thaw("a");
        let mut buf = [0; 4];
        timeout(Duration::from_secs(1), stream.read_exact(&mut buf)).await.unwrap().unwrap();
        assert_eq!(&buf, b"ping");
    });
}

#[test]
fn a_cut_holds_bytes_and_connects_until_the_mend() {
    World::run(1, 0, |world| async move {
        echo(&world, "a").await;
        let sender = world.harness_node("sender");
        let mut stream = sender.connect("a:7000").await.unwrap();
        world.cut("a");
        assert!(timeout(Duration::from_secs(5), ping(&mut stream)).await.is_err());
        assert!(timeout(Duration::from_secs(5), sender.connect("a:7000")).await.is_err());
        let (met, mended) = tokio::join!(sender.connect("a:7000"), async {
            sleep(Duration::from_secs(60)).await;
            world.mend("a");
            world.now_us()
        });
        met.unwrap();
        assert_eq!(mended, 70_000_000);
        let mut buf = [0; 4];
        stream.read_exact(&mut buf).await.unwrap();
        assert_eq!(&buf, b"ping");
    });
}

/// What `held` gives within an hour, or nothing.
async fn within_an_hour<T>(held: impl Future<Output = T>) -> Option<T> {
    timeout(Duration::from_secs(3600), held).await.ok()
}

#[test]
fn a_loss_of_power_is_silence_until_the_node_is_up_again() {
    World::run(1, 0, |world| async move {
        echo(&world, "a").await;
        let sender = world.harness_node("sender");
        let mut idle = sender.connect("a:7000").await.unwrap();
        let mut busy = sender.connect("a:7000").await.unwrap();
        ping(&mut idle).await.unwrap();
        ping(&mut busy).await.unwrap();
        world.kill("a", Death::Power);
        assert_eq!(within_an_hour(ping(&mut busy)).await.map(|_| ()), None);
        assert!(within_an_hour(idle.read_u8()).await.is_none());
        assert!(within_an_hour(sender.connect("a:7000")).await.is_none());
        echo(&world, "a").await;
        // What was sent and never answered is sent again, and the new life knows nothing of it.
        let told = within_an_hour(busy.read_u8()).await.unwrap();
        assert_eq!(told.unwrap_err().kind(), ErrorKind::ConnectionReset);
        // A connection on which nothing is under way finds out only by writing.
        assert!(within_an_hour(idle.read_u8()).await.is_none());
        idle.write_all(b"x").await.unwrap();
        let told = within_an_hour(idle.read_u8()).await.unwrap();
        assert_eq!(told.unwrap_err().kind(), ErrorKind::ConnectionReset);
    });
}

#[test]
fn a_cut_holds_the_death_of_a_process_too() {
    World::run(1, 0, |world| async move {
        echo(&world, "a").await;
        let sender = world.harness_node("sender");
        let mut stream = sender.connect("a:7000").await.unwrap();
        ping(&mut stream).await.unwrap();
        world.cut("a");
        world.kill("a", Death::Process);
        assert!(within_an_hour(stream.read_u8()).await.is_none());
        world.mend("a");
        assert_eq!(stream.read_u8().await.unwrap_err().kind(), ErrorKind::UnexpectedEof);
    });
}

#[test]
fn a_cut_node_still_talks_to_itself_and_both_cuts_must_be_mended() {
    World::run(1, 0, |world| async move {
        echo(&world, "a").await;
        echo(&world, "b").await;
        let mut between = world.node("b").connect("a:7000").await.unwrap();
        world.cut("a");
        let mut inside = world.node("a").connect("localhost:7000").await.unwrap();
        ping(&mut inside).await.unwrap();
        world.cut("b");
        world.mend("a");
        assert!(within_an_hour(ping(&mut between)).await.is_none());
        world.mend("b");
        let mut buf = [0; 4];
        between.read_exact(&mut buf).await.unwrap();
    });
}

/// Counts in steps of a millisecond; gives its count away on request.
fn counter(node: &squall_platform::Node) -> Arc<AtomicU64> {
    let count = Arc::new(AtomicU64::new(0));
    let shared = Arc::clone(&count);
    node.spawn(async move {
        loop {
            sleep(Duration::from_millis(1)).await;
            shared.fetch_add(1, Relaxed);
        }
    });
    count
}

#[test]
fn a_frozen_node_does_nothing_and_a_dead_one_never_again() {
    World::run(1, 0, |world| async move {
        let count = counter(&world.node("a"));
        sleep(Duration::from_millis(100)).await;
        let mut before = count.load(Relaxed);
        assert!(before >= 99);
        for _ in 0..3 {
            world.freeze("a");
            sleep(Duration::from_secs(10)).await;
            assert_eq!(count.load(Relaxed), before);
            // Thawed for no time at all: the tasks must not be forgotten.
            world.thaw("a");
            world.freeze("a");
            sleep(Duration::from_secs(10)).await;
            assert_eq!(count.load(Relaxed), before);
            world.thaw("a");
            sleep(Duration::from_millis(100)).await;
            assert!((before + 90..before + 110).contains(&count.load(Relaxed)));
            before = count.load(Relaxed);
        }
        world.freeze("a");
        world.kill("a", Death::Process);
        world.thaw("a");
        sleep(Duration::from_secs(10)).await;
        assert_eq!(count.load(Relaxed), before);
        assert_eq!(Arc::strong_count(&count), 1);
    });
}

#[test]
fn thawed_tasks_run_in_the_order_in_which_they_were_woken() {
    World::run(1, 0, |world| async move {
        let node = world.node("a");
        let order = Arc::new(Mutex::new(Vec::new()));
        for place in 0..50u64 {
            let order = Arc::clone(&order);
            node.spawn(async move {
                sleep(Duration::from_millis(1 + place * 7 % 50)).await;
                order.lock().unwrap().push(place * 7 % 50);
            });
        }
        tokio::task::yield_now().await;
        world.freeze("a");
        sleep(Duration::from_secs(1)).await;
        world.thaw("a");
        sleep(Duration::from_secs(1)).await;
        assert_eq!(*order.lock().unwrap(), (0..50).collect::<Vec<_>>());
    });
}

#[test]
fn the_state_reads_back_what_was_done_and_the_harness_is_spared() {
    World::run(1, 0, |world| async move {
        let state = |name: &str| {
            let state = world.state(name).unwrap();
            (state.alive, state.frozen, state.cut)
        };
        assert!(world.state("a").is_none());
        world.kill("a", Death::Process);
        world.node("a");
        world.freeze("a");
        world.cut("a");
        assert_eq!(state("a"), (true, true, true));
        world.kill("a", Death::Power);
        assert_eq!(state("a"), (false, false, true));
        world.mend("a");
        world.node("a");
        assert_eq!(state("a"), (true, false, false));
        world.harness_node("sender");
        world.kill("sender", Death::Process);
        world.freeze("sender");
        world.cut("sender");
        assert_eq!(state("sender"), (true, false, false));
    });
}

#[test]
fn a_new_life_draws_anew() {
    World::run(1, 0, |world| async move {
        let draw = || world.node("a").rng("ids").random::<u64>();
        let first = draw();
        assert_eq!(first, draw());
        world.kill("a", Death::Process);
        assert_ne!(first, draw());
    });
}

#[test]
fn a_full_backlog_makes_connects_wait() {
    World::run(1, 0, |world| async move {
        let mut listener = world.node("a").bind("a:1").await.unwrap();
        let sender = world.harness_node("sender");
        let mut held = Vec::new();
        for _ in 0..1024 {
            held.push(sender.connect("a:1").await.unwrap());
        }
        assert!(within_an_hour(sender.connect("a:1")).await.is_none());
        let (met, accepted) = tokio::join!(biased; sender.connect("a:1"), listener.accept());
        met.unwrap();
        drop(accepted.unwrap());
        let (refused, ()) = tokio::join!(biased; sender.connect("a:1"), async { drop(listener) });
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        assert_eq!(held[0].read_u8().await.unwrap_err().kind(), ErrorKind::UnexpectedEof);
        assert_eq!(held[1].read_u8().await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    });
}

#[test]
fn a_dead_node_s_door_is_shut() {
    World::run(1, 0, |world| async move {
        let node = world.node("a");
        world.kill("a", Death::Process);
        assert!(node.bind("a:1").await.is_err());
        assert!(node.connect("a:1").await.is_err());
        let ran = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&ran);
        node.spawn(async move { count.store(1, Relaxed) }).join().await;
        assert_eq!(ran.load(Relaxed), 0);
    });
}
