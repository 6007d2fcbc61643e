//! The data path without toxics: octets, ends, resets, and dialling.

use super::{both, round_trip, to_end};
use squall_platform::{Node, Stream, time};
use std::io::ErrorKind;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn noise(length: usize) -> Vec<u8> {
    (0..length as u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

#[test]
fn octets_pass_unchanged_in_any_amount() {
    both(|rig| async move {
        let upstream = rig.echo().await;
        let address = rig.proxy("p", &upstream).await;
        let mut stream = rig.connect(&address).await;
        for length in [1, 100, 65_536] {
            round_trip(&mut stream, &noise(length)).await.expect("through");
        }
        // More than all buffers on the way: it only passes if both directions flow at once.
        let octets = noise(20 << 20);
        let (mut read, mut write) = stream.into_split();
        let sent = octets.clone();
        let sender = rig.node("client").spawn(async move {
            write.write_all(&sent).await.expect("written");
            write.shutdown().await.expect("half closed");
        });
        let mut back = Vec::new();
        read.read_to_end(&mut back).await.expect("read");
        sender.join().await;
        assert!(back == octets, "{} of {} octets", back.len(), octets.len());
    });
}

#[test]
fn half_close_is_kept() {
    both(|rig| async move {
        let mut listener = rig.bind().await;
        let address = rig.proxy("p", &listener.local_addr()).await;
        let mut client = rig.connect(&address).await;
        let mut server = listener.accept().await.expect("accepted");
        client.write_all(b"question").await.expect("written");
        client.shutdown().await.expect("half closed");
        assert_eq!(to_end(&mut server).await.0, b"question");
        server.write_all(b"a late answer").await.expect("written");
        server.shutdown().await.expect("closed");
        assert_eq!(to_end(&mut client).await.0, b"a late answer");
    });
}

#[test]
fn a_reset_is_passed_on_from_either_side() {
    both(|rig| async move {
        for from_client in [true, false] {
            let mut listener = rig.bind().await;
            let name = format!("p{from_client}");
            let address = rig.proxy(&name, &listener.local_addr()).await;
            let mut client = rig.connect(&address).await;
            let mut server = listener.accept().await.expect("accepted");
            client.write_all(b"x").await.expect("written");
            server.read_exact(&mut [0]).await.expect("through");
            let mut other = match from_client {
                true => {
                    client.reset();
                    server
                }
                false => {
                    server.reset();
                    client
                }
            };
            let ended = to_end(&mut other).await.1;
            assert_eq!(ended.expect_err("a reset").kind(), ErrorKind::ConnectionReset);
        }
    });
}

#[test]
fn an_upstream_that_refuses_closes_the_client() {
    both(|rig| async move {
        let listener = rig.bind().await;
        let upstream = listener.local_addr();
        drop(listener);
        let address = rig.proxy("p", &upstream).await;
        let (octets, _) = to_end(&mut rig.connect(&address).await).await;
        assert_eq!(octets, b"");
    });
}

/// The upstream never answers the dialling; other proxies and the API go on, and disabling ends it.
#[test]
fn a_black_hole_holds_up_nobody() {
    super::simulated(|rig| async move {
        let world = rig.world.clone().expect("a simulation");
        let upstream = rig.echo().await;
        let address = rig.proxy("p", &upstream).await;
        world.cut("server");
        let mut waiting = rig.connect(&address).await;
        let mut also = rig.connect(&address).await;
        rig.must("POST", "/proxies/p", r#"{"enabled":false}"#, 200).await;
        assert_eq!(to_end(&mut waiting).await.0, b"");
        rig.must("POST", "/proxies/p", r#"{"enabled":true}"#, 200).await;
        assert_eq!(to_end(&mut also).await.0, b"");
        let start = time::Instant::now();
        let mut given_up = rig.connect(&address).await;
        assert_eq!(to_end(&mut given_up).await.0, b"");
        assert_eq!(start.elapsed().as_secs(), 10, "the dial timeout");
        world.mend("server");
        round_trip(&mut rig.connect(&address).await, b"x").await.expect("through");
    });
}

/// A client that never reads fills every buffer; the API answers all the same.
#[test]
fn a_wedged_connection_does_not_hang_the_api() {
    both(|rig| async move {
        let mut listener = rig.bind().await;
        let address = rig.proxy("p", &listener.local_addr()).await;
        let _client = rig.connect(&address).await;
        let mut server = listener.accept().await.expect("accepted");
        let flood = async { while server.write_all(&[7; 65_536]).await.is_ok() {} };
        assert!(time::timeout(Duration::from_millis(500), flood).await.is_err(), "never full");
        let work = async {
            for kind in ["latency", "bandwidth", "slow_close", "reset_peer", "noop"] {
                let body = serde_json::json!({"type": kind, "attributes": {"timeout": 60_000}});
                rig.toxic("p", body).await;
            }
            rig.must("GET", "/proxies", "", 200).await;
            for kind in ["reset_peer", "bandwidth", "latency", "noop", "slow_close"] {
                let path = format!("/proxies/p/toxics/{kind}_downstream");
                rig.must("DELETE", &path, "", 204).await;
            }
            rig.must("DELETE", "/proxies/p", "", 204).await;
        };
        time::timeout(Duration::from_secs(5), work).await.expect("the API hung");
    });
}

/// Toxics come and go while octets flow; not one is lost, doubled or moved.
#[test]
fn toxics_come_and_go_under_a_stream() {
    both(|rig| async move {
        let upstream = rig.echo().await;
        let address = rig.proxy("p", &upstream).await;
        let octets = noise(3 << 20);
        let carried = carry(rig.node("client"), rig.connect(&address).await, octets.clone());
        for round in 0..6 {
            for (kind, attributes) in [
                ("latency", serde_json::json!({"latency": 5, "jitter": 3})),
                ("bandwidth", serde_json::json!({"rate": 3000})),
                ("slicer", serde_json::json!({"average_size": 700, "size_variation": 300})),
                ("noop", serde_json::json!({})),
            ] {
                for stream in ["upstream", "downstream"] {
                    let body = serde_json::json!({"type": kind, "stream": stream, "attributes": attributes});
                    rig.toxic("p", body).await;
                }
            }
            time::sleep(Duration::from_millis(20 + round)).await;
            for name in ["bandwidth", "noop", "slicer", "latency"] {
                for stream in ["downstream", "upstream"] {
                    let path = format!("/proxies/p/toxics/{name}_{stream}");
                    rig.must("DELETE", &path, "", 204).await;
                    time::sleep(Duration::from_millis(2)).await;
                }
            }
        }
        assert!(carried.await == octets, "other octets came back");
    });
}

/// Sends `octets` and gives what comes back, both in tasks of `node`.
fn carry(node: Node, stream: Stream, octets: Vec<u8>) -> impl Future<Output = Vec<u8>> {
    let (mut read, mut write) = stream.into_split();
    node.spawn(async move {
        for piece in octets.chunks(10_000) {
            write.write_all(piece).await.expect("written");
        }
        write.shutdown().await.expect("half closed");
    });
    let (tell, told) = tokio::sync::oneshot::channel();
    node.spawn(async move {
        let mut back = Vec::new();
        read.read_to_end(&mut back).await.expect("read");
        let _ = tell.send(back);
    });
    async { told.await.expect("carried") }
}
