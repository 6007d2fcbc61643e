//! The simulated clock: it jumps, it is one, and it does not wait for what never comes.

use squall_platform::sim::World;
use squall_platform::time::{interval, sleep, timeout};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

const SEVEN_HOURS: Duration = Duration::from_secs(7 * 3600);

#[test]
fn seven_idle_hours_with_heartbeats_take_under_a_second() {
    let wall = Instant::now();
    let beats = World::run(1, 0, |world| async move {
        let beats = Arc::new(AtomicU64::new(0));
        for number in 0..20 {
            let beats = Arc::clone(&beats);
            world.node(&format!("node-{number}")).spawn(async move {
                let mut every = interval(Duration::from_secs(30));
                loop {
                    every.tick().await;
                    beats.fetch_add(1, Relaxed);
                }
            });
        }
        sleep(SEVEN_HOURS).await;
        beats.load(Relaxed)
    });
    // Those due at the very end may come before or after the drill's own timer.
    assert!((20 * 840..=20 * 841).contains(&beats), "{beats}");
    assert!(wall.elapsed() < Duration::from_secs(1), "{:?}", wall.elapsed());
}

#[test]
fn every_node_sees_the_world_s_clock() {
    World::run(1, 1_000_000, |world| async move {
        sleep(Duration::from_millis(1500)).await;
        assert_eq!(world.now_us(), 1_500_000);
        assert_eq!(world.unix_us(), 2_500_000);
        assert_eq!(world.node("a").unix_us(), 2_500_000);
    });
}

#[test]
#[should_panic(expected = "never happens")]
fn a_drill_that_waits_for_nothing_is_told_so() {
    World::run(1, 0, |_| std::future::pending::<()>());
}

/// A client with no pause between its attempts must not stop the clock.
#[test]
fn time_passes_for_a_client_that_never_pauses() {
    World::run(1, 0, |world| async move {
        let server = world.node("server");
        let mut listener = server.bind("server:1").await.unwrap();
        server.spawn(async move { while listener.accept().await.is_ok() {} });
        for address in ["server:1", "server:2"] {
            let client = world.node("client");
            let tries = async { while client.connect(address).await.is_ok() | true {} };
            assert!(timeout(Duration::from_millis(20), tries).await.is_err());
        }
    });
}

/// Whatever a drill leaves behind, the world ends: threads, tasks and sockets among it.
#[test]
fn the_world_ends_with_the_drill() {
    let held = Arc::new(());
    let kept = Arc::clone(&held);
    let wall = Instant::now();
    World::run(1, 0, |world| async move {
        let node = world.node("a");
        let mut listener = node.bind("a:1").await.unwrap();
        let stream = node.connect("a:1").await.unwrap();
        node.spawn(async move {
            let (_kept, _stream) = (kept, stream);
            let _ = listener.accept().await;
            std::future::pending::<()>().await;
        });
        tokio::task::spawn_blocking(|| std::thread::park_timeout(Duration::from_secs(20)));
        tokio::task::yield_now().await;
    });
    assert_eq!(Arc::strong_count(&held), 1);
    assert!(wall.elapsed() < Duration::from_secs(10));
}

/// Asked for another instant, it forgets the one before; it is never early.
async fn an_alarm_rings_at_the_last_instant_it_was_told(node: squall_platform::Node) {
    let mut alarm = node.alarm();
    let hours = squall_platform::time::Instant::now() + SEVEN_HOURS;
    for wait in [0, 3, 1] {
        tokio::select! {
            biased;
            () = alarm.until(hours) => panic!("rang seven hours early"),
            () = std::future::ready(()) => {}
        }
        let at = squall_platform::time::Instant::now() + Duration::from_millis(wait);
        timeout(Duration::from_secs(60), alarm.until(at)).await.unwrap();
        assert!(squall_platform::time::Instant::now() >= at);
    }
}

#[test]
fn an_alarm_keeps_its_word_in_both_worlds() {
    World::run(1, 0, |world| an_alarm_rings_at_the_last_instant_it_was_told(world.node("a")));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let node = squall_platform::Node::real("a", std::env::temp_dir(), 1);
    runtime.block_on(an_alarm_rings_at_the_last_instant_it_was_told(node));
}
