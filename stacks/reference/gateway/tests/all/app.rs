//! The sending application between a product and two mock vendors: one of SMS, which here stands
//! where the edge does and answers number lookups too, and one of calls.

use crate::stage::{ACCOUNT, SECRET, START_US, TOKEN};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use serde_json::Value;
use squall_model::behaviour::Behaviour;
use squall_model::node_config::NodeConfig;
use squall_model::stack::{Carrier, CarrierProtocol};
use squall_model::token;
use squall_model::units::Micros;
use squall_platform::sim::{Death, World};
use squall_platform::{Running, running, time};
use squall_wire::http::{Client, Limits, Response, reply, serve};
use squall_wire::json_api::{Create, Receipt, Status};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn carrier(name: &str, protocol: CarrierProtocol, delay_ms: u64) -> Carrier {
    Carrier {
        name: name.to_owned(),
        vendor: None,
        protocol,
        subscribers: 0,
        capacity: None,
        capacity_counts: Default::default(),
        receipt_delay: Micros::from_millis(delay_ms),
    }
}

fn config(node: &str, settings: &[(&str, &str)]) -> NodeConfig {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    let (ports, links): (&[_], &[_]) = match node {
        "app" => (
            &[("http", "app:80"), ("callback", "app:81"), ("admin", "app:90")],
            &[("edge", "sms:80"), ("sms", "sms:80"), ("voice", "voice:80")],
        ),
        "sms" => (&[("http", "sms:80"), ("control", "sms:90")], &[("app", "app:81")]),
        _ => (&[("http", "voice:80"), ("control", "voice:90")], &[("app", "app:81")]),
    };
    let account = [("account", ACCOUNT), ("secret", SECRET)];
    NodeConfig {
        node: node.to_owned(),
        listen: ports.iter().map(owned).collect(),
        links: links.iter().map(owned).collect(),
        settings: account.iter().chain(settings).map(owned).collect(),
        carriers: vec![
            carrier("sms", CarrierProtocol::Twilio, 500),
            carrier("voice", CarrierProtocol::Voice, 8_000),
        ],
        seed: 3,
        token: TOKEN.to_owned(),
        ..NodeConfig::default()
    }
}

struct Stage {
    world: World,
    client: Client,
    settings: Vec<(&'static str, &'static str)>,
    /// Message → its receipts, in the order they came.
    receipts: Arc<Mutex<BTreeMap<u64, Vec<Status>>>>,
    running: Vec<Running>,
}

impl Stage {
    async fn raise(world: &World, settings: &[(&'static str, &'static str)]) -> Stage {
        let node = world.harness_node("product");
        let receipts: Arc<Mutex<BTreeMap<u64, Vec<Status>>>> = Arc::default();
        let heard = receipts.clone();
        let handler = move |request: Request<Bytes>| {
            let m = token::find(request.uri().path()).unwrap();
            let receipt = Receipt::parse(request.body()).unwrap();
            heard.lock().unwrap().entry(m).or_default().push(receipt.status);
            std::future::ready(reply::empty(StatusCode::NO_CONTENT))
        };
        let listener = node.bind("product:80").await.unwrap();
        let (stop, stopping, done, stopped) = running::stop_pair();
        std::mem::forget((stop, stopped));
        serve(&node, listener, Limits::default(), stopping, done, Arc::new(handler));
        let client = Client::new(node.clone(), 8);
        let (world, settings) = (world.clone(), settings.to_vec());
        let mut stage = Stage { world, client, settings, receipts, running: Vec::new() };
        for name in ["sms", "voice", "app"] {
            stage.start(name).await;
        }
        stage
    }

    async fn start(&mut self, name: &str) {
        let (node, config) = (self.world.node(name), config(name, &self.settings));
        self.running.push(match name {
            "app" => squall_reference::app::start(node, config).await.unwrap(),
            _ => squall_services::carrier::start(node, config).await.unwrap(),
        });
    }

    async fn submit(&self, m: u64) -> Response {
        let create = Create {
            to: format!("+62007{m:08}"),
            from: "Product".to_owned(),
            text: format!("Your code is {}", token::encode(m)),
            callback: Some(format!("http://product:80/receipts/{}", token::encode(m))),
            validity_s: None,
        };
        let request = create.request(SECRET).unwrap();
        self.client.send("app:80", request, Duration::from_secs(10)).await.unwrap()
    }

    async fn submit_all(&self, messages: std::ops::Range<u64>) {
        for m in messages {
            assert_eq!(self.submit(m).await.status(), StatusCode::ACCEPTED);
        }
    }

    async fn behave(&self, carrier: &str, behaviour: &Behaviour) {
        let body = serde_json::to_vec(behaviour).unwrap();
        let (status, _) = self.ask(carrier, Method::PUT, "/behaviours/test", body).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
    }

    async fn ask(
        &self,
        node: &str,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {TOKEN}"))
            .body(Bytes::from(body))
            .unwrap();
        let address = format!("{node}:90");
        let answer = self.client.send(&address, request, Duration::from_secs(5)).await.unwrap();
        (answer.status(), serde_json::from_slice(answer.body()).unwrap_or_default())
    }

    /// Messages that this carrier brought to a handset.
    async fn delivered(&self, carrier: &str) -> usize {
        let (_, page) = self.ask(carrier, Method::GET, "/log?from=0", Vec::new()).await;
        let entries = page["entries"].as_array().unwrap();
        entries.iter().filter(|entry| entry["event"] == "delivered").count()
    }

    async fn metric(&self, name: &str) -> String {
        let request = Request::builder().uri("/metrics").body(Bytes::new()).unwrap();
        let answer = self.client.send("app:90", request, Duration::from_secs(5)).await.unwrap();
        let text = String::from_utf8(answer.body().to_vec()).unwrap();
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        line.rsplit(' ').next().unwrap().to_owned()
    }

    /// The one receipt of each of `messages`, once all are there.
    async fn heard(&self, messages: usize, within_s: u64) -> Vec<Status> {
        for _ in 0..within_s * 10 {
            if self.receipts.lock().unwrap().len() >= messages {
                break;
            }
            time::sleep(Duration::from_millis(100)).await;
        }
        let receipts = self.receipts.lock().unwrap();
        assert!(receipts.values().all(|one| one.len() == 1), "{receipts:?}");
        receipts.values().map(|one| one[0]).collect()
    }
}

fn refusing() -> Behaviour {
    Behaviour::Refuse { answer: "503".to_owned(), share: 1.0 }
}

#[test]
fn an_sms_that_arrives_is_told_and_nobody_is_called() {
    World::run(1, START_US, |world| async move {
        let stage = Stage::raise(&world, &[("voice_fallback", "on")]).await;
        stage.submit_all(0..20).await;
        assert_eq!(stage.heard(20, 10).await, [Status::Delivered; 20]);
        time::sleep(Duration::from_secs(40)).await;
        assert_eq!((stage.delivered("sms").await, stage.delivered("voice").await), (20, 0));
        let (_, health) = stage.ask("app", Method::GET, "/health", Vec::new()).await;
        assert_eq!(health["backlog"], 0);
    });
}

#[test]
fn a_call_follows_an_sms_that_fails_and_one_that_is_late() {
    for bad in [refusing(), Behaviour::Swallow { share: 1.0 }] {
        World::run(2, START_US, |world| async move {
            let stage = Stage::raise(&world, &[("voice_fallback", "on")]).await;
            stage.behave("sms", &bad).await;
            stage.submit_all(0..5).await;
            assert_eq!(stage.heard(5, 60).await, [Status::Delivered; 5]);
            assert_eq!((stage.delivered("sms").await, stage.delivered("voice").await), (0, 5));
            assert_eq!(stage.metric("app_by_voice_total").await, "5");
        });
    }
}

#[test]
fn without_a_second_channel_a_failure_is_told_as_one() {
    World::run(3, START_US, |world| async move {
        let stage = Stage::raise(&world, &[]).await;
        stage.behave("sms", &refusing()).await;
        stage.submit_all(0..5).await;
        assert_eq!(stage.heard(5, 10).await, [Status::Failed; 5]);
        assert_eq!(stage.metric("app_failed_total").await, "5");
    });
}

#[test]
fn cached_lookups_outlive_the_vendor_that_answered_them() {
    for (lookup, asked, failed) in [("live", "5", "1"), ("cached", "1", "0")] {
        World::run(4, START_US, |world| async move {
            let stage = Stage::raise(&world, &[("number_lookup", lookup)]).await;
            stage.submit_all(0..5).await;
            assert_eq!(stage.heard(5, 10).await, [Status::Delivered; 5]);
            assert_eq!(stage.metric("app_lookups_total").await, asked, "{lookup}");
            stage.behave("sms", &refusing()).await;
            stage.submit_all(5..6).await;
            stage.heard(6, 10).await;
            assert_eq!(stage.metric("app_lookups_failed_total").await, failed, "{lookup}");
        });
    }
}

#[test]
fn what_cannot_go_out_now_is_kept_and_tried_where_the_setting_says_so() {
    World::run(5, START_US, |world| async move {
        let stage = Stage::raise(&world, &[("retry", "queued")]).await;
        stage.behave("sms", &refusing()).await;
        stage.submit_all(0..5).await;
        time::sleep(Duration::from_secs(60)).await;
        assert!(stage.receipts.lock().unwrap().is_empty());
        let (_, health) = stage.ask("app", Method::GET, "/health", Vec::new()).await;
        assert_eq!(health["backlog"], 5);
        stage.ask("sms", Method::DELETE, "/behaviours/test", Vec::new()).await;
        assert_eq!(stage.heard(5, 30).await, [Status::Delivered; 5]);
    });
}

#[test]
fn a_killed_application_ends_what_it_had_accepted() {
    World::run(6, START_US, |world| async move {
        let mut stage = Stage::raise(&world, &[("retry", "queued")]).await;
        stage.behave("sms", &refusing()).await;
        stage.submit_all(0..5).await;
        stage.world.kill("app", Death::Power);
        stage.ask("sms", Method::DELETE, "/behaviours/test", Vec::new()).await;
        stage.start("app").await;
        assert_eq!(stage.heard(5, 30).await, [Status::Delivered; 5]);
    });
}

#[test]
fn strangers_and_broken_requests_are_refused() {
    World::run(7, START_US, |world| async move {
        let stage = Stage::raise(&world, &[]).await;
        let send = async |secret: &str, path: &str, body: &'static [u8]| {
            let request = Request::builder()
                .method(Method::POST)
                .uri(path)
                .header("authorization", format!("Bearer {secret}"))
                .body(Bytes::from_static(body))
                .unwrap();
            let answer = stage.client.send("app:80", request, Duration::from_secs(5)).await;
            answer.unwrap().status().as_u16()
        };
        assert_eq!(send("wrong", "/v1/messages", b"{}").await, 401);
        assert_eq!(send(SECRET, "/v1/messages", b"{}").await, 400);
        assert_eq!(send(SECRET, "/v1/messages", b"\xff").await, 400);
        assert_eq!(send(SECRET, "/elsewhere", b"{}").await, 404);
        // Nobody but the vendors may tell how a message ended.
        let forged = Request::builder()
            .method(Method::POST)
            .uri("/sms/SM00000000000000000000000000000001")
            .body(Bytes::from_static(b"MessageSid=SM1&MessageStatus=delivered"))
            .unwrap();
        let answer = stage.client.send("app:81", forged, Duration::from_secs(5)).await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    });
}
