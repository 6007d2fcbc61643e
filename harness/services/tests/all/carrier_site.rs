//! A carrier to test, on the operating system and in the simulation, and hands to drive it with.

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Method, StatusCode, header};
use serde_json::Value;
use squall_model::node_config::NodeConfig;
use squall_model::stack::{Carrier, CarrierProtocol};
use squall_model::units::Micros;
use squall_platform::running::stop_pair;
use squall_platform::sim::{Death, World};
use squall_platform::{Node, Running};
use squall_wire::http::{Client, Limits, Request, Response, reply, serve};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

pub const ACCOUNT: &str = "AC0123456789";
pub const SECRET: &str = "s3cret";
pub const PATIENCE: Duration = Duration::from_secs(10);

/// 2026-01-10 06:30:00 UTC.
const START_US: u64 = 1_768_026_600_000_000;

pub enum Place {
    Real { dir: tempfile::TempDir, runtime: Option<Runtime> },
    Sim(World),
}

/// One carrier and a node beside it.
pub struct Site {
    place: Place,
    config: NodeConfig,
    running: Option<Running>,
    pub node: Node,
    pub http: Client,
}

/// Plays `test` in both worlds.
pub fn both(protocol: CarrierProtocol, test: impl Fn(Site) -> BoxFuture<'static, ()>) {
    real(protocol, &test);
    World::run(7, START_US, |world| {
        let test = &test;
        async move {
            let node = world.node("tester");
            test(Site::start(Place::Sim(world), node, protocol).await).await;
        }
    });
}

/// Plays `test` in the simulation alone, where waiting costs nothing.
pub fn simulated<T, F: Future<Output = T>>(
    protocol: CarrierProtocol,
    test: impl Fn(Site) -> F,
) -> T {
    World::run(7, START_US, |world| async {
        let node = world.node("tester");
        test(Site::start(Place::Sim(world), node, protocol).await).await
    })
}

/// Plays `test` on the operating system.
pub fn real<F: Future<Output = ()>>(protocol: CarrierProtocol, test: impl FnOnce(Site) -> F) {
    runtime().block_on(async {
        let dir = tempfile::tempdir().expect("a folder");
        let node = Node::real("tester", dir.path().join("tester"), 1);
        let place = Place::Real { dir, runtime: None };
        test(Site::start(place, node, protocol).await).await;
    });
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
}

/// A runtime must not be dropped, and so waited for, where other tasks run.
impl Drop for Place {
    fn drop(&mut self) {
        if let Place::Real { runtime, .. } = self
            && let Some(runtime) = runtime.take()
        {
            runtime.shutdown_background();
        }
    }
}

impl Site {
    async fn start(place: Place, node: Node, protocol: CarrierProtocol) -> Site {
        let carrier = Carrier {
            name: "smartfren".into(),
            vendor: None,
            protocol,
            subscribers: 0,
            capacity: None,
            capacity_counts: Default::default(),
            receipt_delay: Micros::from_millis(20),
        };
        let front = match protocol {
            CarrierProtocol::Smpp => "smpp",
            CarrierProtocol::Sip => "sip",
            _ => "http",
        };
        let listen = |port: &str| (port.to_owned(), "127.0.0.1:0".to_owned());
        let config = NodeConfig {
            node: "smartfren".into(),
            listen: BTreeMap::from([listen(front), listen("control")]),
            settings: [("account", ACCOUNT), ("secret", SECRET)]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
            carriers: vec![carrier],
            token: "t0ken".into(),
            ..NodeConfig::default()
        };
        let http = Client::new(node.clone(), 4);
        let mut site = Site { place, config, running: None, node, http };
        site.raise().await;
        site
    }

    async fn raise(&mut self) {
        let config = self.config.clone();
        let running = match &mut self.place {
            Place::Real { dir, runtime } => {
                let started = self::runtime();
                let node = Node::real("smartfren", dir.path().join("smartfren"), 1);
                let running = started.spawn(squall_services::carrier::start(node, config)).await;
                *runtime = Some(started);
                running.expect("no panic")
            }
            Place::Sim(world) => {
                squall_services::carrier::start(world.node("smartfren"), config).await
            }
        };
        self.running = Some(running.expect("the carrier starts"));
    }

    /// SIGKILL, and a new life on the same disk (and, with luck, other ports).
    pub async fn kill_and_raise(&mut self) {
        match &mut self.place {
            Place::Real { runtime, .. } => {
                if let Some(runtime) = runtime.take() {
                    runtime.shutdown_background();
                }
            }
            Place::Sim(world) => world.kill("smartfren", Death::Process),
        }
        self.raise().await;
    }

    /// Sets the carrier entry's own capacity, from the next life on.
    pub fn config(&mut self) -> &mut NodeConfig {
        &mut self.config
    }

    /// The world the carrier is simulated in.
    pub fn world(&self) -> &World {
        match &self.place {
            Place::Sim(world) => world,
            Place::Real { .. } => panic!("a carrier on the operating system"),
        }
    }

    pub fn address(&self, port: &str) -> String {
        self.running.as_ref().expect("it runs").addresses[port].clone()
    }

    pub async fn send(
        &self,
        port: &str,
        method: Method,
        path: &str,
        authorization: &str,
        body: String,
    ) -> Response {
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, authorization)
            .body(Bytes::from(body))
            .expect("a request");
        self.http.send(&self.address(port), request, PATIENCE).await.expect("an answer")
    }

    /// A receiver of callbacks and its URL. `read` is given the URL and each request.
    pub async fn receiver<T: Send + 'static>(
        &self,
        read: impl Fn(&str, &Request) -> T + Send + Sync + 'static,
    ) -> (String, UnboundedReceiver<T>) {
        let listener = self.node.bind("127.0.0.1:0").await.expect("binds");
        let url = format!("http://{}/status?x=1", listener.local_addr());
        let (tell, told) = unbounded_channel();
        let called = url.clone();
        let handler = move |request: Request| {
            tell.send(read(&called, &request)).expect("open");
            async { reply::empty(StatusCode::NO_CONTENT) }
        };
        let (stop, stopping, done, _) = stop_pair();
        std::mem::forget(stop);
        serve(&self.node, listener, Limits::default(), stopping, done, Arc::new(handler));
        (url, told)
    }

    pub async fn control(&self, method: Method, path: &str, body: &str) -> (StatusCode, Value) {
        let answer = self.send("control", method, path, "Bearer t0ken", body.to_owned()).await;
        let value = serde_json::from_slice(answer.body()).unwrap_or(Value::Null);
        (answer.status(), value)
    }

    pub async fn behave(&self, name: &str, behaviour: &str) {
        let path = format!("/behaviours/{name}");
        let (status, why) = self.control(Method::PUT, &path, behaviour).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{why}");
    }

    pub async fn calm(&self, name: &str) {
        let path = format!("/behaviours/{name}");
        assert_eq!(self.control(Method::DELETE, &path, "").await.0, StatusCode::NO_CONTENT);
    }

    /// Drawn and hit.
    pub async fn draws(&self, name: &str) -> (u64, u64) {
        let (_, shown) = self.control(Method::GET, "/behaviours", "").await;
        let count = |key: &str| shown[name][key].as_u64().expect("a count");
        (count("drawn"), count("hit"))
    }

    /// Who submitted each entry of the log.
    pub async fn ways(&self) -> Vec<Option<String>> {
        let (status, page) = self.control(Method::GET, "/log?from=0&max=10000", "").await;
        assert_eq!(status, StatusCode::OK);
        let entries = page["entries"].as_array().expect("entries");
        assert!(entries.iter().all(|e| e.get("via").is_some()), "{page}");
        entries.iter().map(|e| e["via"].as_str().map(str::to_owned)).collect()
    }

    /// Message and event of each entry of the log.
    pub async fn log(&self) -> Vec<(Option<u64>, Value)> {
        let (status, page) = self.control(Method::GET, "/log?from=0&max=10000", "").await;
        assert_eq!(status, StatusCode::OK);
        let entries = page["entries"].as_array().expect("entries");
        assert_eq!(page["next"].as_u64(), Some(entries.len() as u64));
        entries.iter().map(|e| (e["message"].as_u64(), e["event"].clone())).collect()
    }
}
