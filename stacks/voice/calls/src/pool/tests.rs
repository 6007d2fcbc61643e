//! A pool in virtual time.

use super::*;
use squall_platform::sim::World;

const MS: Duration = Duration::from_millis(1);

/// Runs `test` with a node of a world of its own.
fn in_sim<F: Future<Output = ()>>(test: impl FnOnce(Node) -> F) {
    World::run(1, 0, |world| test(world.node("pool")));
}

/// Has `cost` done by a worker, and tells when it began and ended.
async fn done(pool: &Pool, cost: Duration) -> (Instant, Instant) {
    let mut worker = pool.turn().expect("room").come().await.expect("a worker");
    let began = Instant::now();
    worker.spend(cost).await;
    (began, Instant::now())
}

#[test]
fn jobs_begin_in_the_order_in_which_they_came() {
    in_sim(|node| async move {
        let pool = Pool::new(&node, 2, 100);
        let start = Instant::now();
        let jobs = (0..10).map(|_| done(&pool, 10 * MS));
        let began = futures::future::join_all(jobs).await;
        let began: Vec<u128> = began.iter().map(|(at, _)| (*at - start).as_millis()).collect();
        assert_eq!(began, [0, 0, 10, 10, 20, 20, 30, 30, 40, 40]);
    });
}

#[test]
fn work_shorter_than_a_timers_tick_takes_no_longer_in_all() {
    in_sim(|node| async move {
        let (pool, handled) = (Pool::new(&node, 2, 100), Counter::default());
        let start = Instant::now();
        for _ in 0..2_000 {
            assert!(pool.post(Duration::from_micros(1_500), handled.clone()));
        }
        done(&pool, Duration::ZERO).await;
        assert!((1_498..=1_502).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
        assert!(handled.get() >= 1_998);
    });
}

#[test]
fn who_gives_up_while_waiting_costs_nothing_and_who_has_begun_costs_all() {
    in_sim(|node| async move {
        let pool = Pool::new(&node, 1, 100);
        let start = Instant::now();
        let begun = pool.turn().expect("room");
        let waiting: Vec<Turn> = (0..50).map(|_| pool.turn().expect("room")).collect();
        let mut worker = begun.come().await.expect("a worker");
        assert_eq!(pool.backlog().jobs, 50);
        drop(waiting);
        assert_eq!(pool.backlog(), Backlog::default());
        // Given up in the midst of it.
        assert!(time::timeout(MS, worker.spend(20 * MS)).await.is_err());
        drop(worker);
        let (began, _) = done(&pool, MS).await;
        assert_eq!((began - start).as_millis(), 20);
    });
}

#[test]
fn a_worker_handed_to_who_has_just_gone_is_free_again() {
    in_sim(|node| async move {
        let pool = Pool::new(&node, 1, 100);
        for _ in 0..3 {
            let turn = pool.turn().expect("room");
            time::sleep(MS).await;
            assert_eq!(pool.backlog().jobs, 0, "the worker is on its way");
            drop(turn);
        }
        let (began, _) = done(&pool, MS).await;
        assert!(began.elapsed() <= MS);
    });
}

#[test]
fn callers_are_bounded_and_what_is_posted_waits_in_the_same_queue() {
    in_sim(|node| async move {
        let (pool, handled) = (Pool::new(&node, 1, 2), Counter::default());
        let mut worker = pool.turn().expect("room").come().await.expect("a worker");
        assert!(pool.post(100 * MS, handled.clone()));
        let (first, _second) = (pool.turn().expect("room"), pool.turn().expect("room"));
        assert!(pool.turn().is_none(), "two may wait");
        assert!(pool.post(100 * MS, handled.clone()), "that bound is for callers");
        let start = Instant::now();
        worker.spend(5 * MS).await;
        drop(worker);
        first.come().await.expect("a worker");
        assert_eq!((start.elapsed().as_millis(), handled.get()), (105, 1));
    });
}

#[test]
fn a_queue_without_places_serves_those_for_whom_a_worker_is_idle() {
    in_sim(|node| async move {
        let pool = Pool::new(&node, 2, 0);
        time::sleep(MS).await;
        for _ in 0..2 {
            let turns: Vec<Option<Turn>> = (0..5).map(|_| pool.turn()).collect();
            assert_eq!(turns.iter().flatten().count(), 2);
            for turn in turns.into_iter().flatten() {
                turn.come().await.expect("a worker").spend(MS).await;
            }
            time::sleep(10 * MS).await;
        }
    });
}

#[test]
fn waiting_for_somebody_else_holds_the_worker() {
    in_sim(|node| async move {
        let pool = Pool::new(&node, 1, 10);
        let start = Instant::now();
        let holds = async {
            let mut worker = pool.turn().expect("room").come().await.expect("a worker");
            worker.wait(time::sleep(30 * MS)).await;
            worker.spend(5 * MS).await;
        };
        let ((), (began, _)) = tokio::join!(holds, done(&pool, MS));
        assert_eq!((began - start).as_millis(), 35);
    });
}
