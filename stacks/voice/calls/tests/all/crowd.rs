//! One replica and many who ask it at the same time.

use crate::cache::{DAY, with_cache};
use crate::fleet::{Fleet, MS, SECOND, field, reply_with, request};
use futures::future::join_all;
use http::StatusCode;
use squall_platform::time;
use squall_wire::http::{Client, Response};

/// A hundred at once for one URL, with as many workers.
async fn hundred(fleet: &Fleet) -> Vec<Response> {
    join_all((0..100).map(|_| fleet.get("cache-1", "http://lab/a"))).await
}

#[test]
fn a_hundred_who_want_the_same_are_one_fetch() {
    with_cache(&[("workers", "100")], |fleet| async move {
        fleet.lab.put_slow("/a", 500 * MS, reply_with(DAY, "hello"));
        let answers = hundred(&fleet).await;
        assert!(answers.iter().all(|answer| &answer.body()[..] == b"hello"));
        assert_eq!(fleet.lab.asked("/a"), 1);
        assert_eq!(fleet.count("cache-1", "cache_collapsed").await, 99);
    });
}

#[test]
fn those_who_wait_live_on_when_the_first_gives_up() {
    with_cache(&[("workers", "100")], |fleet| async move {
        fleet.lab.put_slow("/a", 500 * MS, reply_with(DAY, "hello"));
        let impatient = Client::new(fleet.node.clone(), 0);
        let first = async {
            let wanted = request("GET", "http://lab/a", &[]);
            assert!(impatient.forward("cache-1:80", wanted, 100 * MS).await.is_err());
        };
        let others = async {
            time::sleep(50 * MS).await;
            hundred(&fleet).await
        };
        let ((), answers) = tokio::join!(first, others);
        assert!(answers.iter().all(|answer| answer.status() == StatusCode::OK));
        assert_eq!(fleet.lab.asked("/a"), 1);
    });
}

#[test]
fn those_who_wait_for_what_is_not_theirs_fetch_for_themselves() {
    with_cache(&[("workers", "100")], |fleet| async move {
        let private = reply_with(&[("cache-control", "private")], "mine");
        fleet.lab.put_slow("/a", 500 * MS, private);
        let start = time::Instant::now();
        assert_eq!(hundred(&fleet).await.len(), 100);
        assert_eq!(fleet.lab.asked("/a"), 100);
        assert!(start.elapsed() < 2 * SECOND, "side by side, not one after the other");
    });
}

#[test]
fn an_origin_that_fails_fails_all_who_wait_and_nobody_after() {
    with_cache(&[("workers", "100")], |fleet| async move {
        fleet.lab.put_slow("/a", 100 * SECOND, reply_with(DAY, "hello"));
        let answers = hundred(&fleet).await;
        assert!(answers.iter().all(|answer| answer.status() == StatusCode::GATEWAY_TIMEOUT));
        assert_eq!((fleet.lab.asked("/a"), fleet.count("cache-1", "cache_late").await), (1, 100));
        fleet.lab.put("/a", DAY, "hello");
        assert_eq!(fleet.get("cache-1", "http://lab/a").await.status(), StatusCode::OK);
    });
}

#[test]
fn more_than_may_wait_are_refused_at_once() {
    with_cache(&[("workers", "1"), ("queue_limit", "5")], |fleet| async move {
        fleet.lab.put_slow("/a", 500 * MS, reply_with(DAY, "hello"));
        let fetches = join_all((0..10).map(|_| fleet.get("cache-1", "http://lab/a")));
        let look = async {
            time::sleep(100 * MS).await;
            let health = fleet.direct("cache-1:90", "GET", "/health").await;
            serde_json::from_slice::<serde_json::Value>(health.body()).unwrap()
        };
        let (answers, health) = tokio::join!(fetches, look);
        assert_eq!((&health["backlog"], &health["healthy"]), (&5.into(), &true.into()));
        assert!(health["oldest_ms"].as_u64().unwrap() >= 90, "{health}");
        let refused: Vec<&Response> = answers.iter().filter(|a| a.status() == 503).collect();
        assert_eq!((refused.len(), field(refused[0], "retry-after")), (4, "1"));
        assert_eq!(fleet.count("cache-1", "cache_full").await, 4);
    });
}

#[test]
fn a_fetch_that_no_worker_can_begin_in_time_expires_and_costs_nothing() {
    with_cache(&[("workers", "1"), ("queue_timeout", "1000")], |fleet| async move {
        fleet.lab.put_slow("/a", 2_000 * MS, reply_with(DAY, "hello"));
        let start = time::Instant::now();
        let answers = join_all((0..10).map(|_| fleet.get("cache-1", "http://lab/a"))).await;
        let late = answers.iter().filter(|answer| answer.status() == StatusCode::GATEWAY_TIMEOUT);
        assert_eq!((late.count(), fleet.count("cache-1", "cache_expired").await), (9, 9));
        assert_eq!(fleet.get("cache-1", "http://lab/a").await.status(), StatusCode::OK);
        assert!(start.elapsed() < 2_100 * MS, "{:?}", start.elapsed());
    });
}
