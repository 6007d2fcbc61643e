//! The fault proxy as its clients see it, in both worlds.

mod api;
mod data;
mod hostile;
mod populate;
mod toxics;

use bytes::Bytes;
use squall_model::node_config::NodeConfig;
use squall_platform::sim::World;
use squall_platform::{Listener, Node, Running, Stream, time};
use squall_wire::http::{Client, Response};
use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const PATIENCE: Duration = Duration::from_secs(20);

/// One fault proxy and the means to drive it.
struct Rig {
    world: Option<World>,
    client: Client,
    control: String,
    running: Running,
}

/// Plays `test` on the operating system and in the simulation.
fn both<F, Fut>(test: F)
where
    F: Fn(Rig) -> Fut,
    Fut: Future<Output = ()>,
{
    real(&test);
    simulated(&test);
}

fn real<F, Fut>(test: F)
where
    F: Fn(Rig) -> Fut,
    Fut: Future<Output = ()>,
{
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async { test(Rig::start(None, 42, &[]).await).await });
}

fn simulated<F, Fut>(test: F)
where
    F: Fn(Rig) -> Fut,
    Fut: Future<Output = ()>,
{
    World::run(1, 1_700_000_000_000_000, |world| async move {
        test(Rig::start(Some(world), 42, &[]).await).await;
    });
}

impl Rig {
    async fn start(world: Option<World>, seed: u64, settings: &[(&str, &str)]) -> Rig {
        let node = |name: &str| node(world.as_ref(), name);
        let config = NodeConfig {
            node: "proxy".to_owned(),
            listen: BTreeMap::from([("control".to_owned(), "127.0.0.1:0".to_owned())]),
            settings: settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            seed,
            ..NodeConfig::default()
        };
        let running = squall_services::proxy::start(node("proxy"), config).await.expect("started");
        let control = running.addresses["control"].clone();
        Rig { client: Client::new(node("driver"), 4), world, control, running }
    }

    fn node(&self, name: &str) -> Node {
        node(self.world.as_ref(), name)
    }

    async fn send(&self, request: http::Request<Bytes>) -> Response {
        self.client.send(&self.control, request, PATIENCE).await.expect("answered")
    }

    /// Status and body.
    async fn call(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let response = self.send(request(method, path, body)).await;
        (response.status().as_u16(), text(&response))
    }

    /// As [`Rig::call`], and the status must be `status`.
    async fn must(&self, method: &str, path: &str, body: &str, status: u16) -> serde_json::Value {
        let (seen, text) = self.call(method, path, body).await;
        assert_eq!(seen, status, "{method} {path} {body}: {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Creates a proxy and gives its address.
    async fn proxy(&self, name: &str, upstream: &str) -> String {
        let body = serde_json::json!({"name": name, "listen": "127.0.0.1:0", "upstream": upstream});
        let made = self.must("POST", "/proxies", &body.to_string(), 201).await;
        made["listen"].as_str().expect("an address").to_owned()
    }

    async fn toxic(&self, proxy: &str, body: serde_json::Value) {
        self.must("POST", &format!("/proxies/{proxy}/toxics"), &body.to_string(), 200).await;
    }

    async fn bind(&self) -> Listener {
        self.node("server").bind("127.0.0.1:0").await.expect("a port")
    }

    async fn connect(&self, address: &str) -> Stream {
        self.node("client").connect(address).await.expect("connected")
    }

    /// A server that sends back what it gets, and ends when its client does.
    async fn echo(&self) -> String {
        let mut listener = self.bind().await;
        let address = listener.local_addr();
        let node = self.node("server");
        self.node("server").spawn(async move {
            while let Ok(mut stream) = listener.accept().await {
                node.spawn(async move {
                    let mut octets = vec![0; 64 << 10];
                    loop {
                        match stream.read(&mut octets).await {
                            Ok(count) if count > 0 => {
                                if stream.write_all(&octets[..count]).await.is_err() {
                                    return;
                                }
                            }
                            _ => {
                                let _ = stream.shutdown().await;
                                return;
                            }
                        }
                    }
                });
            }
        });
        address
    }
}

fn node(world: Option<&World>, name: &str) -> Node {
    match world {
        Some(world) => world.node(name),
        None => Node::real(name, std::env::temp_dir(), 7),
    }
}

fn request(method: &str, path: &str, body: &str) -> http::Request<Bytes> {
    http::Request::builder()
        .method(method)
        .uri(path)
        .body(Bytes::copy_from_slice(body.as_bytes()))
        .expect("a request")
}

fn text(response: &Response) -> String {
    String::from_utf8_lossy(response.body()).into_owned()
}

/// Reads exactly as much as was written and compares.
async fn round_trip(stream: &mut Stream, octets: &[u8]) -> std::io::Result<()> {
    stream.write_all(octets).await?;
    let mut back = vec![0; octets.len()];
    let read = time::timeout(PATIENCE, stream.read_exact(&mut back)).await;
    read.map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))??;
    assert!(back == octets, "other octets came back");
    Ok(())
}

/// Reads to the end: what came, and how it ended.
async fn to_end(stream: &mut Stream) -> (Vec<u8>, std::io::Result<()>) {
    let mut octets = Vec::new();
    let ended = time::timeout(PATIENCE, stream.read_to_end(&mut octets)).await.expect("an end");
    (octets, ended.map(|_| ()))
}
