//! The whole stack in one simulated world, and a sender that counts what it is told.

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use serde_json::Value;
use squall_model::behaviour::Behaviour;
use squall_model::node_config::NodeConfig;
use squall_model::stack::{Carrier, CarrierProtocol, Segment};
use squall_model::token;
use squall_model::units::Micros;
use squall_platform::sim::{Death, World};
use squall_platform::{Node, Running, running, time};
use squall_wire::http::{Client, HttpError, Limits, Response, reply, serve};
use squall_wire::twilio::{Callback, Create, Status, callback, signature};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub const ACCOUNT: &str = "AC5a6b7c8d5a6b7c8d5a6b7c8d5a6b7c8d";
pub const SECRET: &str = "reference-secret";
pub const TOKEN: &str = "run-token";
pub const NODES: [&str; 7] =
    ["smartfren", "vendor-b", "queue-1", "queue-2", "gateway-1", "gateway-2", "edge"];
pub const START_US: u64 = 1_768_003_200_000_000;

type Ports = &'static [(&'static str, u16)];

/// Port names with numbers, and the links of a node.
fn wiring(node: &str) -> (Ports, Vec<(&'static str, &'static str)>) {
    match node {
        "edge" => (
            &[("http", 8000), ("status", 8001), ("admin", 9000)],
            vec![
                ("queue-1", "queue-1:7000"),
                ("queue-2", "queue-2:7000"),
                ("gateway-1", "gateway-1:7100"),
                ("gateway-2", "gateway-2:7100"),
                ("sender", "sender:9100"),
            ],
        ),
        "queue-1" | "queue-2" => (&[("frames", 7000), ("admin", 9000)], vec![]),
        "gateway-1" | "gateway-2" => (
            &[("direct", 7100), ("callback", 7101), ("admin", 9000)],
            vec![
                if node == "gateway-1" {
                    ("queue-1", "queue-1:7000")
                } else {
                    ("queue-2", "queue-2:7000")
                },
                ("edge", "edge:8001"),
                ("smartfren", "smartfren:2775"),
                ("vendor-b", "vendor-b:8100"),
            ],
        ),
        "smartfren" => (&[("smpp", 2775), ("control", 9000)], vec![]),
        _ => (
            &[("http", 8100), ("control", 9000)],
            vec![("gateway-1", "gateway-1:7101"), ("gateway-2", "gateway-2:7101")],
        ),
    }
}

pub fn config(node: &str, settings: &[(&str, &str)]) -> NodeConfig {
    let (ports, links) = wiring(node);
    let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    let carrier = |name: &str, protocol, delay| Carrier {
        name: name.to_owned(),
        vendor: None,
        protocol,
        subscribers: 0,
        capacity: None,
        capacity_counts: Default::default(),
        receipt_delay: Micros::from_millis(delay),
    };
    let segment = |name: &str, region: &str, share, prefix: &str| Segment {
        name: name.to_owned(),
        carrier: "smartfren".to_owned(),
        region: region.to_owned(),
        share,
        prefix: prefix.to_owned(),
    };
    NodeConfig {
        node: node.to_owned(),
        listen: ports.iter().map(|(p, n)| ((*p).to_owned(), format!("{node}:{n}"))).collect(),
        links: links.into_iter().map(owned).collect(),
        settings: [("account", ACCOUNT), ("secret", SECRET)]
            .into_iter()
            .chain(settings.iter().copied())
            .map(owned)
            .collect(),
        segments: vec![
            segment("jakarta", "singapore", 0.3, "+62001"),
            segment("rest", "sydney", 0.7, "+62009"),
        ],
        carriers: vec![
            carrier("smartfren", CarrierProtocol::Smpp, 200),
            carrier("vendor-b", second_vendor(settings), 300),
        ],
        regions: [
            ("queue-1", "singapore"),
            ("gateway-1", "singapore"),
            ("queue-2", "sydney"),
            ("gateway-2", "sydney"),
        ]
        .map(owned)
        .into(),
        seed: 7,
        token: TOKEN.to_owned(),
        ..NodeConfig::default()
    }
}

/// What vendor-b speaks, as the stack's setting says.
fn second_vendor(settings: &[(&str, &str)]) -> CarrierProtocol {
    match settings.iter().find(|(key, _)| *key == "vendor_b_protocol") {
        None | Some((_, "twilio")) => CarrierProtocol::Twilio,
        Some((_, "vonage")) => CarrierProtocol::Vonage,
        Some((_, "json")) => CarrierProtocol::Json,
        Some((_, other)) => panic!("no vendor speaks {other}"),
    }
}

pub async fn start(node: Node, config: NodeConfig) -> Running {
    match config.node.split('-').next().unwrap() {
        "edge" => squall_reference::edge::start(node, config).await.unwrap(),
        "queue" => squall_reference::queue::start(node, config).await.unwrap(),
        "gateway" => squall_reference::gateway::start(node, config).await.unwrap(),
        _ => squall_services::carrier::start(node, config).await.unwrap(),
    }
}

/// A message's answer, as the sender saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    Accepted(String),
    Refused(u16),
    Unknown,
}

pub struct Stage {
    pub world: World,
    pub settings: Vec<(&'static str, &'static str)>,
    pub sender: Sender,
    running: BTreeMap<&'static str, Running>,
}

impl Stage {
    pub async fn raise(world: &World, settings: &[(&'static str, &'static str)]) -> Stage {
        let sender = Sender::start(world.harness_node("sender"), "sender:9100", "edge:8000").await;
        let settings = settings.to_vec();
        let running = BTreeMap::new();
        let mut stage = Stage { world: world.clone(), settings, sender, running };
        for node in NODES {
            stage.start(node).await;
        }
        time::sleep(Duration::from_secs(1)).await;
        stage
    }

    pub async fn start(&mut self, node: &'static str) {
        let config = config(node, &self.settings);
        let running = start(self.world.node(node), config).await;
        self.running.insert(node, running);
    }

    pub fn kill(&mut self, node: &'static str, death: Death) {
        self.world.kill(node, death);
        self.running.remove(node);
    }

    pub async fn get(&self, address: &str, path: &str) -> (StatusCode, Value) {
        self.sender.control(Method::GET, address, path, Bytes::new()).await
    }

    pub async fn behave(&self, carrier: &str, behaviour: &Behaviour) {
        let body = serde_json::to_vec(behaviour).unwrap().into();
        let address = format!("{carrier}:9000");
        let put = self.sender.control(Method::PUT, &address, "/behaviours/test", body).await;
        assert_eq!(put.0, StatusCode::NO_CONTENT, "{}", put.1);
    }

    pub async fn set(&self, node: &str, key: &str, value: &str) {
        let body = serde_json::json!({ "value": value }).to_string().into();
        let path = format!("/settings/{key}");
        let put = self.sender.control(Method::PUT, &format!("{node}:9000"), &path, body).await;
        assert_eq!(put.0, StatusCode::NO_CONTENT, "{}", put.1);
        let read = self.get(&format!("{node}:9000"), "/settings").await;
        assert_eq!(read.1[key], value);
    }

    /// How often each message was delivered, by the carrier's own log.
    pub async fn delivered(&self, carrier: &str) -> BTreeMap<u64, u32> {
        let mut seen = BTreeMap::new();
        let mut from = 0;
        loop {
            let path = format!("/log?from={from}&max=1000");
            let (_, page) = self.get(&format!("{carrier}:9000"), &path).await;
            let entries = page["entries"].as_array().unwrap();
            if entries.is_empty() {
                return seen;
            }
            for entry in entries.iter().filter(|entry| entry["event"] == "delivered") {
                *seen.entry(entry["message"].as_u64().unwrap()).or_insert(0) += 1;
            }
            from = page["next"].as_u64().unwrap();
        }
    }

    /// Waits until `done` holds, at most `seconds`.
    pub async fn until(&self, seconds: u64, done: impl Fn(&Sender) -> bool) -> bool {
        for _ in 0..seconds * 10 {
            if done(&self.sender) {
                return true;
            }
            time::sleep(Duration::from_millis(100)).await;
        }
        done(&self.sender)
    }
}

/// Submits through the edge and takes its callbacks.
#[derive(Clone)]
pub struct Sender {
    node: Node,
    client: Client,
    edge: String,
    callback: String,
    pub answers: Arc<Mutex<BTreeMap<u64, Answered>>>,
    /// Sid → final states, in the order they came.
    pub receipts: Arc<Mutex<BTreeMap<String, Vec<Status>>>>,
}

impl Sender {
    pub async fn start(node: Node, listen: &str, edge: &str) -> Sender {
        let listener = node.bind(listen).await.unwrap();
        let callback = format!("http://{}/status", listener.local_addr());
        let sender = Sender {
            client: Client::new(node.clone(), 64),
            node: node.clone(),
            edge: edge.to_owned(),
            callback: callback.clone(),
            answers: Arc::default(),
            receipts: Arc::default(),
        };
        let receipts = sender.receipts.clone();
        let handler = move |request: http::Request<Bytes>| {
            let given = request.headers()[callback::SIGNATURE].to_str().unwrap().to_owned();
            assert!(signature::verify(SECRET, &callback, request.body(), &given));
            let heard = Callback::parse(request.body()).unwrap();
            let mut receipts = receipts.lock().unwrap();
            receipts.entry(heard.message_sid).or_default().push(heard.status);
            std::future::ready(reply::empty(StatusCode::NO_CONTENT))
        };
        let (stop, stopping, done, stopped) = running::stop_pair();
        std::mem::forget((stop, stopped));
        serve(&node, listener, Limits::default(), stopping, done, Arc::new(handler));
        sender
    }

    pub async fn create(&self, m: u64, to: &str) -> Result<Response, HttpError> {
        self.create_text(to, format!("Your code is {}", token::encode(m))).await
    }

    pub async fn create_text(&self, to: &str, body: String) -> Result<Response, HttpError> {
        let create = Create {
            to: to.to_owned(),
            from: "+15550100".to_owned(),
            body,
            status_callback: Some(self.callback.clone()),
            ..Create::default()
        };
        let request = create.request(ACCOUNT, SECRET).unwrap();
        self.client.send(&self.edge, request, Duration::from_secs(15)).await
    }

    /// Sends messages `from..to` at `rate` a second, three in ten to singapore; returns when the
    /// last is answered.
    pub async fn send(&self, messages: std::ops::Range<u64>, rate: f64) {
        let mut sent = Vec::new();
        for m in messages {
            let prefix = if m % 10 < 3 { "+62001" } else { "+62009" };
            let (sender, to) = (self.clone(), format!("{prefix}{m:08}"));
            sent.push(self.node.spawn(async move {
                let answered = match sender.create(m, &to).await {
                    Ok(response) if response.status() == StatusCode::CREATED => {
                        let body: Value = serde_json::from_slice(response.body()).unwrap();
                        Answered::Accepted(body["sid"].as_str().unwrap().to_owned())
                    }
                    Ok(response) => Answered::Refused(response.status().as_u16()),
                    Err(_) => Answered::Unknown,
                };
                sender.answers.lock().unwrap().insert(m, answered);
            }));
            time::sleep(Duration::from_secs_f64(1.0 / rate)).await;
        }
        for task in sent {
            task.join().await;
        }
    }

    pub fn accepted(&self) -> Vec<(u64, String)> {
        let answers = self.answers.lock().unwrap();
        let accepted = answers.iter().filter_map(|(m, answer)| match answer {
            Answered::Accepted(sid) => Some((*m, sid.clone())),
            _ => None,
        });
        accepted.collect()
    }

    pub fn refused(&self) -> usize {
        let answers = self.answers.lock().unwrap();
        answers.values().filter(|answer| matches!(answer, Answered::Refused(503))).count()
    }

    /// Accepted messages without a `delivered` receipt.
    pub fn unheard(&self) -> usize {
        let accepted = self.accepted();
        let receipts = self.receipts.lock().unwrap();
        let heard =
            |sid: &String| receipts.get(sid).is_some_and(|s| s.contains(&Status::Delivered));
        accepted.iter().filter(|(_, sid)| !heard(sid)).count()
    }

    pub async fn control(
        &self,
        method: Method,
        address: &str,
        path: &str,
        body: Bytes,
    ) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {TOKEN}"))
            .body(body)
            .unwrap();
        let response = self.client.send(address, request, Duration::from_secs(5)).await.unwrap();
        let value = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
        (response.status(), value)
    }
}
