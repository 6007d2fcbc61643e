//! The JSON carrier: create, fetch, receipts, behaviours, kill.

use crate::carrier_site::{PATIENCE, SECRET, Site, both};
use futures::FutureExt;
use http::{Method, StatusCode};
use serde_json::json;
use squall_model::stack::CarrierProtocol::Json;
use squall_model::token;
use squall_platform::time::timeout;
use squall_wire::json_api::{
    Create, Created, MESSAGES, Message, Receipt, Refusal, Status, Why, authorization, message_path,
};
use tokio::sync::mpsc::UnboundedReceiver;

fn message(number: u64, callback: Option<&str>) -> Create {
    Create {
        to: "+620012345678".into(),
        from: "Squall".into(),
        text: format!("code {}", token::encode(number)),
        callback: callback.map(str::to_owned),
        validity_s: None,
    }
}

async fn create(site: &Site, create: &Create) -> Result<String, Refusal> {
    let request = create.request(SECRET).expect("a request");
    let answer = site.http.send(&site.address("http"), request, PATIENCE).await.expect("answered");
    if answer.status() == StatusCode::ACCEPTED {
        return Ok(Created::parse(answer.body()).expect("an answer").id);
    }
    Err(Refusal::parse(answer.status(), answer.body()).expect("a refusal"))
}

async fn fetch(site: &Site, id: &str) -> Option<Message> {
    let path = message_path(id);
    let answer = site.send("http", Method::GET, &path, &authorization(SECRET), String::new()).await;
    Message::parse(answer.body())
}

async fn receiver(site: &Site) -> (String, UnboundedReceiver<Receipt>) {
    site.receiver(|_, request| Receipt::parse(request.body()).expect("a receipt")).await
}

async fn next(told: &mut UnboundedReceiver<Receipt>) -> Receipt {
    timeout(PATIENCE, told.recv()).await.expect("in time").expect("open")
}

#[test]
fn a_message_is_created_told_of_and_fetched() {
    both(Json, |site| {
        async move {
            let (url, mut told) = receiver(&site).await;
            let sent = message(5, Some(&url));
            let id = create(&site, &sent).await.expect("created");
            assert_eq!(site.log().await, [(Some(5), json!("delivered"))]);
            let receipt = next(&mut told).await;
            assert_eq!((&receipt.id, receipt.status), (&id, Status::Delivered));
            assert_eq!((receipt.to, receipt.code), (sent.to, None));
            let fetched = fetch(&site, &id).await.expect("known");
            assert_eq!((fetched.status, fetched.text), (Status::Delivered, sent.text));
            let expired = Create { validity_s: Some(0), ..message(6, Some(&url)) };
            let id = create(&site, &expired).await.expect("created");
            let receipt = next(&mut told).await;
            assert_eq!((receipt.id, receipt.status), (id, Status::Expired));
            assert_eq!(receipt.code.as_deref(), Some("validity"));
            assert_eq!(site.log().await[1], (Some(6), json!("swallowed")));
        }
        .boxed()
    });
}

#[test]
fn refusals_are_an_http_status_and_a_word() {
    both(Json, |site| {
        async move {
            let refuse =
                |answer: &str| format!(r#"{{"kind":"refuse","answer":"{answer}","share":1.0}}"#);
            for (behaviour, expected, logged) in [
                (r#"{"kind":"throttle"}"#.to_owned(), (429, Why::Throttled), "throttled"),
                (refuse("queue full"), (503, Why::QueueFull), "queue_full"),
                (refuse("system error"), (500, Why::SystemError), "system_error"),
                (refuse("rejected"), (422, Why::Rejected), "rejected"),
                (refuse("unauthorized"), (401, Why::Unauthorized), "unauthorized"),
                (refuse("504"), (504, Why::SystemError), "504"),
            ] {
                site.behave("b", &behaviour).await;
                let refusal = create(&site, &message(1, None)).await.expect_err("refused");
                assert_eq!((refusal.status, refusal.code), expected);
                let (_, event) = site.log().await.pop().expect("an entry");
                assert_eq!(event, json!({ "refused": logged }));
            }
            site.behave("b", r#"{"kind":"capacity","per_second":0.001}"#).await;
            create(&site, &message(1, None)).await.expect("room for one");
            let refusal = create(&site, &message(1, None)).await.expect_err("full");
            assert_eq!(refusal.code, Why::Throttled);
        }
        .boxed()
    });
}

#[test]
fn what_is_no_request_of_the_account_is_refused() {
    both(Json, |site| {
        async move {
            let nobody = Create { to: "x".into(), ..message(1, None) };
            let refusal = create(&site, &nobody).await.expect_err("no number");
            assert_eq!((refusal.status, refusal.code), (400, Why::Invalid));
            let bearer = authorization(SECRET);
            for (method, path, authorization, status) in [
                (Method::POST, MESSAGES, "Bearer other", 401),
                (Method::GET, MESSAGES, bearer.as_str(), 405),
                (Method::GET, "/v1/messages/+1", &bearer, 404),
                (Method::GET, "/v1/messages/ffff", &bearer, 404),
                (Method::GET, "/v1/calls", &bearer, 404),
                (Method::GET, "/health", "", 200),
            ] {
                let answer = site.send("http", method, path, authorization, String::new()).await;
                assert_eq!(answer.status(), status, "{path}");
            }
            assert_eq!(site.log().await, []);
        }
        .boxed()
    });
}

#[test]
fn receipts_are_lost_repeated_and_outlive_a_kill() {
    both(Json, |mut site| {
        async move {
            let (url, mut told) = receiver(&site).await;
            site.behave("b", r#"{"kind":"receipts_lost","share":1.0}"#).await;
            create(&site, &message(1, Some(&url))).await.expect("created");
            site.behave("b", r#"{"kind":"swallow","share":1.0}"#).await;
            create(&site, &message(2, Some(&url))).await.expect("created");
            site.behave("b", r#"{"kind":"receipts_repeated","share":1.0}"#).await;
            let twice = create(&site, &message(3, Some(&url))).await.expect("created");
            for _ in 0..2 {
                assert_eq!(next(&mut told).await.id, twice);
            }
            site.behave("b", r#"{"kind":"receipts_delayed","delay_ms":200}"#).await;
            let late = create(&site, &message(4, Some(&url))).await.expect("created");
            assert_eq!(fetch(&site, &late).await.expect("known").status, Status::Accepted);
            site.kill_and_raise().await;
            assert_eq!(next(&mut told).await.id, late);
            assert_eq!(fetch(&site, &late).await.expect("kept").status, Status::Delivered);
            let again = create(&site, &message(5, None)).await.expect("created");
            assert!(![&twice, &late].contains(&&again));
            assert_eq!(site.log().await.len(), 5);
        }
        .boxed()
    });
}
