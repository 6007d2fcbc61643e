//! Conformance: Toxiproxy's control API, status, headers and bytes.

use super::{both, request, text};
use http::header;
use std::time::Duration;

#[test]
fn a_fresh_server_has_nothing_and_says_its_version() {
    both(|rig| async move {
        assert_eq!(rig.call("GET", "/proxies", "").await, (200, "{}".to_owned()));
        let version = rig.send(request("GET", "/version", "")).await;
        assert_eq!(text(&version), "{\"version\": \"2.12.0\"}\n");
        assert_eq!(version.headers()[header::CONTENT_TYPE], "application/json;charset=utf-8");
        let id = version.headers()["x-toxiproxy-request-id"].to_str().expect("text").to_owned();
        assert_eq!(id.len(), 20);
        assert!(id.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'v')), "{id}");
        let next = rig.send(request("GET", "/version", "")).await;
        assert!(next.headers()["x-toxiproxy-request-id"] != id.as_str());
        assert_eq!(rig.call("GET", "/squall/seed", "").await.1, "{\"seed\":42}");
    });
}

#[test]
fn a_proxy_is_created_shown_changed_and_deleted() {
    both(|rig| async move {
        let body = r#"{"NAME":"p","listen":"127.0.0.1:0","upstream":"other:1","enabled":false}"#;
        let (status, made) = rig.call("POST", "/proxies", body).await;
        let shape = r#"{"name":"p","listen":"127.0.0.1:0","upstream":"other:1","enabled":false,"Logger":{},"toxics":[]}"#;
        assert_eq!((status, made.as_str()), (201, shape));
        assert_eq!(rig.call("GET", "/proxies/p", "").await, (200, shape.to_owned()));
        assert_eq!(rig.call("GET", "/proxies", "").await.1, format!("{{\"p\":{shape}}}"));

        let enabled = rig.must("POST", "/proxies/p", r#"{"enabled":true}"#, 200).await;
        let listen = enabled["listen"].as_str().expect("an address").to_owned();
        assert!(!listen.ends_with(":0"), "{listen}");
        let patched = rig.must("PATCH", "/proxies/p", r#"{"upstream":"third:2"}"#, 200).await;
        assert_eq!(patched["upstream"], "third:2");
        assert_eq!(patched["listen"], listen.as_str(), "what is not given stays");
        assert_eq!(patched["enabled"], true);
        rig.must("POST", "/proxies/p", r#"{"name":"renamed"}"#, 200).await;
        assert_eq!(rig.must("GET", "/proxies/p", "", 200).await["name"], "p");

        assert_eq!(rig.call("DELETE", "/proxies/p", "").await, (204, String::new()));
        rig.must("GET", "/proxies/p", "", 404).await;
        assert!(rig.node("client").connect(&listen).await.is_err(), "it still listens");
    });
}

#[test]
fn errors_are_toxiproxys_to_the_byte() {
    both(|rig| async move {
        rig.proxy("p", "u:1").await;
        rig.toxic("p", serde_json::json!({"type": "noop"})).await;
        let field = "json: cannot unmarshal string into Go struct field Proxy.enabled of type bool";
        let attribute = "json: cannot unmarshal number 1.5 into Go struct field \
                         LatencyToxic.attributes.latency of type int64";
        let wrong_proxy = "json: cannot unmarshal array into Go value of type toxiproxy.Proxy";
        let stream = "stream was invalid, can be either upstream or downstream";
        let toxics = "/proxies/p/toxics";
        for (method, path, body, status, error) in [
            ("POST", "/proxies", "", 400, "bad request body: EOF".to_owned()),
            ("POST", "/proxies", "{", 400, "bad request body: unexpected EOF".to_owned()),
            ("POST", "/proxies", "[]", 400, format!("bad request body: {wrong_proxy}")),
            ("POST", "/proxies", r#"{"enabled":"x"}"#, 400, format!("bad request body: {field}")),
            ("POST", "/proxies", "null", 400, "missing required field: name".to_owned()),
            ("POST", "/proxies", "{} junk", 400, "missing required field: name".to_owned()),
            (
                "POST",
                "/proxies",
                r#"{"name":"x"}"#,
                400,
                "missing required field: upstream".to_owned(),
            ),
            (
                "POST",
                "/proxies",
                r#"{"name":"p","upstream":"u:1"}"#,
                409,
                "proxy already exists".to_owned(),
            ),
            ("GET", "/proxies/no", "", 404, "proxy not found".to_owned()),
            ("POST", "/proxies/no/toxics", "junk", 404, "proxy not found".to_owned()),
            ("GET", "/proxies/p/toxics/no", "", 404, "toxic not found".to_owned()),
            ("DELETE", "/proxies/p/toxics/no", "", 404, "toxic not found".to_owned()),
            ("POST", toxics, r#"{"type":"no","stream":"sideways"}"#, 400, stream.to_owned()),
            ("POST", toxics, r#"{"type":"noop","stream":""}"#, 400, stream.to_owned()),
            ("POST", toxics, r#"{"type":"no"}"#, 400, "invalid toxic type".to_owned()),
            ("POST", toxics, "{}", 400, "invalid toxic type".to_owned()),
            ("POST", toxics, r#"{"type":"noop"}"#, 409, "toxic already exists".to_owned()),
            (
                "POST",
                toxics,
                r#"{"type":"latency","attributes":{"latency":1.5}}"#,
                400,
                format!("bad request body: {attribute}"),
            ),
            (
                "POST",
                "/proxies",
                r#"{"name":"x","upstream":"u:1","listen":"bad"}"#,
                500,
                "listen tcp: address bad: missing port in address".to_owned(),
            ),
            (
                "POST",
                "/proxies/p",
                r#"{"listen":"bad"}"#,
                500,
                "address bad: missing port in address".to_owned(),
            ),
        ] {
            let response = rig.send(request(method, path, body)).await;
            let expected = serde_json::json!(error);
            let expected = format!("{{\"error\":{expected},\"status\":{status}}}\n");
            assert_eq!(text(&response), expected, "{method} {path} {body}");
            assert_eq!(response.status().as_u16(), status);
            assert_eq!(response.headers()[header::CONTENT_TYPE], "text/plain; charset=utf-8");
            assert_eq!(response.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
            assert!(response.headers().contains_key("x-toxiproxy-request-id"));
        }
    });
}

#[test]
fn routes_that_are_not_there_look_as_in_go() {
    both(|rig| async move {
        for path in ["/", "/nothing", "/proxies/", "/metrics", "/proxies/a/toxics/b/c"] {
            let response = rig.send(request("GET", path, "")).await;
            assert_eq!(response.status().as_u16(), 404, "{path}");
            assert_eq!(text(&response), "404 page not found\n");
            assert!(!response.headers().contains_key("x-toxiproxy-request-id"));
        }
        for (method, path) in [("PUT", "/proxies"), ("HEAD", "/version"), ("GET", "/reset")] {
            assert_eq!(rig.call(method, path, "").await, (405, String::new()), "{method} {path}");
        }
        let moved = rig.send(request("GET", "/proxies//p", "")).await;
        assert_eq!(moved.status().as_u16(), 301);
        assert_eq!(moved.headers()[header::LOCATION], "/proxies/p");
    });
}

#[test]
fn web_pages_are_turned_away() {
    both(|rig| async move {
        let mut agent = request("GET", "/proxies", "");
        agent.headers_mut().insert(header::USER_AGENT, "Mozilla/5.0".parse().expect("a value"));
        let refused = rig.send(agent).await;
        assert_eq!(
            (refused.status().as_u16(), text(&refused)),
            (403, "User agent not allowed\n".to_owned())
        );
        let mut page = request("POST", "/reset", "");
        page.headers_mut().insert(header::ORIGIN, "http://a.example".parse().expect("a value"));
        assert_eq!(rig.send(page).await.status().as_u16(), 403);
    });
}

#[test]
fn a_port_that_is_taken_is_an_error_and_the_name_stays_free() {
    both(|rig| async move {
        let taken = rig.node("proxy").bind("127.0.0.1:0").await.expect("a port").local_addr();
        let held = rig.node("proxy").bind(&taken).await.expect("free again");
        let body = format!(r#"{{"name":"p","listen":"{taken}","upstream":"u:1"}}"#);
        let error = rig.must("POST", "/proxies", &body, 500).await;
        let text = format!("listen tcp {taken}: bind: address already in use");
        assert_eq!(error["error"], text.as_str());
        rig.must("GET", "/proxies/p", "", 404).await;
        drop(held);
        rig.must("POST", "/proxies", &body, 201).await;
    });
}

#[test]
fn toxics_are_listed_upstream_first_and_updated_field_by_field() {
    both(|rig| async move {
        rig.proxy("p", "u:1").await;
        let made = rig
            .call(
                "POST",
                "/proxies/p/toxics",
                r#"{"type":"latency","attributes":{"latency":100,"junk":1}}"#,
            )
            .await;
        let shape = r#"{"attributes":{"latency":100,"jitter":0},"name":"latency_downstream","type":"latency","stream":"downstream","toxicity":1}"#;
        assert_eq!(made, (200, shape.to_owned()));
        let upper = rig.must("POST", "/proxies/p/toxics", r#"{"type":"slicer","stream":"UPSTREAM","toxicity":0.25,"attributes":{"average_size":8}}"#, 200).await;
        assert_eq!(upper["name"], "slicer_UPSTREAM");
        assert_eq!(upper["stream"], "UPSTREAM");
        assert_eq!(upper["toxicity"], 0.25);
        let list = rig.must("GET", "/proxies/p/toxics", "", 200).await;
        let names: Vec<_> =
            list.as_array().expect("a list").iter().map(|t| t["name"].clone()).collect();
        assert_eq!(names, ["slicer_UPSTREAM", "latency_downstream"]);

        let path = "/proxies/p/toxics/latency_downstream";
        let merged = rig
            .must(
                "PATCH",
                path,
                r#"{"attributes":{"jitter":5},"type":"noop","name":"x","stream":"upstream"}"#,
                200,
            )
            .await;
        assert_eq!(merged["attributes"], serde_json::json!({"latency": 100, "jitter": 5}));
        assert_eq!(merged["type"], "latency");
        let toxicity = rig.must("POST", path, r#"{"toxicity":0.5}"#, 200).await;
        assert_eq!(
            (toxicity["toxicity"].as_f64(), &toxicity["attributes"]),
            (Some(0.5), &merged["attributes"])
        );
        assert_eq!(rig.call("DELETE", path, "").await, (204, String::new()));
        rig.must("DELETE", path, "", 404).await;
    });
}

#[test]
fn what_would_crash_or_make_no_sense_is_refused() {
    both(|rig| async move {
        rig.proxy("p", "u:1").await;
        for (kind, attributes, toxicity) in [
            ("bandwidth", r#"{"rate":-1}"#, "1"),
            ("slicer", "{}", "1"),
            ("slicer", r#"{"average_size":4,"size_variation":4}"#, "1"),
            ("latency", r#"{"latency":-5}"#, "1"),
            ("latency", r#"{"latency":9223372036854775807}"#, "1"),
            ("limit_data", r#"{"bytes":-1}"#, "1"),
            ("noop", "{}", "2.5"),
            ("noop", "{}", "-1"),
        ] {
            let body =
                format!(r#"{{"type":"{kind}","attributes":{attributes},"toxicity":{toxicity}}}"#);
            let error = rig.must("POST", "/proxies/p/toxics", &body, 400).await;
            assert_eq!(error["status"], 400, "{body}");
        }
        rig.toxic("p", serde_json::json!({"type": "latency", "attributes": {"latency": 7}})).await;
        let path = "/proxies/p/toxics/latency_downstream";
        rig.must("POST", path, r#"{"attributes":{"latency":-1}}"#, 400).await;
        assert_eq!(rig.must("GET", path, "", 200).await["attributes"]["latency"], 7);
    });
}

#[test]
fn metrics_are_there_when_asked_for() {
    super::simulated(|first| async move {
        let world = first.world.clone();
        first.running.stop.ask();
        let rig = super::Rig::start(world, 42, &[("proxy_metrics", "true")]).await;
        let upstream = rig.echo().await;
        let address = rig.proxy("p", &upstream).await;
        rig.toxic("p", serde_json::json!({"type": "latency", "toxicity": 0})).await;
        let mut stream = rig.connect(&address).await;
        super::round_trip(&mut stream, &[7; 1000]).await.expect("through");
        let (status, text) = rig.call("POST", "/metrics", "").await;
        assert_eq!(status, 200);
        for line in [
            format!("toxiproxy_proxy_received_bytes_total{{direction=\"upstream\",listener=\"{address}\",proxy=\"p\",upstream=\"{upstream}\"}} 1000"),
            format!("toxiproxy_proxy_sent_bytes_total{{direction=\"downstream\",listener=\"{address}\",proxy=\"p\",upstream=\"{upstream}\"}} 1000"),
            "squall_proxy_connections{proxy=\"p\"} 1".to_owned(),
            "squall_proxy_toxic_draws_total{direction=\"downstream\",proxy=\"p\",toxic=\"latency_downstream\"} 1".to_owned(),
            "squall_proxy_toxic_hits_total{direction=\"downstream\",proxy=\"p\",toxic=\"latency_downstream\"} 0".to_owned(),
        ] {
            assert!(text.lines().any(|seen| seen == line), "no {line} in\n{text}");
        }
    });
}

#[test]
fn a_stop_closes_everything() {
    both(|mut rig| async move {
        let upstream = rig.echo().await;
        let address = rig.proxy("p", &upstream).await;
        let mut stream = rig.connect(&address).await;
        super::round_trip(&mut stream, b"x").await.expect("through");
        rig.running.stop.ask();
        let stopped =
            squall_platform::time::timeout(Duration::from_secs(5), rig.running.stopped.wait());
        stopped.await.expect("stopped");
        assert_eq!(super::to_end(&mut stream).await.0, b"");
        assert!(rig.node("client").connect(&address).await.is_err());
    });
}
