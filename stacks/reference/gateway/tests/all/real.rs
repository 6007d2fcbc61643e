//! The same roles on real sockets and a real disk.

use crate::loopback::{Loopback, SENDER};
use crate::stage::{NODES, Sender};
use squall_platform::time;
use std::collections::BTreeMap;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stack_on_loopback_delivers_and_survives_its_queue() {
    let stack = Loopback::new();
    let (listen, edge) = (stack.address(SENDER), stack.address("edge:8000"));
    let sender = Sender::start(stack.node("sender"), listen, edge).await;
    let mut running = BTreeMap::new();
    for name in NODES {
        running.insert(name, stack.start(name).await);
    }
    time::sleep(Duration::from_millis(500)).await;
    sender.send(0..100, 200.0).await;
    let mut queue = running.remove("queue-1").unwrap();
    queue.stop.ask();
    queue.stopped.wait().await;
    sender.send(100..200, 200.0).await;
    running.insert("queue-1", stack.start("queue-1").await);
    for _ in 0..100 {
        if sender.unheard() == 0 {
            break;
        }
        time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!((sender.accepted().len(), sender.unheard()), (200, 0));
}
