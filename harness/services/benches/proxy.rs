//! What the fault proxy costs and how exact its toxics are: ratios against direct connections in the
//! same run. Prints one line per figure; `cargo bench -p squall-services --bench proxy`.
//!
//! The proxy is a process of its own on a runtime of one thread, as `squall serve proxy` is; client
//! and servers share this one, each with a runtime. CPU of the proxy is what the kernel says that its
//! threads used.

use squall_model::node_config::NodeConfig;
use squall_platform::{Node, Stream, time};
use squall_wire::http::Client;
use std::collections::BTreeMap;
use std::io::BufRead;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::{Builder, Runtime};

const REQUEST: &[u8] = b"POST /messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n{\"text\":\"hello you\"}";
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}";
const ROUNDS: usize = 5;

/// First argument of the child that is the proxy.
const SERVE: &str = "serve-proxy";

fn main() {
    if std::env::args().nth(1).as_deref() == Some(SERVE) {
        return serve_proxy();
    }
    let bench = Bench::new();
    bench.requests();
    bench.stream();
    bench.connections();
    bench.latency();
    bench.bandwidth(1_000, 3_000_000);
    bench.bandwidth(100_000, 200_000_000);
}

struct Bench {
    client: Runtime,
    /// Kept alive.
    _server: Runtime,
    proxy: Child,
    control: String,
    answering: String,
    sink: String,
    source: String,
}

fn node(name: &str) -> Node {
    Node::real(name, std::env::temp_dir(), 1)
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
}

/// The child: serves until its standard input ends, which it does with its parent.
fn serve_proxy() {
    let runtime = Builder::new_current_thread().enable_all().build();
    let config = NodeConfig {
        node: "proxy".to_owned(),
        listen: BTreeMap::from([("control".to_owned(), "127.0.0.1:0".to_owned())]),
        ..NodeConfig::default()
    };
    runtime.expect("a runtime").block_on(async {
        let running = squall_services::proxy::start(node("proxy"), config).await.expect("started");
        println!("{}", running.addresses["control"]);
        let wait = || std::io::stdin().read_line(&mut String::new());
        let _ = tokio::task::spawn_blocking(wait).await;
    });
}

impl Drop for Bench {
    fn drop(&mut self) {
        drop(self.proxy.stdin.take());
        let _ = self.proxy.wait();
    }
}

impl Bench {
    fn new() -> Bench {
        let (client, server) = (runtime(), runtime());
        let this = std::env::current_exe().expect("a path");
        let mut proxy = Command::new(this)
            .arg(SERVE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a child");
        let mut control = String::new();
        let out = proxy.stdout.take().expect("piped");
        std::io::BufReader::new(out).read_line(&mut control).expect("an address");
        let control = control.trim().to_owned();
        let answering = server.block_on(serve(answer));
        let sink = server.block_on(serve(swallow));
        let source = server.block_on(serve(pour));
        Bench { client, _server: server, proxy, control, answering, sink, source }
    }

    async fn call(&self, method: &str, path: &str, body: String) -> serde_json::Value {
        let request = http::Request::builder().method(method).uri(path).body(body.into());
        let client = Client::new(node("client"), 1);
        let request = request.expect("a request");
        let answer = client.send(&self.control, request, Duration::from_secs(5)).await;
        let answer = answer.expect("answered");
        assert!(answer.status().is_success(), "{answer:?}");
        serde_json::from_slice(answer.body()).unwrap_or_default()
    }

    /// A proxy before `upstream`, with these toxics.
    async fn proxy(&self, name: &str, upstream: &str, toxics: serde_json::Value) -> String {
        let body = serde_json::json!({"name": name, "listen": "127.0.0.1:0", "upstream": upstream, "toxics": toxics});
        let made = self.call("POST", "/proxies", body.to_string()).await;
        made["listen"].as_str().expect("an address").to_owned()
    }

    /// Prints the median of the ratios of several rounds, direct and proxied by turns.
    fn compare(&self, what: &str, target: f64, measure: impl AsyncFn(&str) -> f64, upstream: &str) {
        self.client.block_on(async {
            let address = self.proxy(what, upstream, serde_json::json!([])).await;
            let mut ratios = Vec::new();
            let mut last = (0.0, 0.0);
            for _ in 0..ROUNDS {
                last = (measure(upstream).await, measure(&address).await);
                ratios.push(last.1 / last.0);
            }
            ratios.sort_by(f64::total_cmp);
            let (direct, proxied) = last;
            println!(
                "{what}: {:.2} of direct (target {target}); last round {direct:.0} and {proxied:.0}",
                ratios[ROUNDS / 2]
            );
        });
    }

    fn requests(&self) {
        let rate = async |address: &str| keep_alive(address, 32).await.1;
        self.compare("requests a second at 32 connections", 0.45, rate, &self.answering);
        self.client.block_on(async {
            let address = self.proxy("cpu", &self.answering, serde_json::json!([])).await;
            let mut costs = Vec::new();
            for _ in 0..ROUNDS {
                let before = cpu_us(self.proxy.id());
                let (count, _) = keep_alive(&address, 32).await;
                costs.push((cpu_us(self.proxy.id()) - before) / count as f64);
            }
            costs.sort_by(f64::total_cmp);
            println!("CPU of the proxy: {:.1} us a request (target under 10)", costs[ROUNDS / 2]);
        });
    }

    fn stream(&self) {
        let rate = async |address: &str| {
            let mut stream = connect(address).await;
            let mut octets = vec![0; 256 << 10];
            let (start, mut count) = (Instant::now(), 0);
            while start.elapsed() < Duration::from_secs(2) {
                count += stream.read(&mut octets).await.expect("read");
            }
            count as f64 / start.elapsed().as_secs_f64() / 1e6
        };
        self.compare("one bulk stream, MB a second", 0.5, rate, &self.source);
    }

    fn connections(&self) {
        let rate = async |address: &str| {
            let (start, mut count) = (Instant::now(), 0);
            while start.elapsed() < Duration::from_secs(1) {
                let batch = (0..16).map(|_| async {
                    exchange(&mut connect(address).await).await;
                });
                count += futures::future::join_all(batch).await.len();
            }
            count as f64 / start.elapsed().as_secs_f64()
        };
        self.compare("new connections a second", 0.5, rate, &self.answering);
    }

    fn latency(&self) {
        self.client.block_on(async {
            let toxics = serde_json::json!([{"type": "latency", "attributes": {"latency": 50}}]);
            let address = self.proxy("latency", &self.answering, toxics).await;
            let plain = self.proxy("plain", &self.answering, serde_json::json!([])).await;
            let base = round_trips(&plain).await;
            let late = round_trips(&address).await;
            let excess = |share: f64| {
                let at = |all: &[f64]| all[((all.len() - 1) as f64 * share) as usize];
                at(&late) - at(&base) - 50.0
            };
            println!(
                "50 ms latency at 64 connections: excess p50 {:.2} ms (target within 0.5), p99 {:.2} ms (target within 3)",
                excess(0.5),
                excess(0.99)
            );
        });
    }

    fn bandwidth(&self, rate: u64, octets: usize) {
        self.client.block_on(async {
            let name = format!("bandwidth {rate}");
            let toxics = serde_json::json!([{"type": "bandwidth", "stream": "upstream", "attributes": {"rate": rate}}]);
            let address = self.proxy(&name, &self.sink, toxics).await;
            let mut stream = connect(&address).await;
            let start = Instant::now();
            let piece = vec![7; 100_000];
            for _ in 0..octets / piece.len() {
                stream.write_all(&piece).await.expect("written");
            }
            stream.shutdown().await.expect("half closed");
            stream.read_to_end(&mut Vec::new()).await.expect("the sink's end");
            let seen = octets as f64 / 1e3 / start.elapsed().as_secs_f64();
            let off = (seen / rate as f64 - 1.0) * 100.0;
            println!("bandwidth {rate} kB/s: {seen:.1} kB/s, {off:+.3}%");
        });
    }
}

/// Requests, and requests a second.
async fn keep_alive(address: &str, connections: usize) -> (u64, f64) {
    let start = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let mut stream = connect(address).await;
        tasks.push(tokio::spawn(async move {
            let mut count = 0u64;
            while start.elapsed() < Duration::from_secs(2) {
                exchange(&mut stream).await;
                count += 1;
            }
            count
        }));
    }
    let mut count = 0;
    for task in tasks {
        count += task.await.expect("joined");
    }
    (count, count as f64 / start.elapsed().as_secs_f64())
}

/// Milliseconds of round trips on 64 connections, sorted.
async fn round_trips(address: &str) -> Vec<f64> {
    let mut tasks = Vec::new();
    for at in 0..64 {
        let mut stream = connect(address).await;
        tasks.push(tokio::spawn(async move {
            // Spread out, so that it is the proxy's timers that are seen and not a queue.
            time::sleep(Duration::from_micros(at * 790)).await;
            let mut all = Vec::new();
            for _ in 0..40 {
                let start = Instant::now();
                exchange(&mut stream).await;
                all.push(start.elapsed().as_secs_f64() * 1e3);
                time::sleep(Duration::from_micros(10_000 + at * 37)).await;
            }
            all
        }));
    }
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.expect("joined"));
    }
    all.sort_by(f64::total_cmp);
    all
}

async fn connect(address: &str) -> Stream {
    node("client").connect(address).await.expect("connected")
}

async fn exchange(stream: &mut Stream) {
    stream.write_all(REQUEST).await.expect("written");
    stream.read_exact(&mut [0; ANSWER.len()]).await.expect("answered");
}

/// Microseconds that the threads of a process have been on a processor: the first field of each
/// schedstat (Linux, Documentation/scheduler/sched-stats.rst), in nanoseconds.
fn cpu_us(process: u32) -> f64 {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).expect("a live process");
    let spent = threads.map(|thread| {
        let stat = std::fs::read_to_string(thread.expect("listed").path().join("schedstat"));
        let stat = stat.expect("read");
        stat.split(' ').next().and_then(|field| field.parse::<f64>().ok()).expect("nanoseconds")
    });
    spent.sum::<f64>() / 1e3
}

async fn serve<F, Fut>(each: F) -> String
where
    F: Fn(Stream) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let mut listener = node("server").bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr();
    tokio::spawn(async move {
        while let Ok(stream) = listener.accept().await {
            tokio::spawn(each(stream));
        }
    });
    address
}

async fn answer(mut stream: Stream) {
    let mut request = [0; REQUEST.len()];
    while stream.read_exact(&mut request).await.is_ok() && stream.write_all(ANSWER).await.is_ok() {}
}

async fn swallow(mut stream: Stream) {
    let mut octets = vec![0; 256 << 10];
    while stream.read(&mut octets).await.is_ok_and(|count| count > 0) {}
}

async fn pour(mut stream: Stream) {
    let octets = vec![7; 256 << 10];
    while stream.write_all(&octets).await.is_ok() {}
}
