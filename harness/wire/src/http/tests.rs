//! The server and the client against each other and against raw bytes, on the operating system.

use super::*;
use ::http::{Method, StatusCode, header};
use squall_platform::running::stop_pair;
use squall_platform::sim::World;
use squall_platform::{Node, Stop, Stopped, time};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const PATIENCE: Duration = Duration::from_secs(5);

fn node() -> Node {
    Node::real("test", std::env::temp_dir(), 1)
}

/// Echoes method, path and body; `/slow` answers after 300 ms.
async fn echo(request: Request) -> Response {
    if request.uri().path() == "/slow" {
        time::sleep(Duration::from_millis(300)).await;
    }
    let line = format!("{} {} ", request.method(), request.uri());
    reply::of(StatusCode::OK, "text/plain", [line.as_bytes(), request.body()].concat())
}

async fn started(limits: Limits) -> (String, Stop, Stopped) {
    let node = node();
    let listener = node.bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr();
    let (stop, stopping, done, stopped) = stop_pair();
    serve(&node, listener, limits, stopping, done, Arc::new(echo));
    (address, stop, stopped)
}

fn post(path: &str, body: &[u8]) -> Request {
    ::http::Request::builder()
        .method(Method::POST)
        .uri(path)
        .body(Bytes::copy_from_slice(body))
        .expect("a request")
}

/// Sends raw octets and reads to the end.
async fn raw(address: &str, octets: &[u8]) -> String {
    let mut stream = node().connect(address).await.expect("connected");
    let _ = stream.write_all(octets).await;
    let mut answer = Vec::new();
    let _ = time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("an end");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn bodies_of_every_size_come_back_whole() {
    let (address, ..) = started(Limits::default()).await;
    let client = Client::new(node(), 4);
    for size in [0, 1, 1000, 100_000, 1 << 20] {
        let body = vec![b'x'; size];
        let answer = client.send(&address, post("/a?b=c", &body), PATIENCE).await.expect("sent");
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.body().len(), size + "POST /a?b=c ".len());
    }
}

#[tokio::test]
async fn connections_are_kept_and_shared() {
    let node = node();
    let mut listener = node.bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr();
    let accepted = Arc::new(AtomicUsize::new(0));
    let seen = accepted.clone();
    tokio::spawn(async move {
        while let Ok(mut stream) = listener.accept().await {
            seen.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut octets = [0; 4096];
                while stream.read(&mut octets).await.is_ok_and(|n| n > 0) {
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
                }
            });
        }
    });
    let client = Client::new(node, 2);
    for _ in 0..50 {
        client.send(&address, post("/", b"once"), PATIENCE).await.expect("sent");
    }
    assert_eq!(accepted.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_connection_that_died_in_the_pool_is_replaced() {
    let limits = Limits { header_timeout: Duration::from_millis(50), ..Limits::default() };
    let (address, ..) = started(limits).await;
    let client = Client::new(node(), 4);
    for _ in 0..3 {
        client.send(&address, post("/", b"x"), PATIENCE).await.expect("sent");
        time::sleep(Duration::from_millis(150)).await;
    }
}

#[tokio::test]
async fn a_refused_connection_is_not_sent() {
    let listener = node().bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr();
    drop(listener);
    let error = Client::new(node(), 1).send(&address, post("/", b""), PATIENCE).await;
    assert!(matches!(error, Err(HttpError::NotSent(_))), "{error:?}");
}

#[tokio::test]
async fn silence_and_cut_off_answers_are_indeterminate() {
    for answer in [&b""[..], b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"] {
        let node = node();
        let mut listener = node.bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr();
        tokio::spawn(async move {
            let mut stream = listener.accept().await.expect("accepted");
            let mut octets = [0; 4096];
            let _ = stream.read(&mut octets).await;
            let _ = stream.write_all(answer).await;
        });
        let error = Client::new(node, 1).send(&address, post("/", b"x"), PATIENCE).await;
        assert!(matches!(error, Err(HttpError::Indeterminate(_))), "{error:?}");
    }
    let (address, ..) = started(Limits::default()).await;
    let client = Client::new(node(), 1);
    let error = client.send(&address, post("/slow", b""), Duration::from_millis(50)).await;
    assert!(matches!(error, Err(HttpError::Indeterminate(_))), "{error:?}");
    client.send(&address, post("/", b""), PATIENCE).await.expect("a fresh connection");
}

#[tokio::test]
async fn what_is_too_long_or_too_late_is_refused() {
    let limits = Limits {
        body: 1000,
        head: 8 << 10,
        header_timeout: Duration::from_millis(200),
        body_timeout: Duration::from_millis(200),
        ..Limits::default()
    };
    let (address, ..) = started(limits).await;
    let long = raw(&address, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n").await;
    assert!(long.starts_with("HTTP/1.1 413"), "{long}");
    let mut chunks =
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n".to_vec();
    chunks.extend_from_slice(&[b'x'; 1001]);
    let chunked = raw(&address, &[&chunks[..], b"\r\n0\r\n\r\n"].concat()).await;
    assert!(chunked.starts_with("HTTP/1.1 413"), "{chunked}");
    let late = raw(&address, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf").await;
    assert!(late.starts_with("HTTP/1.1 408"), "{late}");
    let head = [b"GET / HTTP/1.1\r\nX: ", &vec![b'x'; 10 << 20][..], b"\r\n\r\n"].concat();
    let answer = raw(&address, &head).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    assert_eq!(raw(&address, b"GET / HT").await, "", "half a head is closed");
    assert!(raw(&address, b"GET /x HTTP/1.0\r\n\r\n").await.ends_with("GET /x "));
}

#[tokio::test]
async fn a_client_that_half_closes_is_still_answered() {
    let (address, ..) = started(Limits::default()).await;
    let mut stream = node().connect(&address).await.expect("connected");
    stream.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("written");
    stream.shutdown().await.expect("half closed");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.ends_with("GET /slow "), "{answer}");
    assert!(!answer.to_lowercase().contains("date:"), "dates are not repeatable: {answer}");
}

/// Counts the requests under way.
struct UnderWay(Arc<AtomicUsize>);

impl UnderWay {
    fn of(count: &Arc<AtomicUsize>) -> UnderWay {
        count.fetch_add(1, Ordering::SeqCst);
        UnderWay(count.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// How many requests a server still handles after all its clients have gone, each in its own way.
fn left_by_clients_that_went(half_close: bool) -> usize {
    World::run(1, 0, |world| async move {
        let (server, under_way) = (world.node("server"), Arc::new(AtomicUsize::new(0)));
        let listener = server.bind("server:80").await.expect("a port");
        let (_stop, stopping, done, _stopped) = stop_pair();
        let count = under_way.clone();
        let handler = move |_: Request| {
            let counted = UnderWay::of(&count);
            async move {
                let () = std::future::pending().await;
                drop(counted);
                reply::empty(StatusCode::OK)
            }
        };
        let limits = Limits { half_close, ..Limits::default() };
        serve(&server, listener, limits, stopping, done, Arc::new(handler));
        let node = world.node("client");
        let client = Client::new(node.clone(), 4);
        let late = client.send("server:80", post("/", b"x"), Duration::from_secs(1)).await;
        assert!(matches!(late, Err(HttpError::Indeterminate(_))), "{late:?}");
        let mut streams = Vec::new();
        for _ in 0..3 {
            let mut stream = node.connect("server:80").await.expect("connected");
            stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("written");
            streams.push(stream);
        }
        time::sleep(Duration::from_secs(1)).await;
        assert!(under_way.load(Ordering::SeqCst) >= 3, "all have begun");
        streams.remove(0).reset();
        drop(streams.remove(0));
        streams[0].shutdown().await.expect("half closed");
        time::sleep(Duration::from_secs(60)).await;
        under_way.load(Ordering::SeqCst)
    })
}

#[test]
fn a_request_whose_client_went_is_dropped_where_the_server_wants_that() {
    assert_eq!(left_by_clients_that_went(false), 0);
    assert_eq!(left_by_clients_that_went(true), 4, "by default nobody looks");
}

#[tokio::test]
async fn a_proxy_is_asked_for_a_whole_url() {
    let (address, ..) = started(Limits::default()).await;
    let client = Client::new(node(), 1);
    for _ in 0..2 {
        let wanted = post("http://media:81/a?b=c", b"x");
        let answer = client.forward(&address, wanted, PATIENCE).await.expect("sent");
        assert_eq!(&answer.body()[..], b"POST http://media:81/a?b=c x");
    }
    let error = client.forward(&address, post("/a", b""), PATIENCE).await;
    assert!(matches!(error, Err(HttpError::NotSent(_))), "{error:?}");
    let plain = client.send(&address, post("http://media/a", b""), PATIENCE).await.expect("sent");
    assert_eq!(&plain.body()[..], b"POST /a ");
}

#[tokio::test]
async fn a_stop_lets_requests_finish_and_frees_the_port() {
    let (address, stop, mut stopped) = started(Limits::default()).await;
    let client = Client::new(node(), 1);
    client.send(&address, post("/", b""), PATIENCE).await.expect("kept idle");
    let busy = Client::new(node(), 1);
    let slow = {
        let address = address.clone();
        tokio::spawn(async move { busy.send(&address, post("/slow", b"end"), PATIENCE).await })
    };
    time::sleep(Duration::from_millis(100)).await;
    stop.ask();
    time::timeout(PATIENCE, stopped.wait()).await.expect("stopped");
    let answer = slow.await.expect("joined").expect("answered");
    assert!(answer.body().ends_with(b"end"));
    node().bind(&address).await.expect("free again");
}

#[tokio::test]
async fn connections_over_the_cap_wait() {
    let (address, ..) = started(Limits { connections: 1, ..Limits::default() }).await;
    let held = node().connect(&address).await.expect("connected");
    let client = Client::new(node(), 1);
    let error = client.send(&address, post("/", b""), Duration::from_millis(200)).await;
    assert!(error.is_err(), "{error:?}");
    drop(held);
    client.send(&address, post("/", b""), PATIENCE).await.expect("its turn");
}

#[test]
fn the_guard_wants_the_token_and_no_web_page() {
    let with = |name: header::HeaderName, value: &str| {
        let mut request = post("/", b"");
        request.headers_mut().insert(name, value.parse().expect("a value"));
        request
    };
    assert!(guard::check(&with(header::AUTHORIZATION, "Bearer right"), "right").is_ok());
    assert!(guard::check(&post("/", b""), "").is_ok());
    for (request, status) in [
        (post("/", b""), StatusCode::UNAUTHORIZED),
        (with(header::AUTHORIZATION, "Bearer wrong"), StatusCode::UNAUTHORIZED),
        (with(header::AUTHORIZATION, "Bearer righ"), StatusCode::UNAUTHORIZED),
        (with(header::ORIGIN, "http://evil.example"), StatusCode::FORBIDDEN),
    ] {
        assert_eq!(guard::check(&request, "right").expect_err("refused").status(), status);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    /// Whatever comes in, the server stands and answers the next one.
    #[test]
    fn random_octets_do_not_take_the_server_down(
        octets in proptest::collection::vec(proptest::num::u8::ANY, 0..2000),
        honest in proptest::bool::ANY,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let limits = Limits {
                header_timeout: Duration::from_millis(20),
                body_timeout: Duration::from_millis(20),
                ..Limits::default()
            };
            let (address, ..) = started(limits).await;
            let mut sent = if honest { b"POST / HTTP/1.1\r\n".to_vec() } else { Vec::new() };
            sent.extend_from_slice(&octets);
            raw(&address, &sent).await;
            let client = Client::new(node(), 1);
            let answer = client.send(&address, post("/", b"up"), PATIENCE).await.expect("answered");
            assert!(answer.body().ends_with(b"up"));
        });
    }
}
