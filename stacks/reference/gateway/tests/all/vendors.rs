//! Vendors refuse, fall silent and come back.

use crate::stage::{START_US, Stage};
use squall_model::behaviour::Behaviour;
use squall_platform::sim::{Death, World};
use squall_platform::time;
use squall_wire::twilio::Status;
use std::time::Duration;

#[test]
fn priority_turns_to_the_second_vendor_and_back() {
    World::run(1, START_US, |world| async move {
        let mut stage = Stage::raise(&world, &[]).await;
        stage.kill("smartfren", Death::Process);
        stage.sender.send(0..300, 100.0).await;
        assert!(stage.until(20, |sender| sender.unheard() == 0).await);
        assert!(stage.delivered("vendor-b").await.len() >= 299);
        stage.start("smartfren").await;
        time::sleep(Duration::from_secs(12)).await;
        stage.sender.send(300..400, 100.0).await;
        assert!(stage.until(20, |sender| sender.unheard() == 0).await);
        assert!(stage.delivered("smartfren").await.len() >= 98);
    });
}

#[test]
fn weighted_routing_spreads_the_load() {
    World::run(1, START_US, |world| async move {
        let settings = [("routing", "weighted"), ("primary_weight", "70")];
        let stage = Stage::raise(&world, &settings).await;
        stage.sender.send(0..1000, 200.0).await;
        assert!(stage.until(20, |sender| sender.unheard() == 0).await);
        let primary = stage.delivered("smartfren").await.len();
        assert!((640..760).contains(&primary), "{primary}");
        assert_eq!(primary + stage.delivered("vendor-b").await.len(), 1000);
    });
}

/// (delivered, undelivered) of 200 messages while a third is refused for now, and submits seen.
fn under_refusals(retry: &'static str) -> (usize, usize) {
    World::run(1, START_US, |world| async move {
        let settings = [("retry", retry), ("routing", "primary-only"), ("breaker", "off")];
        let stage = Stage::raise(&world, &settings).await;
        let refusal = Behaviour::Refuse { answer: "queue full".to_owned(), share: 0.3 };
        stage.behave("smartfren", &refusal).await;
        stage.sender.send(0..200, 50.0).await;
        let done = |sender: &crate::stage::Sender| sender.receipts.lock().unwrap().len() == 200;
        assert!(stage.until(120, done).await);
        let receipts = stage.sender.receipts.lock().unwrap();
        let count = |wanted| receipts.values().filter(|states| states.contains(&wanted)).count();
        (count(Status::Delivered), count(Status::Undelivered))
    })
}

#[test]
fn refusals_end_as_the_retry_policy_says() {
    let (delivered, undelivered) = under_refusals("none");
    assert!((35..90).contains(&undelivered) && delivered + undelivered == 200, "{undelivered}");
    assert_eq!(under_refusals("naive"), (200, 0));
    assert_eq!(under_refusals("budgeted"), (200, 0));
}

#[test]
fn a_silent_vendor_is_left_alone() {
    World::run(1, START_US, |world| async move {
        let stage = Stage::raise(&world, &[]).await;
        world.freeze("smartfren");
        stage.sender.send(0..300, 20.0).await;
        assert!(stage.until(30, |sender| sender.unheard() == 0).await);
        assert!(stage.delivered("vendor-b").await.len() >= 290);
        world.thaw("smartfren");
    });
}

#[test]
fn late_and_repeated_receipts_are_matched_once() {
    World::run(1, START_US, |world| async move {
        let stage = Stage::raise(&world, &[]).await;
        stage.behave("smartfren", &Behaviour::ReceiptsRepeated { share: 1.0 }).await;
        stage.sender.send(0..100, 100.0).await;
        assert!(stage.until(20, |sender| sender.unheard() == 0).await);
        time::sleep(Duration::from_secs(5)).await;
        let receipts = stage.sender.receipts.lock().unwrap();
        assert!(receipts.len() == 100 && receipts.values().all(|states| states.len() == 1));
    });
}

#[test]
fn settings_change_while_it_runs() {
    World::run(1, START_US, |world| async move {
        let stage = Stage::raise(&world, &[]).await;
        for gateway in ["gateway-1", "gateway-2"] {
            stage.set(gateway, "routing", "weighted").await;
            stage.set(gateway, "primary_weight", "0").await;
        }
        stage.sender.send(0..50, 50.0).await;
        assert!(stage.until(20, |sender| sender.unheard() == 0).await);
        assert_eq!(stage.delivered("vendor-b").await.len(), 50);
        let body = serde_json::json!({ "value": "sometimes" }).to_string();
        for key in ["routing", "colour"] {
            let path = format!("/settings/{key}");
            let body = body.clone().into();
            let put = stage.sender.control(http::Method::PUT, "gateway-1:9000", &path, body).await;
            assert_eq!(put.0, http::StatusCode::BAD_REQUEST);
        }
    });
}
