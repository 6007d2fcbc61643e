//! Every toxic through real connections: what a client and a server see, and when.

use super::{Rig, both, round_trip, simulated, to_end};
use serde_json::json;
use squall_platform::time::{self, Instant};
use std::io::ErrorKind;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Real clocks are late at times, and half a millisecond early; virtual ones are exact.
fn assert_took(rig: &Rig, took: Duration, expected: Duration) {
    let (early, late) = if rig.world.is_some() { (ms(0), ms(0)) } else { (ms(1), ms(60)) };
    assert!(took + early >= expected && took <= expected + late, "{took:?} and not {expected:?}");
}

#[test]
fn latencies_add_up_and_leave_the_rate_alone() {
    both(|rig| async move {
        let upstream = rig.echo().await;
        let address = rig.proxy("p", &upstream).await;
        let mut stream = rig.connect(&address).await;
        round_trip(&mut stream, b"x").await.expect("through");
        let toxic = |name: &str, direction: &str, latency: u64| json!({"name": name, "type": "latency", "stream": direction, "attributes": {"latency": latency}});
        rig.toxic("p", toxic("a", "upstream", 50)).await;
        rig.toxic("p", toxic("b", "downstream", 100)).await;
        rig.toxic("p", toxic("c", "downstream", 100)).await;
        let start = Instant::now();
        round_trip(&mut stream, b"x").await.expect("through");
        assert_took(&rig, start.elapsed(), ms(250));
        let start = Instant::now();
        for _ in 0..50 {
            stream.write_all(&[7; 10_000]).await.expect("written");
        }
        stream.read_exact(&mut vec![0; 500_000]).await.expect("read");
        assert!(start.elapsed() < ms(600), "{:?}: the rate suffered", start.elapsed());
        rig.must("DELETE", "/proxies/p/toxics/b", "", 204).await;
        rig.must("POST", "/proxies/p/toxics/c", r#"{"attributes":{"latency":20}}"#, 200).await;
        let start = Instant::now();
        round_trip(&mut stream, b"x").await.expect("through");
        assert_took(&rig, start.elapsed(), ms(70));
    });
}

#[test]
fn bandwidth_paces_and_zero_stops() {
    both(|rig| async move {
        let upstream = rig.echo().await;
        let address = rig.proxy("p", &upstream).await;
        rig.toxic(
            "p",
            json!({"type": "bandwidth", "stream": "upstream", "attributes": {"rate": 1000}}),
        )
        .await;
        let mut stream = rig.connect(&address).await;
        let start = Instant::now();
        round_trip(&mut stream, &[7; 300_000]).await.expect("through");
        assert_took(&rig, start.elapsed(), ms(300));
        let path = "/proxies/p/toxics/bandwidth_upstream";
        rig.must("POST", path, r#"{"attributes":{"rate":0}}"#, 200).await;
        stream.write_all(b"stuck").await.expect("written");
        assert!(time::timeout(ms(300), stream.read_exact(&mut [0])).await.is_err());
        rig.must("DELETE", path, "", 204).await;
        let mut back = [0; 5];
        stream.read_exact(&mut back).await.expect("released");
        assert_eq!(&back, b"stuck");
    });
}

#[test]
fn slow_close_holds_the_end_alone() {
    both(|rig| async move {
        let upstream = rig.echo().await;
        let address = rig.proxy("p", &upstream).await;
        rig.toxic("p", json!({"type": "slow_close", "attributes": {"delay": 200}})).await;
        let mut stream = rig.connect(&address).await;
        round_trip(&mut stream, b"x").await.expect("through");
        let start = Instant::now();
        stream.shutdown().await.expect("half closed");
        to_end(&mut stream).await.1.expect("a clean end");
        assert_took(&rig, start.elapsed(), ms(200));
    });
}

#[test]
fn timeout_discards_and_closes_in_silence() {
    both(|rig| async move {
        let upstream = rig.echo().await;
        let address = rig.proxy("p", &upstream).await;
        rig.toxic(
            "p",
            json!({"type": "timeout", "stream": "upstream", "attributes": {"timeout": 150}}),
        )
        .await;
        let mut stream = rig.connect(&address).await;
        let start = Instant::now();
        time::sleep(ms(100)).await;
        stream.write_all(b"restarts the timer").await.expect("written");
        assert_eq!(to_end(&mut stream).await.0, b"", "nothing came through");
        assert_took(&rig, start.elapsed(), ms(250));

        let path = "/proxies/p/toxics/timeout_upstream";
        rig.must("POST", path, r#"{"attributes":{"timeout":0}}"#, 200).await;
        let mut stream = rig.connect(&address).await;
        stream.write_all(b"x").await.expect("written");
        assert!(time::timeout(ms(500), stream.read_exact(&mut [0])).await.is_err(), "closed");
        rig.must("DELETE", path, "", 204).await;
        assert_eq!(to_end(&mut stream).await.0, b"", "removal closes");
        round_trip(&mut rig.connect(&address).await, b"x").await.expect("through");
    });
}

#[test]
fn reset_peer_resets_new_and_old_connections() {
    both(|rig| async move {
        let upstream = rig.echo().await;
        let address = rig.proxy("p", &upstream).await;
        let mut old = rig.connect(&address).await;
        round_trip(&mut old, b"x").await.expect("through");
        rig.toxic("p", json!({"type": "reset_peer", "attributes": {"timeout": 50}})).await;
        let mut new = rig.connect(&address).await;
        for stream in [&mut old, &mut new] {
            let start = Instant::now();
            stream.write_all(b"x").await.expect("written");
            let error = to_end(stream).await.1.expect_err("a reset");
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
            assert_took(&rig, start.elapsed(), ms(50));
        }
    });
}

#[test]
fn slicer_cuts_and_delays() {
    both(|rig| async move {
        let upstream = rig.echo().await;
        let address = rig.proxy("p", &upstream).await;
        rig.toxic(
            "p",
            json!({"type": "slicer", "attributes": {"average_size": 1, "delay": 10_000}}),
        )
        .await;
        let mut stream = rig.connect(&address).await;
        stream.write_all(b"abcdef").await.expect("written");
        let (mut pieces, mut whole) = (0, Vec::new());
        let start = Instant::now();
        while whole.len() < 6 {
            let mut octets = [0; 100];
            let count = stream.read(&mut octets).await.expect("read");
            whole.extend_from_slice(&octets[..count]);
            pieces += 1;
        }
        assert_eq!(whole, b"abcdef");
        assert!(pieces >= 4, "{pieces} pieces");
        assert_took(&rig, start.elapsed(), ms(50));
    });
}

#[test]
fn limit_data_is_exact() {
    both(|rig| async move {
        let upstream = rig.echo().await;
        let address = rig.proxy("p", &upstream).await;
        rig.toxic("p", json!({"type": "limit_data", "attributes": {"bytes": 70_001}})).await;
        for _ in 0..3 {
            let mut stream = rig.connect(&address).await;
            let (mut read, mut write) = { stream }.into_split();
            let sender = rig.node("client").spawn(async move {
                let _ = write.write_all(&[7; 100_000]).await;
                std::future::pending::<()>().await;
            });
            let mut octets = Vec::new();
            let _ = time::timeout(super::PATIENCE, read.read_to_end(&mut octets))
                .await
                .expect("an end");
            assert_eq!(octets.len(), 70_001);
            sender.abort();
            stream = rig.connect(&address).await;
            round_trip(&mut stream, b"each connection has its own").await.expect("through");
        }
    });
}

#[test]
fn noop_passes() {
    both(|rig| async move {
        let upstream = rig.echo().await;
        let address = rig.proxy("p", &upstream).await;
        rig.toxic("p", json!({"type": "noop"})).await;
        round_trip(&mut rig.connect(&address).await, &[7; 200_000]).await.expect("through");
    });
}

/// Which of 1000 connections a toxic of half toxicity hits.
fn hits(seed: u64) -> Vec<bool> {
    squall_platform::sim::World::run(1, 0, |world| async move {
        let rig = Rig::start(Some(world), seed, &[]).await;
        let upstream = rig.echo().await;
        let address = rig.proxy("p", &upstream).await;
        rig.toxic("p", json!({"type": "limit_data", "toxicity": 0.5})).await;
        let mut hits = Vec::new();
        for _ in 0..1000 {
            let mut stream = rig.connect(&address).await;
            hits.push(round_trip(&mut stream, b"x").await.is_err());
        }
        hits
    })
}

#[test]
fn toxicity_is_drawn_per_connection_from_the_seed() {
    let drawn = hits(5);
    let count = drawn.iter().filter(|hit| **hit).count();
    // Five standard deviations of a binomial of 1000 at one half.
    assert!((421..=579).contains(&count), "{count} of 1000");
    assert_eq!(drawn, hits(5), "the same seed, the same draws");
    assert_ne!(drawn, hits(6));
}

#[test]
fn a_raised_toxicity_only_adds_and_zero_frees() {
    simulated(|rig| async move {
        let upstream = rig.echo().await;
        let address = rig.proxy("p", &upstream).await;
        rig.toxic("p", json!({"type": "latency", "toxicity": 0, "attributes": {"latency": 100}}))
            .await;
        let mut stream = rig.connect(&address).await;
        let path = "/proxies/p/toxics/latency_downstream";
        for (toxicity, expected) in [(0, 0), (1, 100), (0, 0)] {
            rig.must("POST", path, &json!({"toxicity": toxicity}).to_string(), 200).await;
            let start = Instant::now();
            round_trip(&mut stream, b"x").await.expect("through");
            assert_eq!(start.elapsed(), ms(expected));
        }
    });
}
