//! The edge as Twilio's official Python SDK sees it, with the whole stack behind it on loopback.

use crate::loopback::{Loopback, SENDER};
use crate::python;
use crate::stage::{ACCOUNT, NODES, SECRET, Sender, start};
use bytes::Bytes;
use http::{Method, StatusCode};
use squall_model::stack::SENDER as SENDER_LINK;

/// As many as the script creates.
const MESSAGES: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_twilio_sdk_sends_through_the_stack() {
    let stack = Loopback::new();
    let mut running = Vec::new();
    for name in NODES {
        let mut config = stack.config(name);
        // Without the link the edge dials the host that StatusCallback names: the script's.
        config.links.remove(SENDER_LINK);
        running.push(start(stack.node(name), config).await);
    }
    let (base, count) = (format!("http://{}", stack.address("edge:8000")), MESSAGES.to_string());
    let script = move || python::run("edge.py", &[&base, ACCOUNT, SECRET, &count]);
    if !tokio::task::spawn_blocking(script).await.unwrap() {
        return;
    }
    // What the sender was told is true: the primary carrier has delivered each of them, once.
    let (listen, edge) = (stack.address(SENDER), stack.address("edge:8000"));
    let witness = Sender::start(stack.node("sender"), listen, edge).await;
    let carrier = stack.address("smartfren:9000");
    let (status, log) =
        witness.control(Method::GET, carrier, "/log?from=0&max=1000", Bytes::new()).await;
    let entries = log["entries"].as_array().unwrap();
    let delivered = entries.iter().filter(|entry| entry["event"] == "delivered").count();
    assert_eq!((status, delivered), (StatusCode::OK, MESSAGES), "{log}");
}
