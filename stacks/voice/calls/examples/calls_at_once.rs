//! What 2,000 calls at once cost the call platform: its memory and its processor time, on the real side,
//! in a process of its own. Telephone network, web servers and customer are the other process.
//!
//! `cargo run --release -p squall-voice --example calls_at_once`

use http::StatusCode;
use squall_model::node_config::NodeConfig;
use squall_model::stack::{Carrier, CarrierProtocol};
use squall_model::token;
use squall_model::units::Micros;
use squall_platform::{Node, running, time};
use squall_wire::http::{Client, Limits, Request, Response, reply, serve};
use squall_wire::twilio::{CallCallback, CallStatus, CreateCall};
use squall_wire::twiml;
use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

const CALLS: u64 = 2_000;
/// Placed a second.
const RATE: f64 = 200.0;
/// Octets of each sound: five seconds.
const SOUND: usize = 40_000;
const ACCOUNT: &str = "AC00";
const SECRET: &str = "secret";

type Failed = Box<dyn std::error::Error>;

fn main() -> Result<(), Failed> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    match std::env::args().nth(1).as_deref() {
        Some("platform") => runtime.block_on(platform()),
        _ => runtime.block_on(surroundings()),
    }
}

/// The child: serves what its standard input says, and says where.
async fn platform() -> Result<(), Failed> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    let config: NodeConfig = serde_json::from_str(&line)?;
    let data = std::env::temp_dir().join(format!("calls-at-once-{}", std::process::id()));
    let node = Node::real("platform", data.clone(), 1);
    let mut running = squall_voice::calls::start(node, config).await?;
    println!("{}", running.addresses["http"]);
    // Until the parent has seen enough.
    tokio::task::spawn_blocking(|| std::io::stdin().lock().lines().next()).await?;
    running.stop.ask();
    running.stopped.wait().await;
    std::fs::remove_dir_all(data)?;
    Ok(())
}

async fn web<F, Fut>(node: &Node, handler: F) -> Result<String, Failed>
where
    F: Fn(Request) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Response> + Send + 'static,
{
    let listener = node.bind("127.0.0.1:0").await?;
    let address = listener.local_addr();
    let (stop, stopping, done, stopped) = running::stop_pair();
    std::mem::forget((stop, stopped));
    serve(node, listener, Limits::default(), stopping, done, Arc::new(handler));
    Ok(address)
}

fn script(inner: &str) -> Response {
    reply::of(StatusCode::OK, "text/xml", format!("<Response>{inner}</Response>"))
}

async fn answer(request: Request) -> Response {
    match request.uri().path() {
        "/call" => {
            script("<Say>press a key</Say><Gather numDigits='1' timeout='20' action='/keys'/>")
        }
        "/keys" => script("<Play>http://web/a.ulaw</Play><Pause length='10'/>"),
        _ => reply::of(StatusCode::OK, "audio/basic", vec![0x55; SOUND]),
    }
}

fn config(web: &str, telco: &str, app: &str) -> NodeConfig {
    let own = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    let settings = [("account", ACCOUNT), ("secret", SECRET), ("speech_url", "http://web/speech")];
    NodeConfig {
        node: "platform".to_owned(),
        listen: [("http", "127.0.0.1:0"), ("admin", "127.0.0.1:0")].map(own).into(),
        links: [("web", web), ("telco", telco), ("app", app)].map(own).into(),
        settings: settings.map(own).into(),
        carriers: vec![telephone_network()],
        ..NodeConfig::default()
    }
}

fn telephone_network() -> Carrier {
    Carrier {
        name: "telco".to_owned(),
        vendor: None,
        protocol: CarrierProtocol::Sip,
        subscribers: 0,
        capacity: None,
        capacity_counts: Default::default(),
        receipt_delay: Micros::from_secs(1),
    }
}

async fn telco(node: &Node) -> Result<String, Failed> {
    let local = |port: &str| (port.to_owned(), "127.0.0.1:0".to_owned());
    let config = NodeConfig {
        node: "telco".to_owned(),
        listen: BTreeMap::from([local("sip"), local("control")]),
        carriers: vec![telephone_network()],
        ..NodeConfig::default()
    };
    let running = squall_services::carrier::start(node.clone(), config).await?;
    let address = running.addresses["sip"].clone();
    std::mem::forget(running);
    Ok(address)
}

async fn surroundings() -> Result<(), Failed> {
    let data = std::env::temp_dir().join(format!("calls-at-once-{}", std::process::id()));
    let node = Node::real("surroundings", data.clone(), 1);
    let (completed, other) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let (good, bad) = (completed.clone(), other.clone());
    let app = web(&node, move |request: Request| {
        let callback = CallCallback::parse(request.body());
        let ended = callback.is_some_and(|callback| callback.status == CallStatus::Completed);
        if ended { &good } else { &bad }.fetch_add(1, SeqCst);
        std::future::ready(reply::empty(StatusCode::NO_CONTENT))
    })
    .await?;
    let (site, telco) = (web(&node, answer).await?, telco(&node).await?);
    let (mut child, platform) = begin(&config(&site, &telco, &app))?;
    // The trunk needs a moment; a call placed before it stands would fail.
    time::sleep(Duration::from_secs(1)).await;
    let idle = usage(&child)?;
    let began = Instant::now();
    let client = Client::new(node.clone(), 64);
    for m in 0..CALLS {
        time::sleep(Duration::from_secs_f64(m as f64 / RATE).saturating_sub(began.elapsed())).await;
        place(&node, &client, &platform, m);
    }
    let placed = began.elapsed();
    while completed.load(SeqCst) + other.load(SeqCst) < CALLS {
        time::sleep(Duration::from_millis(100)).await;
        if began.elapsed() > Duration::from_secs(120) {
            break;
        }
    }
    let (took, busy) = (began.elapsed(), usage(&child)?);
    let cpu = busy.0 - idle.0;
    println!(
        "{CALLS} calls placed in {:.1} s, over after {:.1} s",
        placed.as_secs_f64(),
        took.as_secs_f64()
    );
    println!("completed {}, otherwise {}", completed.load(SeqCst), other.load(SeqCst));
    println!("platform: {:.2} s of processor time, {:.2} ms a call", cpu, cpu * 1e3 / CALLS as f64);
    println!("platform: most resident {} MiB, idle {} MiB", busy.1 >> 10, idle.1 >> 10);
    drop(child.stdin.take());
    child.wait()?;
    std::fs::remove_dir_all(data).or_else(|why| match why.kind() {
        std::io::ErrorKind::NotFound => Ok(()),
        _ => Err(why),
    })?;
    Ok(())
}

fn begin(config: &NodeConfig) -> Result<(Child, String), Failed> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("platform")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let stdin = child.stdin.as_mut().ok_or("no standard input")?;
    writeln!(stdin, "{}", serde_json::to_string(config)?)?;
    let mut address = String::new();
    let stdout = child.stdout.take().ok_or("no standard output")?;
    std::io::BufReader::new(stdout).read_line(&mut address)?;
    Ok((child, address.trim().to_owned()))
}

fn place(node: &Node, client: &Client, platform: &str, m: u64) {
    let (client, platform) = (client.clone(), platform.to_owned());
    node.spawn(async move {
        let create = CreateCall {
            to: format!("+62007{m:08}"),
            from: token::caller(m),
            url: Some("http://web/call".to_owned()),
            method: twiml::Method::Get,
            status_callback: Some(format!("http://app/{m}")),
            ..CreateCall::default()
        };
        let Some(request) = create.request(ACCOUNT, SECRET) else { return };
        match client.send(&platform, request, Duration::from_secs(30)).await {
            Ok(answer) if answer.status() == StatusCode::CREATED => {}
            answer => eprintln!("call {m}: {:?}", answer.map(Response::into_body)),
        }
    });
}

/// Processor time in seconds, and the most resident memory in KiB, of a process.
fn usage(child: &Child) -> Result<(f64, u64), Failed> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id()))?;
    let fields = stat.rsplit(") ").next().unwrap_or_default();
    // The 14th and 15th of proc(5), in hundredths of a second; the first two are cut off.
    let ticks = fields.split(' ').skip(11).take(2).map(str::parse::<u64>);
    let ticks: u64 = ticks.sum::<Result<_, _>>()?;
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()))?;
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = most.and_then(|line| line.split_whitespace().next()).ok_or("no VmHWM")?;
    Ok((ticks as f64 / 100.0, kib.parse()?))
}
