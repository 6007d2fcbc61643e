//! The platform with the harness's own telephone network: what that network writes in its log is what
//! the platform says of its calls.

use super::stage::{Stage, TOKEN, sound, twiml, until};
use super::with;
use bytes::Bytes;
use http::{Request, StatusCode, header};
use serde_json::{Value, json};
use squall_model::node_config::NodeConfig;
use squall_model::stack::{Carrier, CarrierProtocol};
use squall_model::units::Micros;
use squall_platform::sim::Death;
use squall_wire::twilio::CallStatus;
use std::time::Duration;

/// Puts the mock carrier where the test's own phones were.
async fn carrier(stage: &Stage) {
    stage.world.kill("telco", Death::Process);
    let own = |port: &str, at: &str| (port.to_owned(), at.to_owned());
    let telco = Carrier {
        name: "telco".to_owned(),
        vendor: None,
        protocol: CarrierProtocol::Sip,
        subscribers: 0,
        capacity: None,
        capacity_counts: Default::default(),
        receipt_delay: Micros::from_secs(2),
    };
    let config = NodeConfig {
        node: "telco".to_owned(),
        listen: [own("sip", "telco:5060"), own("control", "telco:90")].into(),
        carriers: vec![telco],
        token: TOKEN.to_owned(),
        ..NodeConfig::default()
    };
    let running = squall_services::carrier::start(stage.world.node("telco"), config).await.unwrap();
    std::mem::forget(running);
    let down = async || stage.admin("/health").await.0 != StatusCode::OK;
    let up = async || stage.admin("/health").await.0 == StatusCode::OK;
    assert!(until(down).await && until(up).await);
}

/// Message and event of each line of the carrier's log.
async fn log(stage: &Stage) -> Vec<(u64, Value)> {
    let request = Request::builder()
        .uri("/log?from=0&max=1000")
        .header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
        .body(Bytes::new())
        .unwrap();
    let page = stage.client.send("telco:90", request, Duration::from_secs(5)).await.unwrap();
    let page: Value = serde_json::from_slice(page.body()).unwrap();
    let entries = page["entries"].as_array().unwrap().iter();
    entries.map(|entry| (entry["message"].as_u64().unwrap(), entry["event"].clone())).collect()
}

fn verb(name: &str) -> Value {
    json!({ "verb": { "verb": name } })
}

#[test]
fn the_carrier_logs_each_verb_and_the_end_that_the_platform_reports() {
    with(&[], async |stage: Stage| {
        carrier(&stage).await;
        let script = "<Play>http://media/a</Play><Gather numDigits='1' action='/keys'/>";
        stage.scripts.page("/call", twiml(script));
        stage.scripts.page("/keys", twiml("<Pause/><Hangup/>"));
        stage.scripts.page("/broken", twiml("<Play>http://media/missing</Play>"));
        stage.media.page("/a", sound(8_000));
        let ended = stage.complete(&stage.create(41, "/call")).await;
        assert_eq!(ended.status, CallStatus::Completed);
        let logged =
            [verb("play"), verb("gather"), verb("pause"), verb("hangup"), json!("delivered")];
        assert_eq!(log(&stage).await, logged.map(|event| (41, event)));
        // The mock phone presses 1 from the fourth second of a call on.
        assert_eq!(stage.scripts.asked("/keys")[0]["Digits"], "1");

        let ended = stage.complete(&stage.create(42, "/broken")).await;
        assert_eq!((ended.status, ended.error_code), (CallStatus::Failed, Some(11_200)));
        let failed = json!({ "verb": { "verb": "play", "code": "11200" } });
        let last = log(&stage).await.split_off(5);
        assert_eq!(last, [(42, failed), (42, json!({ "dropped": "11200" }))]);
    });
}
