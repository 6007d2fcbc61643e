//! The caching fleet in one simulated world: origin, replicas, balancer and telemetry backend, a
//! client in front of them and, beside the stack's own origin, a web server that a test makes up.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use squall_model::node_config::NodeConfig;
use squall_model::units::Micros;
use squall_platform::sim::World;
use squall_platform::{Node, Running, running, time};
use squall_voice::{balancer, cache, origin, telemetry};
use squall_wire::http::{Client, HttpError, Limits, Response, reply, serve};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// 10 January 2026, midnight.
pub const START_US: u64 = 1_768_003_200_000_000;
pub const TOKEN: &str = "run-token";
/// The longest that a client of a test waits.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub const MS: Duration = Duration::from_millis(1);
pub const SECOND: Duration = Duration::from_secs(1);

/// What among the settings of a test is a timer.
const TIMERS: [&str; 2] = ["fetch_timeout", "queue_timeout"];

pub struct Fleet {
    pub world: World,
    pub node: Node,
    pub client: Client,
    pub lab: Lab,
    settings: Vec<(&'static str, String)>,
    replicas: usize,
    running: BTreeMap<String, Running>,
}

/// Requests as a web server saw them.
type Seen = Arc<Mutex<Vec<Request<Bytes>>>>;
type Answers = Arc<Mutex<BTreeMap<String, (Duration, Response)>>>;

/// A web server whose answers a test makes up; known to the replicas as `lab`.
#[derive(Clone, Default)]
pub struct Lab {
    answers: Answers,
    pub seen: Seen,
}

impl Lab {
    async fn start(&self, node: &Node) {
        let lab = self.clone();
        let handler = move |request: Request<Bytes>| {
            let answer = lab.answers.lock().unwrap().get(request.uri().path()).cloned();
            let (after, response) =
                answer.unwrap_or((Duration::ZERO, reply::empty(StatusCode::NOT_FOUND)));
            let tag = response.headers().get("etag").cloned();
            let same = tag.is_some() && request.headers().get("if-none-match") == tag.as_ref();
            lab.seen.lock().unwrap().push(request);
            async move {
                time::sleep(after).await;
                if !same {
                    return response;
                }
                let mut unchanged = reply::empty(StatusCode::NOT_MODIFIED);
                *unchanged.headers_mut() = response.headers().clone();
                unchanged
            }
        };
        listen(node, "lab:80", Limits::default(), handler).await;
    }

    /// From now on `path` is answered with these header fields and this body.
    pub fn put(&self, path: &str, fields: &[(&'static str, &str)], body: &'static str) {
        self.put_slow(path, Duration::ZERO, reply_with(fields, body));
    }

    pub fn put_slow(&self, path: &str, after: Duration, response: Response) {
        self.answers.lock().unwrap().insert(path.to_owned(), (after, response));
    }

    /// How many requests came for `path`.
    pub fn asked(&self, path: &str) -> usize {
        self.seen.lock().unwrap().iter().filter(|request| request.uri().path() == path).count()
    }

    pub fn last(&self) -> HeaderMap {
        self.seen.lock().unwrap().last().unwrap().headers().clone()
    }
}

pub fn reply_with(fields: &[(&'static str, &str)], body: &'static str) -> Response {
    let mut response = Response::new(Bytes::from_static(body.as_bytes()));
    for (name, value) in fields {
        response.headers_mut().append(*name, value.parse().unwrap());
    }
    response
}

/// Serves `handler` for as long as the world lasts.
pub async fn listen<F, Fut>(node: &Node, address: &str, limits: Limits, handler: F)
where
    F: Fn(Request<Bytes>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Response> + Send + 'static,
{
    let listener = node.bind(address).await.unwrap();
    let (stop, stopping, done, stopped) = running::stop_pair();
    std::mem::forget((stop, stopped));
    serve(node, listener, limits, stopping, done, Arc::new(handler));
}

impl Fleet {
    /// `replicas` caches and all that is around them, a second after their start. Among the settings
    /// may be [`TIMERS`], in milliseconds.
    pub async fn raise(world: &World, replicas: usize, settings: &[(&'static str, &str)]) -> Fleet {
        let node = world.harness_node("customer");
        let settings = settings.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        let (client, lab, running) =
            (Client::new(node.clone(), 64), Lab::default(), BTreeMap::new());
        let world = world.clone();
        let mut fleet = Fleet { world, node, client, lab, settings, replicas, running };
        fleet.lab.start(&fleet.world.node("lab")).await;
        let caches = (1..=replicas).map(|n| format!("cache-{n}"));
        for name in ["media", "telemetry"].map(str::to_owned).into_iter().chain(caches) {
            fleet.start(&name).await;
        }
        fleet.start("balancer").await;
        time::sleep(SECOND).await;
        fleet
    }

    fn config(&self, name: &str) -> NodeConfig {
        let links: Vec<String> = match name {
            "balancer" => (1..=self.replicas).map(|n| format!("cache-{n}")).collect(),
            "media" | "telemetry" => Vec::new(),
            _ => ["media", "lab", "telemetry", "nowhere"].map(str::to_owned).into(),
        };
        let owned = |(key, value): &(&str, String)| ((*key).to_owned(), value.clone());
        let mut settings: BTreeMap<String, String> = self.settings.iter().map(owned).collect();
        let timer = |key: &str| Some((key.to_owned(), settings.remove(key)?));
        let timers: Vec<(String, String)> = TIMERS.into_iter().filter_map(timer).collect();
        if let Some(ordinal) = name.strip_prefix("cache-") {
            settings.insert("ordinal".to_owned(), ordinal.to_owned());
        }
        let ports = [("http", 80), ("admin", 90)];
        NodeConfig {
            node: name.to_owned(),
            listen: ports.map(|(port, n)| (port.to_owned(), format!("{name}:{n}"))).into(),
            links: links.into_iter().map(|link| (link.clone(), format!("{link}:80"))).collect(),
            settings,
            timers: timers
                .into_iter()
                .map(|(key, ms)| (key, Micros::from_millis(ms.parse().unwrap())))
                .collect(),
            token: TOKEN.to_owned(),
            ..NodeConfig::default()
        }
    }

    pub async fn start(&mut self, name: &str) {
        let (node, config) = (self.world.node(name), self.config(name));
        let running = match name {
            "balancer" => balancer::start(node, config).await.unwrap(),
            "media" => origin::start(node, config).await.unwrap(),
            "telemetry" => telemetry::start(node, config).await.unwrap(),
            _ => cache::start(node, config).await.unwrap(),
        };
        self.running.insert(name.to_owned(), running);
    }

    /// GET through the proxy at `via`.
    pub async fn get(&self, via: &str, url: &str) -> Response {
        self.ask(via, "GET", url, &[]).await
    }

    pub async fn ask(
        &self,
        via: &str,
        method: &str,
        url: &str,
        fields: &[(&'static str, &str)],
    ) -> Response {
        self.try_ask(via, method, url, fields).await.unwrap()
    }

    pub async fn try_ask(
        &self,
        via: &str,
        method: &str,
        url: &str,
        fields: &[(&'static str, &str)],
    ) -> Result<Response, HttpError> {
        let request = request(method, url, fields);
        self.client.forward(&format!("{via}:80"), request, PATIENCE).await
    }

    /// A request to a node's port in origin form.
    pub async fn direct(&self, address: &str, method: &str, path: &str) -> Response {
        let request = request(method, path, &[("authorization", "Bearer run-token")]);
        self.client.send(address, request, PATIENCE).await.unwrap()
    }

    pub async fn set(&self, name: &str, key: &str, value: &str) {
        let body = serde_json::json!({ "value": value }).to_string();
        let mut request =
            request("PUT", &format!("/settings/{key}"), &[("authorization", "Bearer run-token")]);
        *request.body_mut() = body.into();
        let answer = self.client.send(&format!("{name}:90"), request, PATIENCE).await.unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{:?}", answer.body());
    }

    /// The same for all replicas.
    pub async fn set_all(&self, key: &str, value: &str) {
        for n in 1..=self.replicas {
            self.set(&format!("cache-{n}"), key, value).await;
        }
    }

    /// A counter of a node.
    pub async fn count(&self, name: &str, counter: &str) -> u64 {
        let page = self.direct(&format!("{name}:90"), "GET", "/metrics").await;
        let page = String::from_utf8(page.body().to_vec()).unwrap();
        let line = |suffix: &str| {
            let start = format!("{counter}{suffix} ");
            page.lines().find_map(|line| line.strip_prefix(&start)?.parse().ok())
        };
        line("_total").or_else(|| line("")).unwrap_or_else(|| panic!("no {counter} in\n{page}"))
    }

    /// The same added up over all replicas.
    pub async fn count_all(&self, counter: &str) -> u64 {
        let mut sum = 0;
        for n in 1..=self.replicas {
            sum += self.count(&format!("cache-{n}"), counter).await;
        }
        sum
    }
}

pub fn request(method: &str, url: &str, fields: &[(&'static str, &str)]) -> Request<Bytes> {
    let mut request = Request::new(Bytes::new());
    *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
    *request.uri_mut() = url.parse::<Uri>().unwrap();
    for (name, value) in fields {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    request
}

/// A field of an answer; empty where it is not there.
pub fn field<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}
