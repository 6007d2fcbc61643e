//! Bytes that nobody should send never take a role down.

use crate::stage::{START_US, Stage};
use proptest::prelude::*;
use squall_platform::sim::World;
use squall_platform::time;
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// Every port of the stack's own roles.
const PORTS: [&str; 9] = [
    "edge:8000",
    "edge:8001",
    "edge:9000",
    "queue-1:7000",
    "queue-1:9000",
    "gateway-1:7100",
    "gateway-1:7101",
    "gateway-1:9000",
    "queue-2:7000",
];

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let anything = proptest::collection::vec(any::<u8>(), 0..400);
    let frame = proptest::collection::vec(any::<u8>(), 0..200).prop_map(|body| {
        let mut frame = (body.len() as u32).to_be_bytes().to_vec();
        frame.extend(body);
        frame
    });
    let lying = (any::<u32>(), proptest::collection::vec(any::<u8>(), 0..50))
        .prop_map(|(length, body)| [length.to_be_bytes().to_vec(), body].concat());
    let http = (
        prop_oneof!["GET", "POST", "PUT", "[A-Z]{1,8}"],
        prop_oneof![
            Just(
                "/2010-04-01/Accounts/AC5a6b7c8d5a6b7c8d5a6b7c8d5a6b7c8d/Messages.json".to_owned()
            ),
            Just("/pending?after=99999999999999999999".to_owned()),
            Just("/settings/routing".to_owned()),
            Just("/status/SM0".to_owned()),
            "/[a-z%0-9/]{0,40}",
        ],
        proptest::collection::vec(any::<u8>(), 0..200),
        0usize..400,
    );
    let http = http.prop_map(|(method, path, body, length)| {
        let head =
            format!("{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
        [head.into_bytes(), body].concat()
    });
    prop_oneof![anything, frame, lying, http]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn malformed_bytes_never_take_a_role_down(attacks in proptest::collection::vec((0..PORTS.len(), bytes()), 1..40)) {
        World::run(1, START_US, |world| async move {
            let stage = Stage::raise(&world, &[]).await;
            let attacker = world.harness_node("attacker");
            for (port, bytes) in attacks {
                let mut stream = attacker.connect(PORTS[port]).await.unwrap();
                // A role may close on us while we write.
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
                time::sleep(Duration::from_millis(5)).await;
            }
            stage.sender.send(0..10, 100.0).await;
            assert!(stage.until(20, |sender| sender.unheard() == 0).await);
            assert_eq!(stage.sender.accepted().len(), 10);
        });
    }
}

#[test]
fn ten_megabytes_of_headers_are_refused() {
    World::run(1, START_US, |world| async move {
        let stage = Stage::raise(&world, &[]).await;
        let attacker = world.harness_node("attacker");
        for port in ["edge:8000", "edge:9000", "gateway-1:7101"] {
            let mut stream = attacker.connect(port).await.unwrap();
            let line = format!("GET /health HTTP/1.1\r\nX: {}\r\n", "x".repeat(10 << 20));
            assert!(stream.write_all(line.as_bytes()).await.is_err(), "{port} read it all");
        }
        stage.sender.send(0..5, 100.0).await;
        assert!(stage.until(20, |sender| sender.unheard() == 0).await);
    });
}
