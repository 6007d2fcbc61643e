//! Nothing goes wrong: every message arrives once and its sender hears of it.

use crate::stage::{START_US, Stage};
use http::StatusCode;
use squall_platform::sim::World;

#[test]
fn every_message_is_delivered_once_and_its_receipt_comes() {
    World::run(1, START_US, |world| async move {
        let stage = Stage::raise(&world, &[]).await;
        stage.sender.send(0..2000, 200.0).await;
        assert!(stage.until(20, |sender| sender.unheard() == 0).await);
        assert_eq!(stage.sender.accepted().len(), 2000);
        let delivered = stage.delivered("smartfren").await;
        assert_eq!(delivered.len(), 2000);
        assert!(delivered.values().all(|times| *times == 1));
        assert!(stage.delivered("vendor-b").await.is_empty());
        for node in ["edge", "queue-1", "queue-2", "gateway-1", "gateway-2"] {
            let address = format!("{node}:9000");
            let (status, health) = stage.get(&address, "/health").await;
            assert_eq!((status, &health["backlog"]), (StatusCode::OK, &0.into()), "{health}");
            assert_eq!(
                stage.get(&address, "/pending?after=0").await.1["next"],
                serde_json::Value::Null
            );
        }
    });
}

#[test]
fn one_seed_gives_one_run() {
    let play = || {
        World::run(3, START_US, |world| async move {
            let stage = Stage::raise(&world, &[("retry", "budgeted")]).await;
            stage.sender.send(0..300, 100.0).await;
            stage.until(20, |sender| sender.unheard() == 0).await;
            (world.now_us(), stage.sender.accepted())
        })
    };
    assert_eq!(play(), play());
}

#[test]
fn a_message_can_be_fetched_and_listed() {
    World::run(4, START_US, |world| async move {
        let stage = Stage::raise(&world, &[]).await;
        stage.sender.send(0..3, 10.0).await;
        assert!(stage.until(20, |sender| sender.unheard() == 0).await);
        let account = crate::stage::ACCOUNT;
        let (_, sid) = stage.sender.accepted()[0].clone();
        let fetch = |path: String| {
            let request = http::Request::builder()
                .uri(path)
                .header(
                    "authorization",
                    squall_wire::twilio::authorization(account, "reference-secret"),
                )
                .body(bytes::Bytes::new())
                .unwrap();
            let client = squall_wire::http::Client::new(world.node("reader"), 1);
            async move {
                let seconds = std::time::Duration::from_secs(5);
                let answer = client.send("edge:8000", request, seconds).await.unwrap();
                serde_json::from_slice::<serde_json::Value>(answer.body()).unwrap()
            }
        };
        let one = fetch(squall_wire::twilio::message_path(account, &sid)).await;
        assert_eq!(one["status"], "delivered");
        let list =
            fetch(format!("{}?PageSize=2", squall_wire::twilio::messages_path(account))).await;
        assert_eq!(list["messages"].as_array().unwrap().len(), 2);
        let next = list["next_page_uri"].as_str().unwrap().to_owned();
        assert_eq!(fetch(next).await["messages"].as_array().unwrap().len(), 1);
        let wrong = fetch(format!("/2010-04-01/Accounts/AC0/Messages/{sid}.json")).await;
        assert_eq!(wrong["code"], 20003);
    });
}
