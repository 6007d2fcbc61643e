//! One replica, asked as somebody with curl would ask it.

use crate::fleet::{Fleet, MS, SECOND, START_US, field, reply_with};
use http::StatusCode;
use squall_platform::sim::World;
use squall_platform::time;
use std::time::Duration;

pub const DAY: &[(&str, &str)] = &[("cache-control", "max-age=60"), ("etag", "\"v1\"")];

/// Runs `test` with a fleet of one replica.
pub fn with_cache<F: Future<Output = ()>>(
    settings: &'static [(&'static str, &'static str)],
    test: impl FnOnce(Fleet) -> F,
) {
    World::run(1, START_US, |world| async move {
        test(Fleet::raise(&world, 1, settings).await).await;
    });
}

#[test]
fn a_fresh_answer_is_given_out_with_its_age_and_its_origin_left_alone() {
    with_cache(&[], |fleet| async move {
        fleet.lab.put("/a", &[DAY, &[("x-many", "1"), ("x-many", "2")]].concat(), "hello");
        let first = fleet.get("cache-1", "http://lab/a").await;
        assert_eq!((first.status(), &first.body()[..]), (StatusCode::OK, &b"hello"[..]));
        assert_eq!(field(&first, "cache-status"), "cache-1; fwd=miss; stored");
        time::sleep(7 * SECOND).await;
        let second = fleet.get("cache-1", "http://LAB:80/a").await;
        assert_eq!(&second.body()[..], b"hello");
        assert_eq!(field(&second, "cache-status"), "cache-1; hit");
        assert_eq!((field(&second, "age"), field(&second, "etag")), ("7", "\"v1\""));
        assert_eq!(field(&second, "date"), field(&first, "date"), "the origin's date stays");
        assert_eq!(second.headers().get_all("x-many").iter().count(), 2);
        assert_eq!(field(&second, "via"), "1.1 cache-1");
        assert_eq!(fleet.lab.asked("/a"), 1);
        assert_eq!(fleet.count("cache-1", "cache_hits").await, 1);
    });
}

#[test]
fn hits_cost_less_of_a_worker_than_misses() {
    with_cache(&[("hit_ms", "20"), ("miss_ms", "35")], |fleet| async move {
        fleet.lab.put_slow("/a", 100 * MS, reply_with(DAY, "hello"));
        for (way, most_ms) in [("fwd=miss", 135), ("hit", 20)] {
            let start = time::Instant::now();
            let answer = fleet.get("cache-1", "http://lab/a").await;
            assert!(field(&answer, "cache-status").contains(way));
            let took_ms = start.elapsed().as_millis();
            assert!((most_ms..=most_ms + 2).contains(&took_ms), "{way}: {took_ms} ms");
        }
    });
}

#[test]
fn a_stale_answer_is_asked_about_and_lives_on_after_a_304() {
    with_cache(&[], |fleet| async move {
        fleet.lab.put("/a", DAY, "hello");
        fleet.get("cache-1", "http://lab/a").await;
        time::sleep(61 * SECOND).await;
        let again = fleet.get("cache-1", "http://lab/a").await;
        assert_eq!((again.status(), &again.body()[..]), (StatusCode::OK, &b"hello"[..]));
        assert_eq!(field(&again, "cache-status"), "cache-1; fwd=stale; fwd-status=304");
        assert_eq!(fleet.lab.last()["if-none-match"], "\"v1\"");
        assert_eq!(field(&again, "age"), "0");
        let third = fleet.get("cache-1", "http://lab/a").await;
        assert_eq!(field(&third, "cache-status"), "cache-1; hit");
        assert_eq!(
            (fleet.lab.asked("/a"), fleet.count("cache-1", "cache_revalidated").await),
            (2, 1)
        );

        time::sleep(61 * SECOND).await;
        fleet.lab.put("/a", &[("cache-control", "max-age=60"), ("etag", "\"v2\"")], "changed");
        let changed = fleet.get("cache-1", "http://lab/a").await;
        assert_eq!(&changed.body()[..], b"changed");
        assert_eq!(field(&changed, "etag"), "\"v2\"");
    });
}

/// A 304 to what was never asked about renews nothing (RFC 9111, section 4.3.4).
#[test]
fn a_304_about_something_else_does_not_renew_what_is_kept() {
    with_cache(&[], |fleet| async move {
        fleet.lab.put("/a", DAY, "hello");
        fleet.get("cache-1", "http://lab/a").await;
        time::sleep(61 * SECOND).await;
        let mut other = reply_with(&[("etag", "\"v2\"")], "");
        *other.status_mut() = StatusCode::NOT_MODIFIED;
        fleet.lab.put_slow("/a", Duration::ZERO, other);
        // Asked for the whole then, the origin has nothing either.
        assert_eq!(fleet.get("cache-1", "http://lab/a").await.status(), StatusCode::BAD_GATEWAY);
        assert!(!fleet.lab.last().contains_key("if-none-match"));
        assert_eq!(fleet.lab.asked("/a"), 3);
    });
}

#[test]
fn a_stale_answer_is_not_given_out_while_its_origin_is_gone() {
    with_cache(&[], |fleet| async move {
        fleet.lab.put("/a", DAY, "hello");
        fleet.get("cache-1", "http://lab/a").await;
        time::sleep(61 * SECOND).await;
        fleet.world.kill("lab", squall_platform::sim::Death::Process);
        let gone = fleet.get("cache-1", "http://lab/a").await;
        assert_eq!(gone.status(), StatusCode::BAD_GATEWAY);
        assert_eq!(
            fleet
                .ask("cache-1", "GET", "http://lab/a", &[("cache-control", "max-stale")])
                .await
                .status(),
            StatusCode::OK
        );
    });
}

#[test]
fn who_has_it_already_is_told_so_from_the_store() {
    with_cache(&[], |fleet| async move {
        let changed = "Fri, 09 Jan 2026 12:00:00 GMT";
        fleet.lab.put("/a", &[DAY, &[("last-modified", changed)]].concat(), "hello");
        fleet.get("cache-1", "http://lab/a").await;
        for (name, value, status) in [
            ("if-none-match", "\"v1\"", 304),
            ("if-none-match", "\"v0\", W/\"v1\"", 304),
            ("if-none-match", "\"v0\"", 200),
            ("if-modified-since", changed, 304),
            ("if-modified-since", "Fri, 09 Jan 2026 11:59:59 GMT", 200),
        ] {
            let answer = fleet.ask("cache-1", "GET", "http://lab/a", &[(name, value)]).await;
            assert_eq!(answer.status().as_u16(), status, "{name}: {value}");
            assert_eq!(answer.body().is_empty(), status == 304);
            assert_eq!(field(&answer, "etag"), "\"v1\"");
        }
        assert_eq!(fleet.lab.asked("/a"), 1);
    });
}

#[test]
fn a_first_request_on_a_condition_fetches_the_whole_and_answers_the_condition() {
    with_cache(&[], |fleet| async move {
        fleet.lab.put("/a", DAY, "hello");
        let has = [("if-none-match", "\"v1\""), ("range", "bytes=1-2")];
        let answer = fleet.ask("cache-1", "GET", "http://lab/a", &has).await;
        assert_eq!(answer.status(), StatusCode::NOT_MODIFIED);
        assert!(!fleet.lab.last().contains_key("if-none-match"));
        assert!(!fleet.lab.last().contains_key("range"));
        let whole = fleet.get("cache-1", "http://lab/a").await;
        assert_eq!((&whole.body()[..], fleet.lab.asked("/a")), (&b"hello"[..], 1));
    });
}

#[test]
fn a_part_comes_out_of_the_whole() {
    with_cache(&[], |fleet| async move {
        fleet.lab.put("/a", DAY, "0123456789");
        for _ in 0..2 {
            let part = fleet.ask("cache-1", "GET", "http://lab/a", &[("range", "bytes=2-4")]).await;
            assert_eq!((part.status().as_u16(), &part.body()[..]), (206, &b"234"[..]));
            assert_eq!(field(&part, "content-range"), "bytes 2-4/10");
            assert_eq!(field(&part, "content-length"), "3");
        }
        let outside = fleet.ask("cache-1", "GET", "http://lab/a", &[("range", "bytes=10-")]).await;
        assert_eq!(outside.status(), StatusCode::RANGE_NOT_SATISFIABLE);
        assert_eq!(field(&outside, "content-range"), "bytes */10");
        let two = fleet.ask("cache-1", "GET", "http://lab/a", &[("range", "bytes=0-1,4-5")]).await;
        assert_eq!((two.status().as_u16(), two.body().len()), (200, 10));
        let other = [("range", "bytes=2-4"), ("if-range", "\"v0\"")];
        assert_eq!(fleet.ask("cache-1", "GET", "http://lab/a", &other).await.body().len(), 10);
        assert_eq!(fleet.lab.asked("/a"), 1);
    });
}

#[test]
fn a_head_is_answered_from_the_store_or_passed_on() {
    with_cache(&[], |fleet| async move {
        fleet.lab.put("/a", DAY, "hello");
        let passed = fleet.ask("cache-1", "HEAD", "http://lab/a", &[]).await;
        assert_eq!((field(&passed, "content-length"), passed.body().len()), ("5", 0));
        assert_eq!(field(&passed, "cache-status"), "cache-1; fwd=request");
        assert_eq!(fleet.lab.seen.lock().unwrap()[0].method(), "HEAD");
        fleet.get("cache-1", "http://lab/a").await;
        let kept = fleet.ask("cache-1", "HEAD", "http://lab/a", &[]).await;
        assert_eq!((field(&kept, "content-length"), kept.body().len()), ("5", 0));
        assert_eq!(field(&kept, "cache-status"), "cache-1; hit");
        assert_eq!(fleet.lab.asked("/a"), 2);
    });
}

#[test]
fn what_must_not_be_kept_is_fetched_every_time() {
    with_cache(&[], |fleet| async move {
        for (path, control) in [("/no-store", "no-store"), ("/private", "private, max-age=60")] {
            fleet.lab.put(path, &[("cache-control", control), ("etag", "\"v1\"")], "mine");
            for _ in 0..3 {
                let answer = fleet.get("cache-1", &format!("http://lab{path}")).await;
                assert_eq!(field(&answer, "cache-status"), "cache-1; fwd=miss");
                assert!(answer.headers().get("age").is_none());
            }
            assert_eq!(fleet.lab.asked(path), 3, "{path}");
        }
        assert_eq!(fleet.count("cache-1", "cache_stored").await, 0);
        fleet.lab.put("/a", DAY, "hello");
        let secret = [("cache-control", "no-store")];
        for _ in 0..2 {
            fleet.ask("cache-1", "GET", "http://lab/a", &secret).await;
        }
        assert_eq!(fleet.lab.asked("/a"), 2);
    });
}

#[test]
fn an_answer_to_somebody_who_proved_who_he_is_is_his_alone() {
    with_cache(&[], |fleet| async move {
        let proof = [("authorization", "Basic eDp5")];
        fleet.lab.put("/mine", DAY, "mine");
        fleet.lab.put("/ours", &[("cache-control", "public, max-age=60")], "ours");
        for _ in 0..2 {
            fleet.ask("cache-1", "GET", "http://lab/mine", &proof).await;
            fleet.ask("cache-1", "GET", "http://lab/ours", &proof).await;
        }
        assert_eq!((fleet.lab.asked("/mine"), fleet.lab.asked("/ours")), (2, 1));
        assert_eq!(fleet.lab.seen.lock().unwrap()[0].headers()["authorization"], "Basic eDp5");
    });
}

#[test]
fn an_answer_that_varies_is_for_those_who_ask_alike() {
    with_cache(&[], |fleet| async move {
        fleet.lab.put("/a", &[DAY, &[("vary", "Accept-Language")]].concat(), "halo");
        for language in ["id", "en", "id", "en"] {
            let asked = [("accept-language", language)];
            fleet.ask("cache-1", "GET", "http://lab/a", &asked).await;
        }
        assert_eq!(fleet.lab.asked("/a"), 2);
        fleet.get("cache-1", "http://lab/a").await;
        assert_eq!(fleet.lab.asked("/a"), 3);
        fleet.lab.put("/b", &[DAY, &[("vary", "*")]].concat(), "halo");
        for _ in 0..2 {
            fleet.get("cache-1", "http://lab/b").await;
        }
        assert_eq!(fleet.lab.asked("/b"), 2);
    });
}

#[test]
fn a_query_is_part_of_the_name() {
    with_cache(&[], |fleet| async move {
        fleet.lab.put("/a", &[("cache-control", "max-age=60")], "hello");
        for query in ["x=1", "x=2", "x=1", "x=2&", ""] {
            fleet.get("cache-1", &format!("http://lab/a?{query}")).await;
        }
        let seen: Vec<String> =
            fleet.lab.seen.lock().unwrap().iter().map(|r| r.uri().to_string()).collect();
        assert_eq!(seen, ["/a?x=1", "/a?x=2", "/a?x=2&", "/a?"]);
        assert_eq!(fleet.lab.last()["host"], "lab");
    });
}

#[test]
fn who_insists_on_a_new_one_gets_it_and_who_wants_no_fetch_gets_none() {
    with_cache(&[], |fleet| async move {
        fleet.lab.put("/a", DAY, "hello");
        let only = [("cache-control", "only-if-cached")];
        let none = fleet.ask("cache-1", "GET", "http://lab/a", &only).await;
        assert_eq!((none.status().as_u16(), fleet.lab.asked("/a")), (504, 0));
        fleet.get("cache-1", "http://lab/a").await;
        assert_eq!(fleet.ask("cache-1", "GET", "http://lab/a", &only).await.status(), 200);
        fleet.ask("cache-1", "GET", "http://lab/a", &[("cache-control", "no-cache")]).await;
        assert_eq!(fleet.lab.asked("/a"), 2);
        let condition = [("if-match", "\"v1\"")];
        fleet.ask("cache-1", "GET", "http://lab/a", &condition).await;
        assert_eq!(
            (fleet.lab.asked("/a"), &fleet.lab.last()["if-match"]),
            (3, &"\"v1\"".parse().unwrap())
        );
    });
}

#[test]
fn what_it_does_not_do_it_refuses() {
    with_cache(&[], |fleet| async move {
        fleet.lab.put("/a", DAY, "hello");
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"] {
            let refused = fleet.ask("cache-1", method, "http://lab/a", &[]).await;
            assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED, "{method}");
            assert_eq!(field(&refused, "allow"), "GET, HEAD");
        }
        assert_eq!(fleet.ask("cache-1", "BREW", "http://lab/a", &[]).await.status(), 501);
        assert_eq!(fleet.ask("cache-1", "GET", "https://lab/a", &[]).await.status(), 501);
        let tunnel = fleet.try_ask("cache-1", "CONNECT", "lab:443", &[]).await.unwrap();
        assert_eq!(tunnel.status(), StatusCode::METHOD_NOT_ALLOWED);
        let plain = fleet.direct("cache-1:80", "GET", "/a").await;
        assert_eq!(plain.status(), StatusCode::BAD_REQUEST);
        let text = String::from_utf8_lossy(plain.body()).into_owned();
        assert!(text.contains("whole URL") && text.contains("--proxy"), "{text}");
        for url in ["http://elsewhere.example/a", "http://lab:8080/a", "http://nowhere/a"] {
            let unknown = fleet.get("cache-1", url).await;
            assert_eq!(unknown.status(), StatusCode::BAD_GATEWAY, "{url}");
        }
        assert_eq!(fleet.lab.asked("/a"), 0);
    });
}

#[test]
fn fields_of_one_connection_end_at_the_proxy() {
    with_cache(&[], |fleet| async move {
        let fields = [("connection", "x-mine"), ("x-mine", "1"), ("proxy-authenticate", "Basic")];
        fleet.lab.put("/a", &[DAY, &fields].concat(), "hello");
        let asked = [
            ("connection", "close, x-yours"),
            ("x-yours", "1"),
            ("proxy-authorization", "Basic eDp5"),
            ("te", "trailers"),
            ("accept", "audio/basic"),
        ];
        for _ in 0..2 {
            let answer = fleet.ask("cache-1", "GET", "http://lab/a", &asked).await;
            for name in ["x-mine", "proxy-authenticate"] {
                assert!(!answer.headers().contains_key(name), "{name}");
            }
        }
        for name in ["x-yours", "proxy-authorization", "te"] {
            assert!(!fleet.lab.last().contains_key(name), "{name}");
        }
        assert_eq!(
            (&fleet.lab.last()["accept"], &fleet.lab.last()["via"]),
            (&"audio/basic".parse().unwrap(), &"1.1 cache-1".parse().unwrap())
        );
    });
}

#[test]
fn a_small_store_gives_up_what_was_used_least_recently() {
    with_cache(&[("cache_bytes", "2000")], |fleet| async move {
        let long: &'static str = "x".repeat(500).leak();
        for path in ["/a", "/b", "/c", "/d"] {
            fleet.lab.put(path, DAY, long);
        }
        for path in ["/a", "/b", "/a", "/c", "/a", "/d", "/a", "/b"] {
            fleet.get("cache-1", &format!("http://lab{path}")).await;
        }
        assert_eq!((fleet.lab.asked("/a"), fleet.lab.asked("/b")), (1, 2));
        assert_eq!(fleet.count("cache-1", "cache_evicted").await, 2);
    });
}

#[test]
fn an_answer_larger_than_the_store_is_passed_on_and_one_larger_than_any_is_refused() {
    with_cache(&[("cache_bytes", "2000")], |fleet| async move {
        for (path, octets) in [("/large", 1 << 20), ("/huge", 65 << 20)] {
            let mut response = reply_with(DAY, "");
            *response.body_mut() = vec![0; octets].into();
            fleet.lab.put_slow(path, Duration::ZERO, response);
        }
        for _ in 0..2 {
            let large = fleet.get("cache-1", "http://lab/large").await;
            assert_eq!((large.status().as_u16(), large.body().len()), (200, 1 << 20));
        }
        assert_eq!(fleet.lab.asked("/large"), 2);
        let huge = fleet.get("cache-1", "http://lab/huge").await;
        assert_eq!(huge.status(), StatusCode::BAD_GATEWAY);
    });
}
