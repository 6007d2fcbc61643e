//! Hostile octets: neither at the API nor through a proxy do they take it down.

use super::{Rig, both, round_trip};
use proptest::prelude::*;
use squall_platform::time;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Sends octets, half closes, and reads whatever comes meanwhile and after, for a while.
async fn send(rig: &Rig, address: &str, octets: &[u8]) -> Vec<u8> {
    let (mut read, mut write) = rig.connect(address).await.into_split();
    let mut answer = Vec::new();
    let sending = async {
        let _ = write.write_all(octets).await;
        let _ = write.shutdown().await;
    };
    let talk = futures::future::join(sending, read.read_to_end(&mut answer));
    let _ = time::timeout(Duration::from_secs(30), talk).await;
    answer
}

#[test]
fn headers_of_ten_megabytes_and_half_requests_are_survived() {
    both(|rig| async move {
        let long =
            [&b"GET /version HTTP/1.1\r\nX: "[..], &vec![b'x'; 10 << 20], b"\r\n\r\n"].concat();
        let answer = send(&rig, &rig.control, &long).await;
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 431"));
        let body = [
            &b"POST /proxies HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n"[..],
            &[b'['; 2 << 20],
        ]
        .concat();
        let answer = send(&rig, &rig.control, &body).await;
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 413"));
        for half in [
            "GET",
            "POST /proxies HTTP/1.1\r\nContent-Length: 10\r\n\r\n{",
            "\r\n\r\n",
            "GET / HTTP/9.9\r\n\r\n",
        ] {
            send(&rig, &rig.control, half.as_bytes()).await;
        }
        rig.must("GET", "/version", "", 200).await;
        let upstream = rig.echo().await;
        let address = rig.proxy("p", &upstream).await;
        assert!(send(&rig, &address, &long).await == long, "a proxy does not look inside");
    });
}

fn attribute() -> impl Strategy<Value = i64> {
    prop_oneof![
        Just(0),
        Just(-1),
        Just(1),
        Just(i64::MAX),
        Just(i64::MIN),
        -50..5000i64,
        any::<i64>()
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn random_bodies_and_paths_get_answers(
        body in prop::collection::vec(any::<u8>(), 0..300),
        path in "/(proxies|populate|reset|version|)?[ -~]{0,20}",
        method in "(GET|POST|PATCH|DELETE|PUT|[A-Z]{1,10})",
    ) {
        super::simulated(|rig| {
            let (body, path, method) = (body.clone(), path.replace([' ', '#'], "%41"), method.clone());
            async move {
                rig.proxy("p", "u:1").await;
                let head = format!("{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", body.len());
                let answer = send(&rig, &rig.control, &[head.as_bytes(), &body].concat()).await;
                assert!(answer.starts_with(b"HTTP/1.1 "), "{}", String::from_utf8_lossy(&answer));
                assert!(!answer.starts_with(b"HTTP/1.1 5"), "{}", String::from_utf8_lossy(&answer));
                rig.must("GET", "/version", "", 200).await;
            }
        });
    }

    /// Any attributes: refused, or a proxy that still answers and can be freed of them.
    #[test]
    fn random_toxics_do_no_harm(
        kinds in prop::collection::vec(
            (prop::sample::select(vec!["latency", "bandwidth", "slow_close", "timeout", "reset_peer", "slicer", "limit_data"]),
             prop::collection::vec(attribute(), 3), any::<bool>()), 1..5),
        octets in prop::collection::vec(any::<u8>(), 1..2000),
    ) {
        super::simulated(|rig| {
            let (kinds, octets) = (kinds.clone(), octets.clone());
            async move {
                let upstream = rig.echo().await;
                let address = rig.proxy("p", &upstream).await;
                let mut stream = rig.connect(&address).await;
                for (at, (kind, values, up)) in kinds.iter().enumerate() {
                    let attributes = serde_json::json!({
                        "latency": values[0], "jitter": values[1], "rate": values[0], "delay": values[1],
                        "timeout": values[0], "average_size": values[0], "size_variation": values[2], "bytes": values[2],
                    });
                    let stream = if *up { "upstream" } else { "downstream" };
                    let body = serde_json::json!({"name": at.to_string(), "type": kind, "stream": stream, "attributes": attributes});
                    let (status, _) = rig.call("POST", "/proxies/p/toxics", &body.to_string()).await;
                    assert!(status == 200 || status == 400, "{status}");
                }
                let _ = stream.write_all(&octets).await;
                time::sleep(Duration::from_millis(50)).await;
                send(&rig, &address, &octets).await;
                assert_eq!(rig.call("POST", "/reset", "").await.0, 204);
                round_trip(&mut rig.connect(&address).await, &octets).await.expect("through");
            }
        });
    }
}
