//! The platform between a customer, the customer's web servers and a telephone network.

use super::phone::Phones;
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use serde_json::Value;
use squall_model::node_config::NodeConfig;
use squall_model::stack::{Carrier, CarrierProtocol};
use squall_model::token;
use squall_model::units::Micros;
use squall_platform::sim::World;
use squall_platform::{Node, Running, running, time};
use squall_wire::http::{Client, Limits, Response, reply, serve};
use squall_wire::twilio::{CallCallback, CallStatus, CreateCall, call, callback, signature};
use squall_wire::twiml;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub const ACCOUNT: &str = "AC5a6b7c8d5a6b7c8d5a6b7c8d5a6b7c8d";
pub const SECRET: &str = "voice-secret";
pub const TOKEN: &str = "run-token";
pub const START_US: u64 = 1_768_003_200_000_000;

pub fn config(settings: &[(&str, &str)], links: &[(&str, &str)]) -> NodeConfig {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    let always = [
        ("telco", "telco:5060"),
        ("scripts", "scripts:80"),
        ("media", "media:80"),
        ("broken", "broken:80"),
        ("nobody", "nobody:80"),
        ("app", "app:80"),
    ];
    NodeConfig {
        node: "platform".to_owned(),
        listen: [("http", "platform:80"), ("admin", "platform:90")].iter().map(owned).collect(),
        links: always.iter().chain(links).map(owned).collect(),
        settings: [("account", ACCOUNT), ("secret", SECRET)]
            .iter()
            .chain(settings)
            .map(owned)
            .collect(),
        carriers: vec![Carrier {
            name: "telco".to_owned(),
            vendor: None,
            protocol: CarrierProtocol::Sip,
            subscribers: 0,
            capacity: None,
            capacity_counts: Default::default(),
            receipt_delay: Micros::from_secs(1),
        }],
        seed: 5,
        token: TOKEN.to_owned(),
        ..NodeConfig::default()
    }
}

/// What a path is answered with.
#[derive(Clone, Debug)]
pub struct Page {
    pub status: u16,
    pub kind: &'static str,
    pub body: Bytes,
    pub delay: Duration,
}

pub fn twiml(inner: &str) -> Page {
    let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>{inner}</Response>");
    Page { status: 200, kind: "text/xml", body: body.into(), delay: Duration::ZERO }
}

pub fn sound(octets: usize) -> Page {
    let body = vec![0x55; octets].into();
    Page { status: 200, kind: "audio/basic", body, delay: Duration::ZERO }
}

/// A web server, and what it was asked: method, target, body.
#[derive(Clone, Default)]
pub struct Web {
    pub pages: Arc<Mutex<BTreeMap<String, Page>>>,
    pub asked: Arc<Mutex<Vec<(Method, String, String)>>>,
}

impl Web {
    pub async fn serve(node: Node, listen: &str) -> Web {
        let web = Web::default();
        let at = web.clone();
        let handler = move |request: Request<Bytes>| {
            let body = String::from_utf8_lossy(request.body()).into_owned();
            let target = request.uri().to_string();
            at.asked.lock().unwrap().push((request.method().clone(), target, body));
            let page = at.pages.lock().unwrap().get(request.uri().path()).cloned();
            async move {
                let Some(page) = page else { return reply::empty(StatusCode::NOT_FOUND) };
                time::sleep(page.delay).await;
                let status = StatusCode::from_u16(page.status).unwrap();
                let mut response = reply::of(status, page.kind, page.body);
                if page.kind.is_empty() {
                    response.headers_mut().remove(header::CONTENT_TYPE);
                }
                response
            }
        };
        open(&node, listen, handler).await;
        web
    }

    pub fn page(&self, path: &str, page: Page) {
        self.pages.lock().unwrap().insert(path.to_owned(), page);
    }

    /// The parameters of the requests for `path`, from query and form.
    pub fn asked(&self, path: &str) -> Vec<BTreeMap<String, String>> {
        let asked = self.asked.lock().unwrap();
        let of_path = asked.iter().filter(|(_, target, _)| target.split('?').next() == Some(path));
        let read = |(_, target, body): &(Method, String, String)| {
            let query = target.split_once('?').map_or("", |(_, query)| query);
            let pairs = url::form_urlencoded::parse(query.as_bytes());
            let form = url::form_urlencoded::parse(body.as_bytes());
            pairs.chain(form).map(|(k, v)| (k.into_owned(), v.into_owned())).collect()
        };
        of_path.map(read).collect()
    }
}

async fn open<F, Fut>(node: &Node, listen: &str, handler: F)
where
    F: Fn(Request<Bytes>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Response> + Send + 'static,
{
    let listener = node.bind(listen).await.unwrap();
    let (stop, stopping, done, stopped) = running::stop_pair();
    std::mem::forget((stop, stopped));
    serve(node, listener, Limits::default(), stopping, done, Arc::new(handler));
}

/// Servers that break off, never end, or say nothing: by the first letter of the path.
async fn serve_broken(node: Node) {
    let mut listener = node.bind("broken:80").await.unwrap();
    let spawner = node.clone();
    node.spawn(async move {
        while let Ok(mut stream) = listener.accept().await {
            spawner.spawn(async move {
                let mut octets = [0; 8192];
                let n = stream.read(&mut octets).await.unwrap_or(0);
                let head = String::from_utf8_lossy(&octets[..n]).into_owned();
                let path = head.split(' ').nth(1).unwrap_or_default();
                let kind = if path.contains("sound") { "audio/basic" } else { "text/xml" };
                let answer = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n");
                match path.as_bytes().get(1) {
                    Some(b'e') => {
                        let _ = stream.write_all(format!("{answer}\r\n").as_bytes()).await;
                        // As fast as it is taken; the simulation's clock moves on only between.
                        while stream.write_all(&[b' '; 4096]).await.is_ok() {
                            time::sleep(Duration::from_millis(1)).await;
                        }
                    }
                    Some(b'd') => {
                        let _ = stream.write_all(format!("{answer}\r\n").as_bytes()).await;
                        while stream.write_all(b" ").await.is_ok() {
                            time::sleep(Duration::from_secs(1)).await;
                        }
                    }
                    Some(b'c') => {
                        let cut = format!("{answer}Content-Length: 999\r\n\r\nhalf");
                        let _ = stream.write_all(cut.as_bytes()).await;
                    }
                    _ => drop(stream.read(&mut octets).await),
                }
            });
        }
    });
}

pub struct Stage {
    pub world: World,
    pub phones: Phones,
    pub scripts: Web,
    pub media: Web,
    pub client: Client,
    /// Caller → what was called back, in order.
    pub heard: Arc<Mutex<BTreeMap<String, Vec<CallCallback>>>>,
    /// Callbacks that are refused before one is taken.
    pub deaf: Arc<Mutex<u32>>,
    config: NodeConfig,
    running: Option<Running>,
}

impl Stage {
    pub async fn raise(world: &World, settings: &[(&str, &str)]) -> Stage {
        Stage::wired(world, settings, &[]).await
    }

    pub async fn wired(world: &World, settings: &[(&str, &str)], links: &[(&str, &str)]) -> Stage {
        let phones = Phones::serve(world.node("telco"), "telco:5060").await;
        let scripts = Web::serve(world.harness_node("scripts"), "scripts:80").await;
        let media = Web::serve(world.harness_node("media"), "media:80").await;
        serve_broken(world.harness_node("broken")).await;
        let app = world.harness_node("app");
        let heard: Arc<Mutex<BTreeMap<String, Vec<CallCallback>>>> = Arc::default();
        let deaf: Arc<Mutex<u32>> = Arc::default();
        let (at, left) = (heard.clone(), deaf.clone());
        open(&app, "app:80", move |request: Request<Bytes>| {
            let url = format!("http://app{}", request.uri());
            let given = request.headers()[callback::SIGNATURE].to_str().unwrap();
            assert!(signature::verify(SECRET, &url, request.body(), given));
            let callback = CallCallback::parse(request.body()).unwrap();
            let mut left = left.lock().unwrap();
            let answer = match left.checked_sub(1) {
                Some(fewer) => {
                    *left = fewer;
                    StatusCode::SERVICE_UNAVAILABLE
                }
                None => {
                    let mut heard = at.lock().unwrap();
                    heard.entry(callback.from.clone()).or_default().push(callback);
                    StatusCode::NO_CONTENT
                }
            };
            std::future::ready(reply::empty(answer))
        })
        .await;
        let client = Client::new(app, 64);
        let (world, config) = (world.clone(), config(settings, links));
        let mut stage =
            Stage { world, phones, scripts, media, client, heard, deaf, config, running: None };
        stage.start().await;
        stage
    }

    pub async fn start(&mut self) {
        let node = self.world.node("platform");
        let running = squall_voice::calls::start(node, self.config.clone()).await.unwrap();
        self.running = Some(running);
        // Until the trunk stands.
        let up = async || self.admin("/health").await.0 == StatusCode::OK;
        assert!(until(up).await, "no trunk");
    }

    pub fn running(&mut self) -> Running {
        self.running.take().unwrap()
    }

    /// A call of `m`'s caller with the script at `path`.
    pub fn create(&self, m: u64, path: &str) -> CreateCall {
        CreateCall {
            to: format!("+62007{:08}", m % 100_000_000),
            from: token::caller(m),
            url: Some(format!("http://scripts{path}")),
            method: twiml::Method::Get,
            status_callback: Some(format!("http://app/status/{}", token::encode(m))),
            ..CreateCall::default()
        }
    }

    pub async fn place(&self, create: &CreateCall) -> Response {
        let request = create.request(ACCOUNT, SECRET).unwrap();
        self.client.send("platform:80", request, Duration::from_secs(10)).await.unwrap()
    }

    /// Places a call that is taken; its sid.
    pub async fn call(&self, create: &CreateCall) -> String {
        let placed = self.place(create).await;
        assert_eq!(placed.status(), StatusCode::CREATED, "{:?}", placed.body());
        let placed: Value = serde_json::from_slice(placed.body()).unwrap();
        placed["sid"].as_str().unwrap().to_owned()
    }

    /// Places a call and waits for its callback.
    pub async fn complete(&self, create: &CreateCall) -> CallCallback {
        self.call(create).await;
        self.ended(&create.from).await
    }

    /// The callback of a caller's call; there is only one.
    pub async fn ended(&self, caller: &str) -> CallCallback {
        let there = async || self.heard.lock().unwrap().contains_key(caller);
        assert!(until(there).await, "no callback for {caller}");
        let heard = self.heard.lock().unwrap()[caller].clone();
        assert_eq!(heard.len(), 1, "{heard:?}");
        heard.into_iter().next().unwrap()
    }

    /// Asks about a call, or posts `form` to it; the status and either its status or the error code.
    pub async fn of(&self, sid: &str, form: Option<&str>) -> (u16, Value) {
        let method = if form.is_some() { Method::POST } else { Method::GET };
        let request = Request::builder()
            .method(method)
            .uri(call::call_path(ACCOUNT, sid))
            .header(header::AUTHORIZATION, squall_wire::twilio::authorization(ACCOUNT, SECRET))
            .body(Bytes::from(form.unwrap_or_default().to_owned()))
            .unwrap();
        let answer = self.client.send("platform:80", request, Duration::from_secs(10)).await;
        let answer = answer.unwrap();
        let body: Value = serde_json::from_slice(answer.body()).unwrap();
        let field = if answer.status().is_success() { "status" } else { "code" };
        (answer.status().as_u16(), body[field].clone())
    }

    pub async fn admin(&self, path: &str) -> (StatusCode, Bytes) {
        let request = Request::builder()
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
            .body(Bytes::new())
            .unwrap();
        let answer = self.client.send("platform:90", request, Duration::from_secs(10)).await;
        let answer = answer.unwrap();
        (answer.status(), answer.into_body())
    }

    /// The value of a series on /metrics.
    pub async fn metric(&self, series: &str) -> u64 {
        let page = self.admin("/metrics").await.1;
        let page = String::from_utf8(page.to_vec()).unwrap();
        let line = page.lines().find_map(|line| line.strip_prefix(series));
        line.map_or(0, |value| value.trim().parse().unwrap())
    }

    pub async fn pending(&self) -> Vec<String> {
        let page: Value = serde_json::from_slice(&self.admin("/pending").await.1).unwrap();
        serde_json::from_value(page["texts"].clone()).unwrap()
    }

    /// Waits until the call is in this state.
    pub async fn reaches(&self, sid: &str, status: CallStatus) {
        let there = async || self.of(sid, None).await.1 == status.as_str();
        assert!(until(there).await, "{sid} never {status:?}: {:?}", self.of(sid, None).await);
    }
}

/// Waits until `there`, ten simulated minutes at most.
pub async fn until(there: impl AsyncFn() -> bool) -> bool {
    for _ in 0..6_000 {
        if there().await {
            return true;
        }
        time::sleep(Duration::from_millis(100)).await;
    }
    false
}
