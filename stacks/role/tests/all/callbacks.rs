//! Callbacks: where they go, how often, and what a stop does to them.

use http::StatusCode;
use squall_model::stack::SENDER;
use squall_platform::running::{self, Stop};
use squall_platform::sim::World;
use squall_platform::time::{self, Instant};
use squall_role::callbacks::{Callbacks, Told};
use squall_wire::http::{Client, Limits, Request, reply, serve};
use std::cell::Cell;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Answers with these statuses, the last of them for ever; its log holds what it was asked for.
async fn listen(world: &World, at: &str, statuses: &[u16]) -> Arc<Mutex<Vec<String>>> {
    let log: Arc<Mutex<Vec<String>>> = Arc::default();
    let (asked, statuses) = (log.clone(), statuses.to_vec());
    let handler = move |request: Request| {
        let mut asked = asked.lock().unwrap();
        let status = statuses.get(asked.len()).or(statuses.last()).copied().unwrap();
        asked.push(request.uri().to_string());
        std::future::ready(reply::empty(StatusCode::from_u16(status).unwrap()))
    };
    let (host, _) = at.split_once(':').unwrap();
    let node = world.harness_node(host);
    let listener = node.bind(at).await.unwrap();
    let (stop, stopping, done, stopped) = running::stop_pair();
    std::mem::forget((stop, stopped));
    serve(&node, listener, Limits::default(), stopping, done, Arc::new(handler));
    log
}

fn callbacks(world: &World, links: &[(&str, &str)]) -> (Callbacks, Stop) {
    let node = world.node("role");
    let (stop, stopping) = running::stop();
    let link = |(name, address): &(&str, &str)| ((*name).to_owned(), (*address).to_owned());
    let callbacks = Callbacks {
        client: Client::new(node.clone(), 4),
        links: links.iter().map(link).collect(),
        tries: 5,
        patience: Duration::from_secs(5),
        pauses: (Duration::from_secs(1), Duration::from_secs(4)),
        rng: Callbacks::rng(&node),
        stopping,
    };
    (callbacks, stop)
}

fn request(host: &str) -> (String, Request) {
    let mut request = Request::default();
    *request.uri_mut() = "/status".parse().unwrap();
    (host.to_owned(), request)
}

#[test]
fn a_callback_goes_over_the_link_that_its_host_names_else_over_the_senders_else_straight() {
    World::run(1, 0, |world| async move {
        let app = listen(&world, "app:81", &[204]).await;
        let sender = listen(&world, "sender:82", &[204]).await;
        let other = listen(&world, "other:80", &[204]).await;
        let counts = || [&app, &sender, &other].map(|log| log.lock().unwrap().len());
        let links = [("app", "app:81"), (SENDER, "sender:82")];
        let (linked, _stop) = callbacks(&world, &links);
        assert_eq!(linked.tell(request("app:9"), || ()).await, Told::Taken);
        assert_eq!(counts(), [1, 0, 0]);
        assert_eq!(linked.tell(request("other:80"), || ()).await, Told::Taken);
        assert_eq!(counts(), [1, 1, 0]);
        let (plain, _stop) = callbacks(&world, &[]);
        assert_eq!(plain.tell(request("other:80"), || ()).await, Told::Taken);
        assert_eq!(counts(), [1, 1, 1]);
    });
}

#[test]
fn what_is_answered_with_a_fault_of_the_other_side_is_sent_again_a_bounded_number_of_times() {
    World::run(1, 0, |world| async move {
        for (statuses, told, asked) in [
            (&[503, 500, 204][..], Told::Taken, 3),
            (&[404], Told::Taken, 1),
            (&[503], Told::GivenUp, 5),
        ] {
            let log = listen(&world, &format!("s{asked}:80"), statuses).await;
            let (callbacks, _stop) = callbacks(&world, &[]);
            let failed = Cell::new(0);
            let count = || failed.set(failed.get() + 1);
            let began = Instant::now();
            assert_eq!(callbacks.tell(request(&format!("s{asked}:80")), count).await, told);
            assert_eq!(log.lock().unwrap().len(), asked);
            assert_eq!(failed.get(), asked - usize::from(told == Told::Taken));
            // Between half and all of 1, 2, 4 and 4 seconds.
            let paused = [0.0, 0.5, 1.5, 3.5, 5.5][asked - 1];
            let took = began.elapsed().as_secs_f64();
            assert!((paused..=2.0 * paused + 0.1).contains(&took), "{asked} tries took {took} s");
        }
    });
}

#[test]
fn a_stop_ends_the_pauses_and_allows_one_try() {
    World::run(1, 0, |world| async move {
        let log = listen(&world, "deaf:80", &[503]).await;
        let (callbacks, stop) = callbacks(&world, &[]);
        let began = Instant::now();
        let asked = async {
            time::sleep(Duration::from_millis(100)).await;
            stop.ask();
        };
        let (told, ()) = tokio::join!(callbacks.tell(request("deaf:80"), || ()), asked);
        assert_eq!((told, log.lock().unwrap().len()), (Told::Stopped, 1));
        assert!(began.elapsed() < Duration::from_millis(200), "{:?}", began.elapsed());
        assert_eq!(callbacks.tell(request("deaf:80"), || ()).await, Told::Stopped);
        assert_eq!(log.lock().unwrap().len(), 2);
        let heard = listen(&world, "hears:80", &[204]).await;
        assert_eq!(callbacks.tell(request("hears:80"), || ()).await, Told::Taken);
        assert_eq!(heard.lock().unwrap().len(), 1);
    });
}
