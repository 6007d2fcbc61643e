//! The same roles on the operating system's sockets, a fault proxy between balancer and cache.

use crate::fleet::{SECOND, request};
use futures::future::join_all;
use squall_model::node_config::NodeConfig;
use squall_model::units::Micros;
use squall_platform::{Node, Running, time};
use squall_voice::{balancer, cache, origin};
use squall_wire::http::Client;
use std::collections::BTreeMap;

fn node(name: &str) -> Node {
    Node::real(name, std::env::temp_dir(), 1)
}

fn config(name: &str, ports: &[&str], link: Option<(&str, &str)>) -> NodeConfig {
    let port = |port: &&str| ((*port).to_owned(), "127.0.0.1:0".to_owned());
    let settings = [("workers", "1"), ("origin_ms", "3000")];
    let timers = [("fetch_timeout", 500), ("queue_timeout", 60_000), ("origin_timeout", 60_000)];
    NodeConfig {
        node: name.to_owned(),
        listen: ports.iter().map(port).collect(),
        links: link.into_iter().map(|(name, at)| (name.to_owned(), at.to_owned())).collect(),
        settings: settings.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        timers: timers.map(|(key, ms)| (key.to_owned(), Micros::from_millis(ms))).into(),
        ..NodeConfig::default()
    }
}

fn at<'a>(running: &'a BTreeMap<&str, Running>, role: &str, port: &str) -> &'a str {
    &running[role].addresses[port]
}

/// Asks until the answer holds `text`.
async fn until(client: &Client, address: &str, path: &str, text: &str) {
    for _ in 0..600 {
        let answer = client.send(address, request("GET", path, &[]), SECOND).await;
        if answer.is_ok_and(|answer| String::from_utf8_lossy(answer.body()).contains(text)) {
            return;
        }
        time::sleep(SECOND / 10).await;
    }
    panic!("{address}{path} never says {text}");
}

#[tokio::test]
async fn a_fetch_given_up_on_leaves_the_queue_behind_a_fault_proxy_too() {
    let (both, client) = (&["http", "admin"], Client::new(node("customer"), 8));
    let mut running = BTreeMap::new();
    let media = origin::start(node("media"), config("media", both, None)).await.unwrap();
    running.insert("media", media);
    let way = ("media", at(&running, "media", "http"));
    let replica = cache::start(node("cache-1"), config("cache-1", both, Some(way))).await.unwrap();
    running.insert("cache", replica);
    let proxy = squall_services::proxy::start(node("proxy"), config("proxy", &["control"], None));
    running.insert("proxy", proxy.await.unwrap());
    let upstream = at(&running, "cache", "http");
    let mut create = request("POST", "/proxies", &[]);
    let link = serde_json::json!({
        "name": "balancer->cache-1", "listen": "127.0.0.1:0", "upstream": upstream
    });
    *create.body_mut() = link.to_string().into();
    let made = client.send(at(&running, "proxy", "control"), create, SECOND * 60).await.unwrap();
    let made: serde_json::Value = serde_json::from_slice(made.body()).unwrap();
    let way = Some(("cache-1", made["listen"].as_str().unwrap()));
    let front = balancer::start(node("balancer"), config("balancer", both, way)).await.unwrap();
    running.insert("balancer", front);
    let (front, metrics) = (at(&running, "balancer", "http"), at(&running, "cache", "admin"));
    until(&client, front, "/health", "1 of 1").await;

    let fetches = (0..6).map(|n| {
        let wanted = request("GET", &format!("http://media/media/{n}.ulaw"), &[]);
        client.forward(front, wanted, SECOND * 60)
    });
    for answer in join_all(fetches).await {
        assert_eq!(answer.unwrap().status().as_u16(), 504);
    }
    until(&client, metrics, "/metrics", "cache_abandoned_total 5\n").await;
    until(&client, metrics, "/metrics", "cache_misses_total 1\n").await;
    for (_, role) in running {
        role.stop.ask();
    }
}
