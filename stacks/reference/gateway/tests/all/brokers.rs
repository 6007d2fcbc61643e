//! Each broker's client against the real broker, in a container made from the stack's own Dockerfile.
//!
//! Where no Docker daemon answers, or no image can be made, the test says so and passes; with
//! SQUALL_DOCKER=required it fails. What no container is needed for is asked of a stand-in.

use crate::loopback::{Loopback, SENDER};
use crate::stage::{Sender, start};
use crate::stand_in::StandIn;
use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::Value;
use squall_platform::{Running, time};
use squall_reference::message::{self, Envelope};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Runs docker; its output, or what it says of its failure.
fn docker(arguments: &[&str]) -> Result<String, String> {
    let run = Command::new("docker").args(arguments).output().map_err(|error| error.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if run.status.success() { Ok(text(&run.stdout)) } else { Err(text(&run.stderr)) }
}

/// A broker's container on a port of this machine; removed with its value.
struct Container {
    id: String,
    address: String,
}

impl Container {
    /// `None`, and a word of why, where this machine cannot run it.
    fn start(broker: &str, port: u16, command: &[&str]) -> Option<Container> {
        let made = Container::try_start(broker, port, command);
        let required = std::env::var("SQUALL_DOCKER").is_ok_and(|value| value == "required");
        match made {
            Ok(container) => Some(container),
            Err(why) if required => panic!("{broker} cannot be run: {why}"),
            Err(why) => {
                eprintln!("SKIPPED: {broker} cannot be run: {why}");
                None
            }
        }
    }

    fn try_start(broker: &str, port: u16, command: &[&str]) -> Result<Container, String> {
        docker(&["version"])?;
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(broker);
        let tag = format!("squall-test/{broker}");
        let folder = folder.display().to_string();
        docker(&["build", "--quiet", "--tag", &tag, &folder])?;
        // The same port in every life of the container: one that was free a moment ago.
        let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let address = free.map_err(|error| error.to_string())?.to_string();
        let published = format!("{address}:{port}");
        let run = ["run", "--detach", "--hostname", "queue-1", "--publish", &published, &tag];
        let id = docker(&[&run[..], command].concat())?;
        Ok(Container { id, address })
    }

    fn act(&self, verb: &str) {
        docker(&[verb, &self.id]).unwrap();
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", docker(&["logs", "--tail", "30", &self.id]).unwrap_or_default());
        }
        let _ = docker(&["rm", "--force", "--volumes", &self.id]);
    }
}

/// One region whose queue is a broker's.
struct Region {
    stack: Loopback,
    sender: Sender,
    settings: Vec<(&'static str, &'static str)>,
    broker: String,
    running: BTreeMap<&'static str, Running>,
}

impl Region {
    async fn raise(broker: &str, settings: &[(&'static str, &'static str)]) -> Region {
        let stack = Loopback::new();
        let (listen, edge) = (stack.address(SENDER), stack.address("edge:8000"));
        let sender = Sender::start(stack.node("sender"), listen, edge).await;
        let (settings, broker) = (settings.to_vec(), broker.to_owned());
        let mut region = Region { stack, sender, settings, broker, running: BTreeMap::new() };
        region.start("edge").await;
        region.start("gateway-1").await;
        region
    }

    async fn start(&mut self, name: &'static str) {
        let mut config = self.stack.config(name);
        config.links.retain(|to, _| to != "queue-2" && to != "gateway-2");
        if let Some(queue) = config.links.get_mut("queue-1") {
            queue.clone_from(&self.broker);
        }
        let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        config.settings.extend(self.settings.iter().map(own));
        self.running.insert(name, start(self.stack.node(name), config).await);
    }

    async fn get(&self, port: &str, path: &str) -> (StatusCode, Value) {
        self.sender.control(Method::GET, self.stack.address(port), path, Bytes::new()).await
    }

    /// Waits until `done` holds for the answer to this question, at most two minutes.
    async fn until(&self, port: &str, path: &str, done: impl Fn(&StatusCode, &Value) -> bool) {
        let mut last = None;
        for _ in 0..600 {
            let (status, body) = self.get(port, path).await;
            if done(&status, &body) {
                return;
            }
            last = Some((status, body));
            time::sleep(Duration::from_millis(200)).await;
        }
        panic!("{port}{path} stays {last:?}");
    }

    /// The edge has its queue.
    async fn ready(&self) {
        self.until("edge:9000", "/health", |status, _| *status == StatusCode::OK).await;
    }

    /// What waits in the gateway and its broker.
    async fn pending(&self, count: usize) {
        self.until("gateway-1:9000", "/pending", |_, page| {
            let texts = page["texts"].as_array().into_iter().flatten();
            let distinct: BTreeSet<_> = texts.map(Value::to_string).collect();
            distinct.len() == count
        })
        .await;
    }

    /// Waits until every accepted message has its receipt; then how often each was delivered.
    async fn delivered(&self) -> BTreeMap<u64, u32> {
        for _ in 0..600 {
            if self.sender.unheard() == 0 {
                break;
            }
            time::sleep(Duration::from_millis(200)).await;
        }
        let mut seen = BTreeMap::new();
        for carrier in ["smartfren:9000", "vendor-b:9000"] {
            let (_, page) = self.get(carrier, "/log?from=0&max=10000").await;
            for entry in page["entries"].as_array().unwrap() {
                if entry["event"] == "delivered" {
                    *seen.entry(entry["message"].as_u64().unwrap()).or_insert(0) += 1;
                }
            }
        }
        seen
    }
}

/// A drill by hand: load, death, load, life. Then what waits behind a vendor that is not there.
async fn survives(kind: &'static str, port: u16, command: &[&str]) {
    let Some(broker) = Container::start(kind, port, command) else { return };
    let settings =
        [("queue", kind), ("workers", "4"), ("backlog_rate", "500"), ("retry", "queued")];
    let mut region = Region::raise(&broker.address, &settings).await;
    region.ready().await;

    // No vendor is there yet: four messages are with the gateway, the rest waits in the broker.
    region.sender.send(0..20, 100.0).await;
    assert_eq!(region.sender.accepted().len(), 20);
    region.pending(20).await;

    // Killed in the middle of the load: what it confirmed is there again, what came later was held.
    let sending = region.sender.send(20..220, 50.0);
    let killing = async {
        time::sleep(Duration::from_secs(2)).await;
        broker.act("kill");
    };
    tokio::join!(sending, killing);
    assert_eq!(region.sender.accepted().len(), 220);
    // Nobody can say now what waits in it.
    let unknown = |status: &StatusCode, _: &Value| *status == StatusCode::SERVICE_UNAVAILABLE;
    region.until("gateway-1:9000", "/pending", unknown).await;
    broker.act("start");
    region.ready().await;
    region.pending(220).await;

    for carrier in ["smartfren", "vendor-b"] {
        region.start(carrier).await;
    }
    let delivered = region.delivered().await;
    assert_eq!(region.sender.unheard(), 0);
    let twice: Vec<_> = delivered.iter().filter(|(_, times)| **times > 1).collect();
    assert_eq!((delivered.len(), twice), (220, vec![]));
    region.pending(0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_survives() {
    let command = ["--save", "", "--appendonly", "yes", "--appendfsync", "always"];
    survives("redis", 6379, &command).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_survives() {
    survives("nats", 4222, &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rabbitmq_survives() {
    survives("rabbitmq", 5672, &[]).await;
}

/// So many messages, some of which the broker has twice.
fn entries(count: u64, twice: u64) -> Vec<Vec<u8>> {
    let sid = |number: u64| (u128::from(crate::stage::START_US) << 64) | u128::from(number);
    let entry = |number: u64| Envelope {
        sid: sid(number),
        to: "+62001".to_owned(),
        from: "Squall".to_owned(),
        text: format!("text {number}"),
        callback: None,
        valid_until_us: None,
    };
    (0..twice).chain(0..count).map(|number| message::encode(&entry(number)).to_vec()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_is_listed_whole_and_each_message_once() {
    const COUNT: u64 = 10_300;
    let broker = StandIn::start(entries(COUNT, 500));
    let region = Region::raise(&broker.address, &[("queue", "redis")]).await;
    region.until("gateway-1:9000", "/pending", |status, _| *status == StatusCode::OK).await;
    let (mut texts, mut after) = (Vec::new(), Some(0));
    while let Some(from) = after {
        let (status, page) = region.get("gateway-1:9000", &format!("/pending?after={from}")).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        texts.extend(page["texts"].as_array().unwrap().iter().map(Value::to_string));
        after = page["next"].as_u64();
    }
    let distinct: BTreeSet<_> = texts.iter().collect();
    assert_eq!((texts.len() as u64, distinct.len() as u64), (COUNT, COUNT));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_without_its_broker_is_unhealthy_and_makes_no_backlog_up() {
    let broker = StandIn::start(entries(12, 0));
    let mut region = Region::raise(&broker.address, &[("queue", "redis")]).await;
    for carrier in ["smartfren", "vendor-b"] {
        region.start(carrier).await;
    }
    let healthy = |status: &StatusCode, _: &Value| *status == StatusCode::OK;
    region.until("gateway-1:9000", "/health", healthy).await;
    let (_, health) = region.get("gateway-1:9000", "/health").await;
    assert_eq!((&health["backlog"], &health["gauges"]["broker_depth"]), (&12.into(), &12.into()));
    broker.leave();
    let unhealthy = |status: &StatusCode, _: &Value| *status == StatusCode::SERVICE_UNAVAILABLE;
    region.until("gateway-1:9000", "/health", unhealthy).await;
    let (_, health) = region.get("gateway-1:9000", "/health").await;
    assert_eq!((&health["healthy"], &health["backlog"]), (&false.into(), &12.into()));
    assert!(health["detail"].as_str().unwrap().contains("queue down"), "{health}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_broker_refuses_is_not_there() {
    let broker = StandIn::start(Vec::new());
    let settings = [("queue", "redis"), ("on_queue_loss", "reject")];
    let region = Region::raise(&broker.address, &settings).await;
    region.ready().await;
    region.sender.send(0..5, 50.0).await;
    assert_eq!((region.sender.refused(), region.sender.accepted().len()), (5, 0));
}
