//! Conformance: populate, reset, and what a change of a proxy does to its connections.

use super::{both, request, round_trip, text, to_end};
use http::header;
use serde_json::json;

#[test]
fn populate_leaves_alone_what_is_the_same() {
    both(|rig| async move {
        let upstream = rig.echo().await;
        let list = |enabled: bool, listen: &str| {
            json!([{"name": "p", "listen": listen, "upstream": upstream, "enabled": enabled}])
                .to_string()
        };
        let made = rig.must("POST", "/populate", &list(true, "127.0.0.1:0"), 201).await;
        let address = made["proxies"][0]["listen"].as_str().expect("an address").to_owned();
        rig.toxic("p", json!({"type": "noop"})).await;
        let mut stream = rig.connect(&address).await;
        round_trip(&mut stream, b"before").await.expect("through");

        let again = rig.must("POST", "/populate", &list(false, &address), 201).await;
        assert_eq!(again["proxies"][0]["enabled"], true, "a different enabled is ignored");
        assert_eq!(again["proxies"][0]["toxics"][0]["name"], "noop_downstream");
        round_trip(&mut stream, b"after").await.expect("untouched");

        let other =
            json!([{"name": "p", "listen": address, "upstream": "elsewhere:1"}]).to_string();
        let replaced = rig.must("POST", "/populate", &other, 201).await;
        assert_eq!(replaced["proxies"][0]["toxics"], json!([]), "toxics go with the old one");
        assert!(round_trip(&mut stream, b"gone").await.is_err());
    });
}

#[test]
fn populate_fails_in_its_own_shape() {
    both(|rig| async move {
        let empty = rig.call("POST", "/populate", "[]").await;
        assert_eq!(empty, (201, r#"{"proxies":null}"#.to_owned()));
        let body = r#"[{"name":"a","upstream":"u:1"},{"name":"b"}]"#;
        let missing = rig.send(request("POST", "/populate", body)).await;
        let shape = r#"{"error":"missing required field: upstream at proxy 2","status":400,"proxies":null}"#;
        assert_eq!((missing.status().as_u16(), text(&missing).as_str()), (400, shape));
        assert_eq!(missing.headers()[header::CONTENT_TYPE], "application/json");
        rig.must("GET", "/proxies/a", "", 404).await;

        let body = r#"[{"name":"a","listen":"127.0.0.1:0","upstream":"u:1"},{"name":"b","listen":"127.0.0.1:99999","upstream":"u:1"}]"#;
        let partly = rig.must("POST", "/populate", body, 500).await;
        assert_eq!(partly["error"], "listen tcp: address 99999: invalid port");
        assert_eq!(partly["proxies"][0]["name"], "a");
        rig.must("GET", "/proxies/a", "", 200).await;
        let (status, body) = rig.call("POST", "/populate", "{}").await;
        assert!(
            status == 400
                && body.contains("cannot unmarshal object into Go value of type []struct"),
            "{body}"
        );
    });
}

#[test]
fn a_proxy_can_be_born_with_toxics() {
    both(|rig| async move {
        let upstream = rig.echo().await;
        let toxics = json!([{"type": "limit_data", "attributes": {"bytes": 3}}]);
        let body =
            json!({"name": "p", "listen": "127.0.0.1:0", "upstream": upstream, "toxics": toxics});
        let made = rig.must("POST", "/proxies", &body.to_string(), 201).await;
        assert_eq!(made["toxics"][0]["name"], "limit_data_downstream");
        let mut stream = rig.connect(made["listen"].as_str().expect("an address")).await;
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"abcdef").await.expect("written");
        assert_eq!(to_end(&mut stream).await.0, b"abc");

        let bad = json!({"name": "q", "upstream": "u:1", "toxics": [{"type": "bandwidth", "attributes": {"rate": -1}}]});
        rig.must("POST", "/proxies", &bad.to_string(), 400).await;
        rig.must("GET", "/proxies/q", "", 404).await;
        let dump = rig.must("GET", "/proxies", "", 200).await;
        let list: Vec<_> = dump.as_object().expect("an object").values().cloned().collect();
        rig.must("POST", "/populate", &json!(list).to_string(), 201).await;
        assert_eq!(rig.must("GET", "/proxies", "", 200).await, dump, "its own output is its input");
        let null = r#"{"name":"n","listen":"127.0.0.1:0","upstream":"u:1","toxics":null}"#;
        rig.must("POST", "/proxies", null, 201).await;
    });
}

#[test]
fn a_new_address_drops_connections_and_keeps_toxics() {
    both(|rig| async move {
        let upstream = rig.echo().await;
        let address = rig.proxy("p", &upstream).await;
        rig.toxic("p", json!({"type": "noop"})).await;
        let mut stream = rig.connect(&address).await;
        round_trip(&mut stream, b"x").await.expect("through");
        let same = json!({"listen": address, "upstream": upstream}).to_string();
        rig.must("POST", "/proxies/p", &same, 200).await;
        round_trip(&mut stream, b"x").await.expect("nothing differed");

        let moved = rig.must("POST", "/proxies/p", r#"{"listen":"127.0.0.1:0"}"#, 200).await;
        assert_ne!(moved["listen"], address.as_str());
        assert_eq!(moved["toxics"][0]["name"], "noop_downstream");
        assert!(round_trip(&mut stream, b"x").await.is_err());
        assert!(rig.node("client").connect(&address).await.is_err(), "the old port is closed");
        let mut stream = rig.connect(moved["listen"].as_str().expect("an address")).await;
        round_trip(&mut stream, b"x").await.expect("through the new one");
    });
}

#[test]
fn a_disabled_proxy_refuses_and_reset_brings_it_back() {
    both(|rig| async move {
        let upstream = rig.echo().await;
        let address = rig.proxy("p", &upstream).await;
        rig.toxic("p", json!({"type": "latency", "attributes": {"latency": 1}})).await;
        let mut stream = rig.connect(&address).await;
        round_trip(&mut stream, b"x").await.expect("through");
        let down = rig.must("POST", "/proxies/p", r#"{"enabled":false}"#, 200).await;
        assert_eq!(down["enabled"], false);
        assert!(round_trip(&mut stream, b"x").await.is_err(), "an open one is closed");
        let refused = rig.node("client").connect(&address).await.expect_err("refused");
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);

        assert_eq!(rig.call("POST", "/reset", "").await, (204, String::new()));
        let back = rig.must("GET", "/proxies/p", "", 200).await;
        assert_eq!((&back["enabled"], &back["toxics"]), (&json!(true), &json!([])));
        assert_eq!(back["listen"], address.as_str());
        round_trip(&mut rig.connect(&address).await, b"x").await.expect("through again");
    });
}
