//! Octets that nobody should send never take a role down.

use crate::fleet::{Fleet, MS, PATIENCE, START_US, field};
use proptest::prelude::*;
use squall_platform::sim::World;
use squall_platform::time;
use std::cell::Cell;
use std::sync::Once;
use tokio::io::AsyncWriteExt;

thread_local! {
    static PANICS: Cell<u32> = const { Cell::new(0) };
}

/// Plays `drill` in a world of its own. A panic in a task of it, which would end no more than that
/// task, ends the test.
fn without_a_panic<F: Future<Output = ()>>(drill: impl FnOnce(World) -> F) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |why| {
            PANICS.with(|panics| panics.set(panics.get() + 1));
            before(why);
        }));
    });
    World::run(1, START_US, drill);
    assert_eq!(PANICS.with(Cell::take), 0, "a task has panicked");
}

const PORTS: [&str; 8] = [
    "balancer:80",
    "balancer:90",
    "cache-1:80",
    "cache-1:90",
    "media:80",
    "media:90",
    "telemetry:80",
    "telemetry:90",
];

/// Requests of the right shape with something odd in every place.
fn request() -> impl Strategy<Value = Vec<u8>> {
    let method = prop_oneof!["GET", "HEAD", "POST", "CONNECT", "[A-Z]{1,8}"];
    let url = prop_oneof![
        "http://(media|lab|MEDIA|nowhere|x@media|\\[::1\\]|media:0|media:80|media:99999)?/[a-z%0-9/?&=.]{0,30}",
        "http://media/media/[0-9]{1,12}\\.ulaw",
        "http://media/speech\\?text=[%a-z+0-9&=]{0,20}",
        "/(call|key|fallback|media|speech|events|health|settings)?(/[a-z%0-9/]{0,20})?",
        "[!-~]{1,40}",
    ];
    let name = prop_oneof![
        Just("Range"),
        Just("If-Range"),
        Just("If-None-Match"),
        Just("If-Modified-Since"),
        Just("If-Match"),
        Just("Cache-Control"),
        Just("Connection"),
        Just("Via"),
        Just("Authorization"),
        Just("Content-Type"),
        Just("Expect"),
        Just("Transfer-Encoding"),
    ];
    let value = prop_oneof![
        "bytes=[0-9,-]{0,30}",
        "(W/)?\"[ -~]{0,10}\"",
        "(max-age|min-fresh|max-stale|no-cache|only-if-cached)(=[0-9\"-]{0,25})?",
        "(host|cache-control|close|range|[ -~]{0,20})",
        "application/json",
        "[ -~]{0,40}",
    ];
    let fields = proptest::collection::vec((name, value), 0..6);
    let body = proptest::collection::vec(any::<u8>(), 0..200);
    (method, url, fields, body, proptest::option::of(0usize..300)).prop_map(
        |(method, url, fields, body, length)| {
            let mut head = format!("{method} {url} HTTP/1.1\r\nHost: x\r\n");
            for (name, value) in fields {
                head += &format!("{name}: {value}\r\n");
            }
            if let Some(length) = length {
                head += &format!("Content-Length: {length}\r\n");
            }
            [format!("{head}\r\n").into_bytes(), body].concat()
        },
    )
}

/// Batches of telemetry, and what only looks like one.
fn batch() -> impl Strategy<Value = Vec<u8>> {
    let kind = prop_oneof![Just("application/json"), Just("text/plain"), Just("")];
    let body =
        prop_oneof![r#"\[[0-9,{}"]{0,10}\]"#, r#"\{"events":[\[\]0-9{}"]{0,10}\}?"#, ".{0,40}"];
    (kind, body).prop_map(|(kind, body)| {
        let length = body.len();
        let head = format!("Host: x\r\nContent-Type: {kind}\r\nContent-Length: {length}");
        format!("POST /events HTTP/1.1\r\n{head}\r\n\r\n{body}").into_bytes()
    })
}

fn octets() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        1 => proptest::collection::vec(any::<u8>(), 0..400),
        4 => request(),
        1 => batch(),
        1 => (request(), any::<usize>()).prop_map(|(mut octets, cut)| {
            octets.truncate(cut % (octets.len() + 1));
            octets
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn malformed_requests_never_take_a_role_down(
        attacks in proptest::collection::vec((0..PORTS.len(), octets(), any::<bool>()), 1..60),
    ) {
        without_a_panic(|world| async move {
            let fleet = Fleet::raise(&world, 1, &[("cache_bytes", "40000")]).await;
            let attacker = world.harness_node("attacker");
            for (port, octets, patient) in attacks {
                let mut stream = attacker.connect(PORTS[port]).await.unwrap();
                // A role may close on us while we write.
                let _ = stream.write_all(&octets).await;
                if patient {
                    time::sleep(50 * MS).await;
                }
                let _ = stream.shutdown().await;
                time::sleep(5 * MS).await;
            }
            time::sleep(PATIENCE).await;
            let answer = fleet.get("balancer", "http://media/media/7.ulaw").await;
            assert_eq!((answer.status().as_u16(), answer.body().len()), (200, 16_000));
            // No worker was lost on the way.
            for _ in 0..20 {
                let hit = fleet.get("balancer", "http://media/media/7.ulaw").await;
                assert_eq!(field(&hit, "cache-status"), "cache-1; hit");
            }
            let health = fleet.direct("cache-1:90", "GET", "/health").await;
            assert!(String::from_utf8_lossy(health.body()).contains("\"backlog\":0"));
        });
    }
}

/// An origin is no friend either: what it says about its answers may be anything.
#[test]
fn an_origin_that_lies_about_its_answers_harms_nobody() {
    without_a_panic(|world| async move {
        let fleet = Fleet::raise(&world, 1, &[]).await;
        for (n, fields) in [
            &[("age", "18446744073709551615"), ("cache-control", "max-age=60")][..],
            &[("cache-control", "max-age=99999999999999999999")],
            &[("cache-control", "=,\"=\",,max-age")],
            &[
                ("date", "Fri, 31 Dec 9999 23:59:59 GMT"),
                ("expires", "Sat, 01 Jan 0000 00:00:00 GMT"),
            ],
            &[("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT"), ("date", "never")],
            &[("vary", "not a name!, ,accept"), ("etag", "")],
            &[("content-range", "bytes 0-1/2"), ("content-encoding", "gzip")],
            &[("connection", "cache-control, date, etag"), ("etag", "W/\"")],
        ]
        .into_iter()
        .enumerate()
        {
            let path = format!("/{n}");
            fleet.lab.put(&path, fields, "hello");
            for asked in [&[][..], &[("range", "bytes=1-2")], &[("if-none-match", "\"")]] {
                let answer =
                    fleet.ask("balancer", "GET", &format!("http://lab{path}"), asked).await;
                assert!([200, 206, 304].contains(&answer.status().as_u16()), "{fields:?}");
            }
        }
    });
}
