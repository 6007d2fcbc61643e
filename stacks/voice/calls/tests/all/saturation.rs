//! The outage that this stack replays: more telemetry than its buffer holds becomes error events,
//! their collector takes the workers of the fetches, and fetches come too late. Each defence alone
//! ends it.
//!
//! Two replicas of four workers each. A hit takes 20 ms, so they serve 400 fetches a second, and 280
//! are asked for: D = 5.6 workers of C = 8. Each brings two events, ten with five times the
//! telemetry: 1,400 a second and replica, of which the buffer takes 200. The other 1,200 are an error
//! event of 16 KiB each, at 85 µs a KiB: E = 2 × 1,200 × 1.36 ms = 3.264 workers. What fails is
//! (D + E − C) / D = 15.4% of the fetches. The wait grows by 0.11 s a second until it is as long as a
//! fetch may wait, which is 0.8 s here, or each test would have to wait five times as long for its
//! overload.

use crate::fleet::{Fleet, MS, SECOND, START_US};
use http::StatusCode;
use squall_platform::sim::World;
use squall_platform::time::{self, Instant};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

const SETTINGS: &[(&str, &str)] = &[
    ("workers", "4"),
    ("hit_ms", "20"),
    ("miss_ms", "20"),
    ("event_us_per_kb", "85"),
    ("media_files", "20"),
    ("replicas", "2"),
    ("fetch_timeout", "1000"),
    ("queue_timeout", "800"),
];
const PER_SECOND: u64 = 280;
const WORKERS: f64 = 8.0;

/// Statuses of fetches, by the second in which they were asked for.
#[derive(Clone, Default)]
struct Tally(Arc<Mutex<Vec<(Instant, u16)>>>);

impl Tally {
    /// The share of fetches asked for since `from` that failed, and how.
    fn failed_since(&self, from: Instant) -> (f64, BTreeMap<u16, usize>) {
        let all = self.0.lock().unwrap();
        let mut by = BTreeMap::new();
        for (_, status) in all.iter().filter(|(at, _)| *at >= from) {
            *by.entry(*status).or_insert(0) += 1;
        }
        let total: usize = by.values().sum();
        let failed = total - by.get(&200).copied().unwrap_or(0);
        (failed as f64 / total as f64, by)
    }
}

/// Asks for `per_second` fetches for so many seconds, whatever becomes of them, and waits for all.
async fn load(fleet: &Fleet, tally: &Tally, per_second: u64, seconds: u64) {
    let (start, mut sent) = (Instant::now(), Vec::new());
    for n in 0..per_second * seconds {
        time::sleep_until(start + SECOND * u32::try_from(n).unwrap() / per_second as u32).await;
        let (client, tally) = (fleet.client.clone(), tally.clone());
        let url = format!("http://media/media/{}.ulaw", n * 7 % 20);
        sent.push(fleet.node.spawn(async move {
            let (at, wanted) = (Instant::now(), crate::fleet::request("GET", &url, &[]));
            let answer = client.forward("balancer:80", wanted, 30 * SECOND).await;
            let status = answer.map_or(0, |answer| answer.status().as_u16());
            tally.0.lock().unwrap().push((at, status));
        }));
    }
    for task in sent {
        task.join().await;
    }
}

/// What failed of 40 seconds' fetches, the first twenty of which fill the queues and do not count.
async fn failing(fleet: &Fleet, per_second: u64) -> (f64, BTreeMap<u16, usize>) {
    let (tally, start) = (Tally::default(), Instant::now());
    load(fleet, &tally, per_second, 40).await;
    tally.failed_since(start + 20 * SECOND)
}

fn with_fleet<F: Future<Output = ()>>(
    replicas: usize,
    settings: &[(&'static str, &'static str)],
    test: impl FnOnce(Fleet) -> F,
) {
    let settings = [SETTINGS, settings].concat();
    World::run(1, START_US, |world| async move {
        let fleet = Fleet::raise(&world, replicas, &settings).await;
        // All files are in all stores from now on.
        load(&fleet, &Tally::default(), 100, 3).await;
        test(fleet).await;
    });
}

/// (D + E − C) / D, as the fleet's own counters have it.
async fn predicted(fleet: &Fleet, per_second: u64) -> f64 {
    let before = fleet.count_all("cache_error_events").await;
    let start = Instant::now();
    load(fleet, &Tally::default(), per_second, 5).await;
    let made = fleet.count_all("cache_error_events").await - before;
    assert!(start.elapsed() > 5 * SECOND - 10 * MS);
    let demand = per_second as f64 * 0.020;
    let errors = made as f64 / 5.0 * 0.00136;
    (demand + errors - WORKERS) / demand
}

#[test]
fn at_seventy_percent_of_its_capacity_the_fleet_serves_everything() {
    with_fleet(2, &[], |fleet| async move {
        let (share, by) = failing(&fleet, PER_SECOND).await;
        assert_eq!((share, by.len()), (0.0, 1), "{by:?}");
        assert_eq!(fleet.count_all("cache_abandoned").await, 0);
        let sent = fleet.count_all("cache_events_sent").await;
        time::sleep(2 * SECOND).await;
        assert!(sent > 0 && fleet.count("telemetry", "telemetry_events").await >= sent);
    });
}

#[test]
fn five_times_the_telemetry_fails_the_share_of_fetches_that_the_arithmetic_says() {
    with_fleet(2, &[], |fleet| async move {
        fleet.set_all("telemetry_factor", "5").await;
        let (share, by) = failing(&fleet, PER_SECOND).await;
        let arithmetic = predicted(&fleet, PER_SECOND).await;
        assert!((arithmetic - 0.154).abs() < 0.02, "{arithmetic}");
        assert!((share - arithmetic).abs() < 0.03, "{share} of {by:?}, not {arithmetic}");
        let failed: usize = by.iter().filter(|(status, _)| **status != 200).map(|(_, n)| n).sum();
        assert_eq!(by.get(&StatusCode::GATEWAY_TIMEOUT.as_u16()), Some(&failed), "{by:?}");
        assert!(fleet.count_all("cache_expired").await >= failed as u64);
        // And all the while every replica said that it was well.
        assert_eq!(fleet.count("balancer", "balancer_up").await, 2);
    });
}

/// The share that fails in the overload, then with the defence in force.
fn healed(replicas: usize, key: &'static str, value: &'static str) {
    with_fleet(replicas, &[], |fleet| async move {
        fleet.set_all("telemetry_factor", "5").await;
        let (share, _) = failing(&fleet, PER_SECOND).await;
        assert!(share > 0.1, "{share}");
        fleet.set_all(key, value).await;
        let (share, by) = failing(&fleet, PER_SECOND).await;
        assert_eq!(share, 0.0, "{key} = {value}: {by:?}");
    });
}

#[test]
fn a_larger_buffer_ends_it() {
    healed(2, "telemetry_buffer", "5000");
}

#[test]
fn smaller_log_payloads_end_it() {
    healed(2, "log_payload_bytes", "2048");
}

#[test]
fn an_error_collector_switched_off_ends_it() {
    healed(2, "error_collector", "off");
}

#[test]
fn an_error_collector_with_workers_of_its_own_ends_it() {
    healed(2, "shared_workers", "off");
}

#[test]
fn more_replicas_end_it() {
    healed(4, "replicas", "4");
}

#[test]
fn telemetry_back_to_normal_ends_it() {
    healed(2, "telemetry_factor", "1");
}

#[test]
fn more_load_fails_more_of_it_and_less_load_less() {
    let mut shares = Vec::new();
    for per_second in [200, 260, 280, 300] {
        with_fleet(2, &[], |fleet| {
            let shares = &mut shares;
            async move {
                fleet.set_all("telemetry_factor", "5").await;
                shares.push(failing(&fleet, per_second).await.0);
            }
        });
    }
    assert_eq!(shares[0], 0.0, "{shares:?}");
    assert!(shares.windows(2).all(|pair| pair[0] <= pair[1]), "{shares:?}");
    assert!(shares[3] > shares[1] + 0.1, "{shares:?}");
}

/// Why the queue's patience is shorter than the balancer's: what a worker begins shall have somebody
/// left to take it.
#[test]
fn a_queue_as_patient_as_the_balancer_works_for_nobody() {
    with_fleet(2, &[("queue_timeout", "1000")], |fleet| async move {
        fleet.set_all("telemetry_factor", "5").await;
        let (share, by) = failing(&fleet, PER_SECOND).await;
        assert!(share > 0.5, "{share} of {by:?}");
    });
}

#[test]
fn one_seed_gives_one_history() {
    let history = || {
        let mut seen = Vec::new();
        with_fleet(2, &[], |fleet| {
            let seen = &mut seen;
            async move {
                fleet.set_all("telemetry_factor", "6").await;
                let (tally, start) = (Tally::default(), Instant::now());
                load(&fleet, &tally, PER_SECOND, 15).await;
                let all = tally.0.lock().unwrap();
                seen.extend(all.iter().map(|(at, status)| (*at - start, *status)));
            }
        });
        seen
    };
    let first = history();
    assert!(first.iter().any(|(_, status)| *status == 504));
    assert!(first == history());
}

#[test]
fn a_defence_that_is_too_small_is_none() {
    with_fleet(2, &[("log_payload_bytes", "16000")], |fleet| async move {
        fleet.set_all("telemetry_factor", "5").await;
        assert!(failing(&fleet, PER_SECOND).await.0 > 0.1);
    });
}
