//! Queues, gateways and the edge die; what was accepted is not lost, or openly so.

use crate::stage::{Answered, START_US, Stage};
use squall_platform::sim::{Death, World};
use squall_platform::time;
use std::collections::BTreeMap;
use std::time::Duration;

type Setting = (&'static str, &'static str);

/// 20 s of traffic at 50/s; queue-1 dies after 5 s and starts again after `dead`.
async fn without_queue(world: &World, settings: &[Setting], dead: u64) -> Stage {
    let mut stage = Stage::raise(world, settings).await;
    let sender = stage.sender.clone();
    let sending =
        world.harness_node("sender").spawn(async move { sender.send(0..1000, 50.0).await });
    time::sleep(Duration::from_secs(5)).await;
    stage.kill("queue-1", Death::Process);
    time::sleep(Duration::from_secs(dead)).await;
    stage.start("queue-1").await;
    sending.join().await;
    stage
}

async fn delivered(stage: &Stage) -> BTreeMap<u64, u32> {
    let mut all = stage.delivered("smartfren").await;
    for (m, times) in stage.delivered("vendor-b").await {
        *all.entry(m).or_insert(0) += times;
    }
    all
}

#[test]
fn hold_keeps_what_no_queue_takes_and_hands_it_over() {
    World::run(1, START_US, |world| async move {
        let stage = without_queue(&world, &[("backlog_rate", "20")], 10).await;
        assert_eq!(stage.sender.accepted().len(), 1000);
        assert!(stage.until(60, |sender| sender.unheard() == 0).await);
        let delivered = delivered(&stage).await;
        assert!(delivered.len() == 1000 && delivered.values().all(|times| *times == 1));
    });
}

#[test]
fn oldest_first_makes_new_messages_wait_behind_the_backlog() {
    let age_of_fresh = |order: &'static str| {
        World::run(1, START_US, |world| async move {
            let settings = [("backlog_rate", "30"), ("backlog_order", order)];
            let stage = without_queue(&world, &settings, 10).await;
            // Five seconds after the queue came back, 15 new messages a second for its region.
            let waits = stage.get("edge:9000", "/health").await.1["backlog"].as_u64().unwrap();
            assert!(stage.until(60, |sender| sender.unheard() == 0).await);
            waits
        })
    };
    let (fresh, oldest) = (age_of_fresh("fresh-first"), age_of_fresh("oldest-first"));
    assert!(fresh < 40 && oldest > fresh + 40, "{oldest} against {fresh}");
}

#[test]
fn reject_refuses_openly_and_keeps_nothing() {
    World::run(1, START_US, |world| async move {
        let stage = without_queue(&world, &[("on_queue_loss", "reject")], 10).await;
        let refused = stage.sender.refused();
        assert!((50..160).contains(&refused), "{refused}");
        assert_eq!(stage.sender.accepted().len() + refused, 1000);
        assert!(stage.until(30, |sender| sender.unheard() == 0).await);
        assert_eq!(delivered(&stage).await.len() + refused, 1000);
    });
}

#[test]
fn spill_goes_to_the_next_vendor() {
    World::run(1, START_US, |world| async move {
        let stage = without_queue(&world, &[("on_queue_loss", "spill")], 10).await;
        assert_eq!(stage.sender.accepted().len(), 1000);
        assert!(stage.until(30, |sender| sender.unheard() == 0).await);
        let past_queue = stage.delivered("vendor-b").await.len();
        assert!((100..160).contains(&past_queue), "{past_queue}");
        let delivered = delivered(&stage).await;
        assert!(delivered.len() == 1000 && delivered.values().all(|times| *times == 1));
    });
}

#[test]
fn region_failover_uses_the_other_queue() {
    World::run(1, START_US, |world| async move {
        let mut stage = Stage::raise(&world, &[("region_failover", "on")]).await;
        stage.kill("queue-1", Death::Process);
        stage.sender.send(0..500, 50.0).await;
        assert!(stage.until(10, |sender| sender.unheard() == 0).await);
        assert_eq!(stage.sender.accepted().len(), 500);
        assert_eq!(stage.get("edge:9000", "/health").await.1["backlog"], 0);
    });
}

/// Both gateways are away while the queues fill, then the queues die and start again.
async fn queue_reborn(world: &World, settings: &[Setting], death: Death) -> (usize, usize) {
    let mut stage = Stage::raise(world, settings).await;
    stage.kill("gateway-1", Death::Process);
    stage.kill("gateway-2", Death::Process);
    stage.sender.send(0..300, 100.0).await;
    assert_eq!(stage.sender.accepted().len(), 300);
    let waiting = stage.get("queue-1:9000", "/pending").await.1["texts"].as_array().unwrap().len();
    assert_eq!(waiting, 90);
    for queue in ["queue-1", "queue-2"] {
        stage.kill(queue, death);
        stage.start(queue).await;
    }
    stage.start("gateway-1").await;
    stage.start("gateway-2").await;
    stage.until(20, |sender| sender.unheard() == 0).await;
    let delivered = delivered(&stage).await;
    (delivered.len(), delivered.values().filter(|times| **times > 1).count())
}

#[test]
fn a_durable_queue_loses_nothing_with_its_process_or_its_power() {
    for death in [Death::Process, Death::Power] {
        let end =
            World::run(1, START_US, |world| async move { queue_reborn(&world, &[], death).await });
        assert_eq!(end, (300, 0), "{death:?}");
    }
}

#[test]
fn a_queue_in_memory_loses_all() {
    let end = World::run(1, START_US, |world| async move {
        queue_reborn(&world, &[("store", "memory")], Death::Process).await
    });
    assert_eq!(end, (0, 0));
}

#[test]
fn a_gateway_killed_in_mid_flight_loses_nothing_and_matches_its_receipts() {
    World::run(1, START_US, |world| async move {
        let mut stage = Stage::raise(&world, &[]).await;
        let sender = stage.sender.clone();
        let sending =
            world.harness_node("sender").spawn(async move { sender.send(0..1000, 100.0).await });
        for _ in 0..3 {
            time::sleep(Duration::from_millis(2_510)).await;
            stage.kill("gateway-2", Death::Process);
            time::sleep(Duration::from_millis(700)).await;
            stage.start("gateway-2").await;
        }
        sending.join().await;
        assert!(
            stage.until(40, |sender| sender.unheard() == 0).await,
            "{}",
            stage.sender.unheard()
        );
        assert_eq!(delivered(&stage).await.len(), 1000);
    });
}

#[test]
fn the_spool_outlives_the_edge() {
    World::run(1, START_US, |world| async move {
        let mut stage = Stage::raise(&world, &[]).await;
        stage.kill("queue-1", Death::Process);
        stage.kill("queue-2", Death::Process);
        stage.sender.send(0..100, 50.0).await;
        assert_eq!(stage.sender.accepted().len(), 100);
        stage.kill("edge", Death::Power);
        stage.start("edge").await;
        let pending = stage.get("edge:9000", "/pending?after=40").await.1;
        assert_eq!(pending["texts"].as_array().unwrap().len(), 60);
        stage.start("queue-1").await;
        stage.start("queue-2").await;
        assert!(stage.until(30, |sender| sender.unheard() == 0).await);
        assert!(delivered(&stage).await.values().all(|times| *times == 1));
    });
}

#[test]
fn a_frozen_queue_takes_nothing_late() {
    World::run(1, START_US, |world| async move {
        let stage = Stage::raise(&world, &[("region_failover", "on")]).await;
        let sender = stage.sender.clone();
        let sending =
            world.harness_node("sender").spawn(async move { sender.send(0..500, 50.0).await });
        time::sleep(Duration::from_secs(3)).await;
        world.freeze("queue-1");
        time::sleep(Duration::from_secs(5)).await;
        world.thaw("queue-1");
        sending.join().await;
        assert!(stage.until(30, |sender| sender.unheard() == 0).await);
        assert!(!stage.sender.answers.lock().unwrap().values().any(|a| *a == Answered::Unknown));
        assert!(delivered(&stage).await.values().all(|times| *times == 1));
    });
}
