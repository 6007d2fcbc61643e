//! Vendors refuse, fall silent and come back.

use crate::stage::{START_US, Stage};
use squall_model::behaviour::Behaviour;
use squall_model::token;
use squall_platform::sim::{Death, World};
use squall_platform::time;
use squall_wire::twilio::Status;
use std::time::Duration;

/// What the second vendor may speak.
const APIS: [&str; 3] = ["twilio", "vonage", "json"];

#[test]
fn priority_turns_to_the_second_vendor_and_back() {
    for api in APIS {
        World::run(1, START_US, |world| async move {
            let mut stage = Stage::raise(&world, &[("vendor_b_protocol", api)]).await;
            stage.kill("smartfren", Death::Process);
            stage.sender.send(0..300, 100.0).await;
            assert!(stage.until(20, |sender| sender.unheard() == 0).await, "{api}");
            let delivered = stage.delivered("vendor-b").await;
            assert!(delivered.len() >= 299 && delivered.values().all(|times| *times == 1));
            stage.start("smartfren").await;
            time::sleep(Duration::from_secs(12)).await;
            stage.sender.send(300..400, 100.0).await;
            assert!(stage.until(20, |sender| sender.unheard() == 0).await, "{api}");
            assert!(stage.delivered("smartfren").await.len() >= 98);
        });
    }
}

/// Vendor-b before smartfren, with nothing but the vendors' answers deciding.
fn second_first(api: &'static str) -> [(&'static str, &'static str); 5] {
    [
        ("vendor_b_protocol", api),
        ("routing", "weighted"),
        ("primary_weight", "0"),
        ("breaker", "off"),
        ("retry", "none"),
    ]
}

/// (delivered by smartfren, undelivered) of 200 messages while vendor-b refuses a third so.
fn under_refusals_of_the_second(api: &'static str, answer: &'static str) -> (usize, usize) {
    World::run(1, START_US, |world| async move {
        let stage = Stage::raise(&world, &second_first(api)).await;
        let refusal = Behaviour::Refuse { answer: answer.to_owned(), share: 0.3 };
        stage.behave("vendor-b", &refusal).await;
        stage.sender.send(0..200, 50.0).await;
        let done = |sender: &crate::stage::Sender| sender.receipts.lock().unwrap().len() == 200;
        assert!(stage.until(60, done).await, "{api} {answer}");
        let other = stage.delivered("smartfren").await.len();
        let receipts = stage.sender.receipts.lock().unwrap();
        let failed = receipts.values().filter(|states| states.contains(&Status::Undelivered));
        (other, failed.count())
    })
}

#[test]
fn a_refusal_of_the_moment_goes_on_and_one_of_the_message_ends_by_any_api() {
    for api in APIS {
        for answer in ["throttled", "queue full"] {
            let (other, failed) = under_refusals_of_the_second(api, answer);
            assert!((35..90).contains(&other) && failed == 0, "{api} {answer}: {other} {failed}");
        }
        let (other, failed) = under_refusals_of_the_second(api, "rejected");
        assert!(other == 0 && (35..90).contains(&failed), "{api}: {other} {failed}");
    }
    // Vonage says under HTTP 200 that it failed, and that nothing was taken; the others do not.
    let (other, failed) = under_refusals_of_the_second("vonage", "system error");
    assert!((35..90).contains(&other) && failed == 0, "{other} {failed}");
}

#[test]
fn receipts_of_the_second_vendor_outlive_the_gateways_by_any_api() {
    for api in APIS {
        World::run(1, START_US, |world| async move {
            let mut stage = Stage::raise(&world, &second_first(api)).await;
            stage.behave("vendor-b", &Behaviour::ReceiptsDelayed { delay_ms: 8_000 }).await;
            stage.sender.send(0..100, 100.0).await;
            time::sleep(Duration::from_secs(2)).await;
            assert_eq!(stage.sender.unheard(), 100, "{api}");
            for gateway in ["gateway-1", "gateway-2"] {
                stage.kill(gateway, Death::Process);
                stage.start(gateway).await;
            }
            assert!(stage.until(40, |sender| sender.unheard() == 0).await, "{api}");
            let receipts = stage.sender.receipts.lock().unwrap();
            assert!(receipts.values().all(|states| states.len() == 1), "{api}");
        });
    }
}

/// Its copy has receipts of its own; those of the first end too, and nobody is told twice.
#[test]
fn receipts_of_a_submit_that_was_given_up_are_taken_by_any_api() {
    for api in APIS {
        World::run(1, START_US, |world| async move {
            let mut settings = second_first(api);
            settings[4] = ("retry", "naive");
            let stage = Stage::raise(&world, &settings).await;
            // Longer than the gateway waits for an answer.
            stage.behave("vendor-b", &Behaviour::AnswerAfter { delay_ms: 7_000 }).await;
            stage.sender.send(0..20, 20.0).await;
            stage.behave("vendor-b", &Behaviour::AnswerAfter { delay_ms: 0 }).await;
            assert!(stage.until(60, |sender| sender.unheard() == 0).await, "{api}");
            let delivered = stage.delivered("vendor-b").await;
            assert!(delivered.values().all(|times| *times == 2), "{api}: {delivered:?}");
            let mut owed = u64::MAX;
            for _ in 0..60 {
                let (_, health) = stage.get("vendor-b:9000", "/health").await;
                owed = health["backlog"].as_u64().unwrap();
                if owed == 0 {
                    break;
                }
                time::sleep(Duration::from_secs(1)).await;
            }
            assert_eq!(owed, 0, "{api}");
            let receipts = stage.sender.receipts.lock().unwrap();
            assert!(receipts.values().all(|states| states == &[Status::Delivered]), "{api}");
        });
    }
}

#[test]
fn a_long_message_is_one_message_by_any_api() {
    for api in APIS {
        World::run(1, START_US, |world| async move {
            let stage = Stage::raise(&world, &second_first(api)).await;
            stage.behave("vendor-b", &Behaviour::ReceiptsRepeated { share: 1.0 }).await;
            let body = format!("{} {}", "x".repeat(400), token::encode(7));
            let answer = stage.sender.create_text("+6200100000007", body).await.unwrap();
            assert_eq!(answer.status(), http::StatusCode::CREATED);
            let heard = |sender: &crate::stage::Sender| !sender.receipts.lock().unwrap().is_empty();
            assert!(stage.until(20, heard).await, "{api}");
            time::sleep(Duration::from_secs(5)).await;
            assert_eq!(stage.delivered("vendor-b").await.len(), 1, "{api}");
            let receipts = stage.sender.receipts.lock().unwrap();
            assert_eq!(receipts.values().next().unwrap(), &[Status::Delivered], "{api}");
        });
    }
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
