//! The customer's web server and the telemetry backend, asked directly.

use crate::fleet::{Fleet, SECOND, START_US, field, request};
use bytes::Bytes;
use futures::future::join_all;
use http::StatusCode;
use squall_model::token;
use squall_platform::sim::World;
use squall_platform::time::{self, Instant};

#[test]
fn scripts_lead_to_sound_that_is_there() {
    World::run(1, START_US, |world| async move {
        let fleet = Fleet::raise(&world, 1, &[("mix", "play=100")]).await;
        let script = fleet.direct("media:80", "GET", &format!("/call/{}", token::encode(5))).await;
        assert_eq!((script.status().as_u16(), field(&script, "content-type")), (200, "text/xml"));
        let text = String::from_utf8(script.body().to_vec()).unwrap();
        let url = text.split("<Play>").nth(1).unwrap().split("</Play>").next().unwrap();
        let sound = fleet.get("balancer", url).await;
        assert_eq!((sound.status().as_u16(), sound.body().len()), (200, 16_000));
        assert_eq!(field(&sound, "content-type"), "audio/basic");
        assert_eq!(field(&sound, "cache-control"), "max-age=3600");
        assert_eq!(field(&sound, "date"), "Sat, 10 Jan 2026 00:00:01 GMT");
        let again = fleet.get("balancer", url).await;
        assert_eq!((again.body(), field(&again, "cache-status")), (sound.body(), "cache-1; hit"));
        time::sleep(3_601 * SECOND).await;
        let stale = fleet.get("balancer", url).await;
        assert_eq!(field(&stale, "cache-status"), "cache-1; fwd=stale; fwd-status=304");
        assert_eq!(fleet.count("media", "origin_unchanged").await, 1);
        let spoken = fleet.get("balancer", "http://media/speech?text=Hello%20there").await;
        assert_eq!((spoken.status().as_u16(), spoken.body().len()), (200, 16_000));
        let posted = fleet.direct("media:80", "POST", "/fallback/x").await;
        assert!(String::from_utf8_lossy(posted.body()).contains("<Hangup/>"));
    });
}

#[test]
fn what_is_not_there_is_not_there() {
    World::run(1, START_US, |world| async move {
        let fleet = Fleet::raise(&world, 1, &[]).await;
        for (method, path, status) in [
            ("GET", "/media/200.ulaw", 404),
            ("GET", "/media/007.ulaw", 404),
            ("GET", "/media/-1.ulaw", 404),
            ("GET", "/media/7.wav", 404),
            ("GET", "/speech", 400),
            ("GET", "/speech?text=", 400),
            ("GET", "/speech?texts=a", 400),
            ("GET", "/call/", 404),
            ("GET", "/call/%22%3E", 404),
            ("PUT", "/call/SQ1", 405),
            ("GET", "/key/tour/9999/SQ1", 404),
            ("GET", "/", 404),
            ("GET", "//media/7.ulaw", 404),
        ] {
            let answer = fleet.direct("media:80", method, path).await;
            assert_eq!(answer.status().as_u16(), status, "{method} {path}");
        }
        let long = format!("/speech?text={}", "x".repeat(4_097));
        assert_eq!(fleet.direct("media:80", "GET", &long).await.status(), 400);
    });
}

#[test]
fn its_workers_bound_what_it_serves() {
    let settings = [("origin_workers", "2"), ("origin_ms", "100")];
    World::run(1, START_US, |world| async move {
        let fleet = Fleet::raise(&world, 1, &settings).await;
        let start = Instant::now();
        join_all((0..10).map(|_| fleet.direct("media:80", "GET", "/media/1.ulaw"))).await;
        assert_eq!(start.elapsed().as_millis(), 500);
        fleet.set("media", "origin_ms", "0").await;
        let start = Instant::now();
        fleet.direct("media:80", "GET", "/media/1.ulaw").await;
        assert!(start.elapsed().as_millis() <= 1);
    });
}

#[test]
fn the_events_of_batches_are_counted() {
    World::run(1, START_US, |world| async move {
        let fleet = Fleet::raise(&world, 1, &[]).await;
        let post = async |body: &'static str| {
            let mut batch = request("POST", "/events", &[("content-type", "application/json")]);
            *batch.body_mut() = Bytes::from_static(body.as_bytes());
            let answer = fleet.client.send("telemetry:80", batch, SECOND).await.unwrap();
            answer.status().as_u16()
        };
        assert_eq!(post(r#"{"node":"x","events":[1,{"a":2},3]}"#).await, 204);
        for wrong in ["{", "[1,2]", "one\ntwo\n"] {
            assert_eq!(post(wrong).await, 400, "{wrong}");
        }
        assert_eq!(post(r#"{"events":7}"#).await, 400);
        assert_eq!(fleet.direct("telemetry:80", "GET", "/events").await.status(), 405);
        assert_eq!(fleet.direct("telemetry:80", "GET", "/health").await.status(), StatusCode::OK);
        assert_eq!(fleet.count("telemetry", "telemetry_events").await, 3);
        assert_eq!(fleet.count("telemetry", "telemetry_batches").await, 1);
    });
}
