//! The name server as its clients see it: octets of DNS on real sockets, its control API, and a client
//! over HTTP that finds its target by name.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use squall_model::node_config::{Names, NodeConfig};
use squall_platform::running::stop_pair;
use squall_platform::sim::World;
use squall_platform::{Node, Running, time};
use squall_wire::http::{Client, HttpError, Limits, reply, serve};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

const TOKEN: &str = "run-token";
const SECOND: Duration = Duration::from_secs(1);

async fn start(node: &Node, host: &str) -> Running {
    let listen = |port: &str| (port.to_owned(), format!("{host}:0"));
    let config = NodeConfig {
        node: "name-server".into(),
        listen: [listen("dns"), listen("control")].into(),
        token: TOKEN.into(),
        ..NodeConfig::default()
    };
    squall_services::names::start(node.clone(), config).await.unwrap()
}

/// Asks the control port; no body where it is null.
async fn control(
    node: &Node,
    server: &Running,
    method: Method,
    path: &str,
    body: Value,
) -> (StatusCode, Value) {
    let bytes = if body.is_null() { Bytes::new() } else { body.to_string().into() };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {TOKEN}"))
        .body(bytes)
        .unwrap();
    let client = Client::new(node.clone(), 1);
    let answer = client.send(&server.addresses["control"], request, SECOND * 5).await.unwrap();
    (answer.status(), serde_json::from_slice(answer.body()).unwrap_or_default())
}

/// A question for `name`, by hand: no flags, class IN.
fn question(name: &str, kind: u8) -> Vec<u8> {
    let mut message = vec![0xab, 0xcd, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        message.push(label.len() as u8);
        message.extend_from_slice(label.as_bytes());
    }
    message.extend_from_slice(&[0, 0, kind, 0, 1]);
    [&(message.len() as u16).to_be_bytes()[..], &message].concat()
}

fn ask(stream: &mut TcpStream, name: &str, kind: u8) -> Vec<u8> {
    stream.write_all(&question(name, kind)).unwrap();
    let mut length = [0u8; 2];
    stream.read_exact(&mut length).unwrap();
    let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut answer).unwrap();
    answer
}

const SRV: u8 = 33;
const A: u8 = 1;
const TXT: u8 = 16;

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_answered_in_the_octets_of_dns() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::real("name-server", folder.path().to_owned(), 1);
    let server = start(&node, "127.0.0.1").await;
    let put =
        async |path: &str, body: Value| control(&node, &server, Method::PUT, path, body).await.0;
    let record = json!({ "address": "10.1.2.3:8443" });
    assert_eq!(
        put("/records/Vendor-B.gateway-1.squall", record.clone()).await,
        StatusCode::NO_CONTENT
    );
    let mut stream = TcpStream::connect(&server.addresses["dns"]).unwrap();
    stream.set_read_timeout(Some(SECOND * 60)).unwrap();

    let place = ask(&mut stream, "_https._tcp.VENDOR-b.gateway-1.squall", SRV);
    // The id, an authoritative answer without error; one question, one answer, one record beside it.
    assert_eq!(place[..12], [0xab, 0xcd, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 1]);
    let priority_weight_port = [0, 0, 0, 0, 0x20, 0xfb];
    assert!(place.windows(6).any(|octets| octets == priority_weight_port), "{place:?}");
    assert!(place.ends_with(&[0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 10, 1, 2, 3]), "{place:?}");
    let address = ask(&mut stream, "vendor-b.gateway-1.squall", A);
    assert!(address.ends_with(&[10, 1, 2, 3]) && address[7] == 1);
    let text = ask(&mut stream, "vendor-b.gateway-1.squall", TXT);
    assert_eq!((text[3] & 15, text[7]), (0, 0), "known, and nothing of that kind");
    assert_eq!(ask(&mut stream, "vendor-b.gateway-2.squall", SRV)[3] & 15, 3);

    let broken = "/broken/vendor-b.gateway-1.squall";
    assert_eq!(put(broken, Value::Null).await, StatusCode::NO_CONTENT);
    assert_eq!(ask(&mut stream, "_https._tcp.vendor-b.gateway-1.squall", SRV)[3] & 15, 2);
    assert_eq!(
        control(&node, &server, Method::DELETE, broken, Value::Null).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(ask(&mut stream, "_https._tcp.vendor-b.gateway-1.squall", SRV)[3] & 15, 0);

    // Who sends something else is cut off, and nobody else.
    let mut odd = TcpStream::connect(&server.addresses["dns"]).unwrap();
    odd.write_all(b"\0\x04GET ").unwrap();
    assert_eq!(odd.read(&mut [0; 1]).unwrap(), 0);
    assert_eq!(ask(&mut stream, "vendor-b.gateway-1.squall", A)[3] & 15, 0);
    server.stop.ask();
}

#[tokio::test]
async fn the_control_port_wants_its_token_and_sound_records() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::real("name-server", folder.path().to_owned(), 1);
    let server = start(&node, "127.0.0.1").await;
    let bare = Request::builder().method("PUT").uri("/broken/a").body(Bytes::new()).unwrap();
    let client = Client::new(node.clone(), 1);
    let refused = client.send(&server.addresses["control"], bare, SECOND * 5).await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    let ask = async |method, path: &str, body| control(&node, &server, method, path, body).await;
    for address in ["", "10.0.0.1", "10.0.0.1:0", "10.0.0.1:99999", ":1"] {
        let body = json!({ "address": address });
        assert_eq!(
            ask(Method::PUT, "/records/a", body).await.0,
            StatusCode::BAD_REQUEST,
            "{address}"
        );
    }
    for path in ["/records/", "/records/a..b", "/records/a%20b", "/broken/", "/else"] {
        let body = json!({ "address": "a:1" });
        assert_eq!(ask(Method::PUT, path, body).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(ask(Method::GET, "/records/a", Value::Null).await.0, StatusCode::NOT_FOUND);
    ask(Method::PUT, "/records/a", json!({ "address": "a:1" })).await;
    assert_eq!(ask(Method::GET, "/records/A", Value::Null).await.1, json!({ "address": "a:1" }));
    ask(Method::DELETE, "/records/a", Value::Null).await;
    assert_eq!(ask(Method::GET, "/records/a", Value::Null).await.0, StatusCode::NOT_FOUND);
    assert_eq!(ask(Method::GET, "/health", Value::Null).await.0, StatusCode::OK);
    server.stop.ask();
}

/// A server that answers with its own name.
async fn answering(node: &Node) -> String {
    let listener = node.bind("0.0.0.0:80").await.unwrap();
    let (address, name) = (listener.local_addr(), node.name().to_owned());
    let (stop, stopping, done, stopped) = stop_pair();
    std::mem::forget((stop, stopped));
    let handler = move |_| std::future::ready(reply::text(StatusCode::OK, &name));
    serve(node, listener, Limits::default(), stopping, done, Arc::new(handler));
    address
}

#[test]
fn a_client_follows_a_name_once_its_connections_are_old_and_sends_nothing_without_one() {
    World::run(1, 0, |world| async move {
        let node = world.node("name-server");
        let server = start(&node, "name-server").await;
        let put = async |path: &str, body| control(&node, &server, Method::PUT, path, body).await;
        let lead = async |to: &str| {
            put("/records/vendor.client.squall", json!({ "address": format!("{to}:80") })).await
        };
        answering(&world.node("one")).await;
        answering(&world.node("two")).await;
        let names =
            Names { server: server.addresses["dns"].clone(), search: "client.squall".to_owned() };
        let config = NodeConfig { names: Some(names), ..NodeConfig::default() };
        let client = Client::of(&world.node("client"), &config, 4).unwrap();
        let get = async || {
            let request = Request::builder().uri("/").body(Bytes::new()).unwrap();
            let answer = client.send("http://vendor", request, SECOND * 5).await?;
            Ok::<_, HttpError>(String::from_utf8(answer.body().to_vec()).unwrap())
        };
        let unknown = get().await.unwrap_err();
        assert!(
            matches!(&unknown, HttpError::NotSent(why) if why.contains("no such name")),
            "{unknown}"
        );
        lead("one").await;
        assert_eq!(get().await.unwrap(), "one");
        lead("two").await;
        // Asked each second, the connection is never idle for long, and still it is not used for ever.
        let mut seen = Vec::new();
        for _ in 0..14 {
            seen.push(get().await.unwrap());
            time::sleep(SECOND).await;
        }
        let moved = seen.iter().position(|name| name == "two");
        assert_eq!(moved, Some(10), "{seen:?}");
        put("/broken/vendor.client.squall", Value::Null).await;
        assert_eq!(get().await.unwrap(), "two", "what stands goes on");
        time::sleep(SECOND * 10).await;
        let broken = get().await.unwrap_err();
        assert!(matches!(&broken, HttpError::NotSent(why) if why.contains("SERVFAIL")), "{broken}");

        let request = || Request::builder().uri("/").body(Bytes::new()).unwrap();
        let by_address = Client::new(world.node("client"), 4);
        let refused = by_address.send("http://vendor", request(), SECOND).await.unwrap_err();
        assert!(matches!(refused, HttpError::NotSent(_)), "{refused}");
        let untrusting = client.send("https://vendor", request(), SECOND).await.unwrap_err();
        assert!(matches!(untrusting, HttpError::NotSent(_)), "{untrusting}");
    });
}
