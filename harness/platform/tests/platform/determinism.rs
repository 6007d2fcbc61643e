//! One seed, one history: in one process and in another.

use crate::peer::again;
use squall_platform::rng::Draw;
use squall_platform::sim::{Death, World};
use squall_platform::time::{sleep, timeout};
use squall_platform::{Node, Stream, running};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const NODES: u64 = 24;
const CHILD: &str = "SQUALL_TEST_TRACE";

/// A running hash over everything anybody saw, in the order in which they saw it.
#[derive(Clone)]
struct Trace(Arc<Mutex<(u64, u64)>>);

impl Trace {
    /// The hash, and of how many notes.
    fn seen(&self) -> (u64, u64) {
        *self.0.lock().unwrap()
    }

    fn note(&self, what: &str, node: &Node, bytes: &[u8]) {
        let mut trace = self.0.lock().unwrap();
        let line = format!("{what} {} {}", node.name(), node.unix_us());
        for byte in line.bytes().chain(bytes.iter().copied()) {
            trace.0 = (trace.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
        trace.1 += 1;
    }
}

/// Many nodes that talk at random moments while some are killed, frozen and cut off.
fn chatter(seed: u64) -> (u64, u64) {
    World::run(seed, 5_000_000, |world| async move {
        let trace = Trace(Arc::new(Mutex::new((0xCBF2_9CE4_8422_2325, 0))));
        for number in 0..NODES {
            start(&world.node(&format!("n{number}")), number, &trace).await;
        }
        let mut rng = world.harness_node("harness").rng("faults");
        for _ in 0..40 {
            sleep(Duration::from_millis(rng.random_range(1..400))).await;
            let number = rng.random_range(0..NODES);
            let name = format!("n{number}");
            match rng.random_range(0..4) {
                0 => world.freeze(&name),
                1 => world.cut(&name),
                2 => {
                    world.kill(&name, Death::Process);
                    start(&world.node(&name), number, &trace).await;
                }
                _ => {
                    world.kill(&name, Death::Power);
                    sleep(Duration::from_millis(50)).await;
                    start(&world.node(&name), number, &trace).await;
                }
            }
            sleep(Duration::from_millis(rng.random_range(1..200))).await;
            world.thaw(&name);
            world.mend(&name);
        }
        sleep(Duration::from_secs(5)).await;
        trace.seen()
    })
}

async fn start(node: &Node, number: u64, trace: &Trace) {
    let mut listener = node.bind(&format!("{}:1", node.name())).await.unwrap();
    let (server, heard) = (node.clone(), trace.clone());
    node.spawn(async move {
        while let Ok(stream) = listener.accept().await {
            server.spawn(echo(stream, server.clone(), heard.clone()));
        }
    });
    for talker in 0..3 {
        node.spawn(talk(node.clone(), number, talker, trace.clone()));
    }
}

async fn echo(mut stream: Stream, node: Node, trace: Trace) {
    let mut buf = [0; 256];
    while let Ok(count @ 1..) = stream.read(&mut buf).await {
        trace.note("heard", &node, &buf[..count]);
        if stream.write_all(&buf[..count]).await.is_err() {
            return;
        }
    }
}

async fn talk(node: Node, number: u64, talker: u64, trace: Trace) {
    let mut rng = node.rng(&format!("talk {talker}"));
    loop {
        sleep(Duration::from_millis(rng.random_range(0..80))).await;
        let peer = (number + rng.random_range(1..NODES)) % NODES;
        let said = format!("{} {}", node.name(), rng.random::<u64>());
        let exchange = async {
            let mut stream = node.connect(&format!("n{peer}:1")).await?;
            stream.write_all(said.as_bytes()).await?;
            let mut buf = vec![0; said.len()];
            stream.read_exact(&mut buf).await?;
            std::io::Result::Ok(buf)
        };
        match timeout(Duration::from_millis(150), exchange).await {
            Ok(Ok(answer)) => trace.note("answer", &node, &answer),
            Ok(Err(error)) => trace.note("error", &node, format!("{:?}", error.kind()).as_bytes()),
            Err(_) => trace.note("silence", &node, said.as_bytes()),
        }
    }
}

fn in_another_process(seed: u64) -> String {
    let output = again("determinism::trace", CHILD).env(CHILD, seed.to_string()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find_map(|line| line.strip_prefix("TRACE=")).unwrap().to_owned()
}

/// Not a test of its own: the body of [`in_another_process`].
#[test]
fn trace() {
    if let Ok(seed) = std::env::var(CHILD) {
        println!("\nTRACE={:?}", chatter(seed.parse().unwrap()));
    }
}

#[test]
fn one_seed_gives_one_history() {
    let first = chatter(7);
    assert!(first.1 > 20_000, "too little was said: {first:?}");
    assert_eq!(first, chatter(7));
    assert_eq!(format!("{first:?}"), in_another_process(7));
    assert_eq!(format!("{first:?}"), in_another_process(7));
    assert_ne!(first.0, chatter(8).0);
}

/// The order in which tasks that wait for one stop are woken by it.
fn woken_by_a_stop() -> Vec<u64> {
    World::run(7, 0, |world| async move {
        let node = world.node("n");
        let (stop, stopping) = running::stop();
        let woken = Arc::new(Mutex::new(Vec::new()));
        let tasks: Vec<_> = (0..NODES)
            .map(|number| {
                let (mut stopping, woken) = (stopping.clone(), woken.clone());
                node.spawn(async move {
                    stopping.asked().await;
                    woken.lock().unwrap().push(number);
                })
            })
            .collect();
        sleep(Duration::from_millis(1)).await;
        stop.ask();
        for task in tasks {
            task.join().await;
        }
        woken.lock().unwrap().clone()
    })
}

#[test]
fn a_stop_wakes_those_who_wait_for_it_in_the_order_in_which_they_came() {
    for _ in 0..20 {
        assert_eq!(woken_by_a_stop(), (0..NODES).collect::<Vec<_>>());
    }
}
