//! The balancer in front of replicas that come, go, stand by and hang.

use crate::fleet::{Fleet, MS, SECOND, START_US, field, reply_with, request};
use futures::future::join_all;
use http::StatusCode;
use squall_platform::sim::{Death, World};
use squall_platform::time;
use squall_wire::http::Client;
use std::collections::BTreeMap;

const DAY: &[(&str, &str)] = &[("cache-control", "max-age=60")];

fn with_fleet<F: Future<Output = ()>>(
    replicas: usize,
    settings: &'static [(&'static str, &'static str)],
    test: impl FnOnce(Fleet) -> F,
) {
    World::run(1, START_US, |world| async move {
        test(Fleet::raise(&world, replicas, settings).await).await;
    });
}

/// Which replicas answered so many fetches, one after the other.
async fn answered_by(fleet: &Fleet, fetches: usize) -> BTreeMap<String, usize> {
    let mut by = BTreeMap::new();
    for _ in 0..fetches {
        let answer = fleet.get("balancer", "http://lab/a").await;
        let who = match answer.status() {
            StatusCode::OK => field(&answer, "cache-status").split(';').next().unwrap().to_owned(),
            status => status.as_str().to_owned(),
        };
        *by.entry(who).or_insert(0) += 1;
    }
    by
}

fn all<const N: usize>(by: [(&str, usize); N]) -> BTreeMap<String, usize> {
    by.map(|(who, fetches)| (who.to_owned(), fetches)).into()
}

#[test]
fn fetches_go_round_the_replicas_that_are_in_service() {
    with_fleet(3, &[("replicas", "2")], |fleet| async move {
        fleet.lab.put("/a", DAY, "hello");
        let health = fleet.direct("cache-3:80", "GET", "/health").await;
        assert_eq!((health.status().as_u16(), &health.body()[..]), (503, &b"standing by"[..]));
        assert_eq!(answered_by(&fleet, 6).await, all([("cache-1", 3), ("cache-2", 3)]));
        fleet.set_all("replicas", "3").await;
        time::sleep(1_100 * MS).await;
        let three = all([("cache-1", 3), ("cache-2", 3), ("cache-3", 3)]);
        assert_eq!(answered_by(&fleet, 9).await, three);
        assert_eq!(fleet.count("balancer", "balancer_up").await, 3);
        fleet.set_all("replicas", "1").await;
        time::sleep(3_100 * MS).await;
        assert_eq!(answered_by(&fleet, 4).await, all([("cache-1", 4)]));
    });
}

#[test]
fn a_replica_that_is_gone_is_left_out_and_comes_back() {
    with_fleet(2, &[], |mut fleet| async move {
        fleet.lab.put("/a", DAY, "hello");
        fleet.world.kill("cache-1", Death::Process);
        // Before its health checks know, who cannot connect goes on to the next.
        assert_eq!(answered_by(&fleet, 4).await, all([("cache-2", 4)]));
        assert_eq!(fleet.count("balancer", "balancer_tried_elsewhere").await, 2);
        time::sleep(3_100 * MS).await;
        assert_eq!(fleet.count("balancer", "balancer_up").await, 1);
        assert_eq!(answered_by(&fleet, 4).await, all([("cache-2", 4)]));
        assert_eq!(fleet.count("balancer", "balancer_tried_elsewhere").await, 2);
        fleet.start("cache-1").await;
        time::sleep(1_100 * MS).await;
        assert_eq!(answered_by(&fleet, 4).await, all([("cache-1", 2), ("cache-2", 2)]));
    });
}

#[test]
fn where_no_other_replica_is_left_none_was_tried() {
    with_fleet(1, &[], |fleet| async move {
        fleet.world.kill("cache-1", Death::Process);
        assert_eq!(fleet.get("balancer", "http://lab/a").await.status(), 502);
        assert_eq!(fleet.count("balancer", "balancer_tried_elsewhere").await, 0);
    });
}

#[test]
fn with_no_replica_up_a_fetch_is_refused_at_once_and_health_says_so() {
    with_fleet(1, &[("replicas", "0")], |fleet| async move {
        let answer = fleet.get("balancer", "http://lab/a").await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(fleet.count("balancer", "balancer_nobody").await, 1);
        assert_eq!(fleet.direct("balancer:80", "GET", "/health").await.status(), 503);
        assert_eq!(fleet.direct("balancer:90", "GET", "/health").await.status(), 503);
    });
}

#[test]
fn a_silent_replica_is_given_up_on_and_then_left_out() {
    with_fleet(2, &[], |fleet| async move {
        fleet.lab.put("/a", DAY, "hello");
        fleet.world.cut("cache-1");
        let start = time::Instant::now();
        let answers = join_all((0..2).map(|_| fleet.get("balancer", "http://lab/a"))).await;
        let late = answers.iter().filter(|a| a.status() == StatusCode::GATEWAY_TIMEOUT).count();
        assert_eq!((late, start.elapsed().as_secs()), (1, 5));
        assert_eq!(answered_by(&fleet, 2).await, all([("cache-2", 2)]));
        fleet.world.mend("cache-1");
        time::sleep(2_100 * MS).await;
        assert_eq!(answered_by(&fleet, 2).await, all([("cache-1", 1), ("cache-2", 1)]));
    });
}

/// The mechanism by which an overload does not grow without bound.
#[test]
fn a_fetch_that_the_balancer_gave_up_on_leaves_the_queue_and_costs_nothing() {
    with_fleet(1, &[("workers", "1"), ("queue_timeout", "60000")], |fleet| async move {
        fleet.lab.put_slow("/slow", 2_500 * MS, reply_with(&[("cache-control", "no-store")], ""));
        fleet.lab.put("/a", DAY, "hello");
        let start = time::Instant::now();
        let waiting = join_all((0..10).map(|_| fleet.get("balancer", "http://lab/slow")));
        let (answers, at_4_s) = tokio::join!(waiting, async {
            time::sleep(4 * SECOND).await;
            fleet.direct("cache-1:90", "GET", "/health").await
        });
        let served = answers.iter().filter(|answer| answer.status() == StatusCode::OK).count();
        assert_eq!(served, 1, "2.535 s each, and 5 s of patience");
        assert!(String::from_utf8_lossy(at_4_s.body()).contains("\"backlog\":8"));
        assert_eq!(start.elapsed().as_secs(), 5);
        // One was begun, and is ended; eight are gone without a trace.
        assert_eq!(fleet.count("cache-1", "cache_abandoned").await, 8);
        assert_eq!(fleet.get("balancer", "http://lab/a").await.status(), StatusCode::OK);
        assert!(start.elapsed() < 5_200 * MS, "{:?}", start.elapsed());
        assert_eq!(fleet.lab.asked("/slow"), 2);
        assert_eq!(fleet.count("balancer", "balancer_given_up").await, 9);
    });
}

#[test]
fn a_customer_who_gives_up_takes_the_fetch_out_of_the_cache_too() {
    with_fleet(1, &[("workers", "1")], |fleet| async move {
        fleet.lab.put_slow("/slow", 2_500 * MS, reply_with(DAY, ""));
        let impatient = Client::new(fleet.node.clone(), 0);
        let wanted = || request("GET", "http://lab/slow", &[]);
        let tries = (0..5).map(|_| impatient.forward("balancer:80", wanted(), 100 * MS));
        assert!(join_all(tries).await.iter().all(Result::is_err));
        time::sleep(MS).await;
        assert_eq!(fleet.count("cache-1", "cache_abandoned").await, 4);
        let health = fleet.direct("balancer:90", "GET", "/health").await;
        assert!(String::from_utf8_lossy(health.body()).contains("\"backlog\":0"));
    });
}

#[test]
fn the_health_of_a_busy_replica_is_answered_without_a_worker() {
    with_fleet(1, &[("workers", "1"), ("hit_ms", "3000")], |fleet| async move {
        fleet.lab.put("/a", DAY, "hello");
        fleet.get("cache-1", "http://lab/a").await;
        let busy = join_all((0..5).map(|_| fleet.get("cache-1", "http://lab/a")));
        let asked = async {
            time::sleep(SECOND).await;
            let start = time::Instant::now();
            let answer = fleet.direct("cache-1:80", "GET", "/health").await;
            assert_eq!((answer.status().as_u16(), start.elapsed() < 5 * MS), (200, true));
        };
        tokio::join!(busy, asked);
    });
}

#[test]
fn what_passes_the_balancer_is_marked_and_cleaned() {
    with_fleet(1, &[], |fleet| async move {
        fleet.lab.put("/a", DAY, "hello");
        let asked = [("connection", "x-mine"), ("x-mine", "1"), ("x-other", "1")];
        let answer = fleet.ask("balancer", "GET", "http://lab/a", &asked).await;
        assert_eq!(fleet.lab.last().get_all("via").iter().count(), 2);
        assert!(
            !fleet.lab.last().contains_key("x-mine") && fleet.lab.last().contains_key("x-other")
        );
        let hops: Vec<_> = answer.headers().get_all("via").iter().collect();
        assert_eq!(hops, ["1.1 cache-1", "1.1 balancer"]);
        let head = fleet.ask("balancer", "HEAD", "http://lab/a", &[]).await;
        assert_eq!((field(&head, "content-length"), head.body().len()), ("5", 0));
        assert_eq!(fleet.ask("balancer", "POST", "http://lab/a", &[]).await.status(), 405);
        assert_eq!(fleet.direct("balancer:80", "GET", "/a").await.status(), 400);
        assert_eq!(fleet.count("balancer", "balancer_refused").await, 2);
    });
}
