//! The Vonage carrier: submits whole and in parts, receipts, behaviours, kill.

use crate::carrier_site::{ACCOUNT, PATIENCE, SECRET, Site, both};
use futures::FutureExt;
use http::{Method, StatusCode};
use serde_json::json;
use squall_model::stack::CarrierProtocol::Vonage;
use squall_model::token;
use squall_platform::time::timeout;
use squall_wire::http::Response;
use squall_wire::http::authorization::basic;
use squall_wire::vonage::{Answer, Create, Entry, PATH, Receipt, Status};
use tokio::sync::mpsc::UnboundedReceiver;

fn message(number: u64, callback: Option<&str>) -> Create {
    Create {
        to: "620012345678".into(),
        from: "Squall".into(),
        text: format!("code {}", token::encode(number)),
        receipt: true,
        callback: callback.map(str::to_owned),
        client_ref: Some(format!("ref-{number}")),
        ..Create::default()
    }
}

async fn post(site: &Site, create: &Create) -> Response {
    let request = create.request(ACCOUNT, SECRET, false).expect("a request");
    site.http.send(&site.address("http"), request, PATIENCE).await.expect("answered")
}

/// The entries of an answer, whose HTTP status tells nothing.
async fn create(site: &Site, create: &Create) -> Vec<Entry> {
    let answer = post(site, create).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let answer = Answer::parse(answer.body()).expect("an answer");
    assert_eq!(answer.message_count, answer.messages.len().to_string());
    answer.messages
}

/// The id of a message of one part that was taken.
async fn id(site: &Site, message: &Create) -> String {
    let entries = create(site, message).await;
    assert_eq!((entries.len(), entries[0].code()), (1, Some(0)));
    entries[0].message_id.clone().expect("an id")
}

async fn receiver(site: &Site) -> (String, UnboundedReceiver<Receipt>) {
    site.receiver(|_, request| Receipt::parse(request).expect("a receipt")).await
}

async fn next(told: &mut UnboundedReceiver<Receipt>) -> Receipt {
    timeout(PATIENCE, told.recv()).await.expect("in time").expect("open")
}

#[test]
fn a_message_is_taken_and_told_of() {
    both(Vonage, |site| {
        async move {
            let (url, mut told) = receiver(&site).await;
            let entries = create(&site, &message(5, Some(&url))).await;
            let [entry] = &entries[..] else { panic!("one part: {entries:?}") };
            assert_eq!((entry.code(), entry.client_ref.as_deref()), (Some(0), Some("ref-5")));
            assert_eq!(entry.to.as_deref(), Some("620012345678"));
            assert_eq!(site.log().await, [(Some(5), json!("delivered"))]);
            let receipt = next(&mut told).await;
            assert_eq!(Some(&receipt.message_id), entry.message_id.as_ref());
            assert_eq!((receipt.status, receipt.err_code.as_str()), (Status::Delivered, "0"));
            assert_eq!((receipt.msisdn.as_str(), receipt.to.as_str()), ("620012345678", "Squall"));
            assert_eq!((receipt.api_key.as_str(), receipt.scts.len()), (ACCOUNT, 10));
            assert_eq!(receipt.client_ref.as_deref(), Some("ref-5"));

            let unasked = Create { receipt: false, ..message(6, Some(&url)) };
            id(&site, &unasked).await;
            let expired = Create { ttl_ms: Some(0), ..message(7, Some(&url)) };
            let expired = id(&site, &expired).await;
            let receipt = next(&mut told).await;
            assert_eq!((receipt.message_id, receipt.status), (expired, Status::Expired));
            assert_ne!(receipt.err_code, "0");
        }
        .boxed()
    });
}

#[test]
fn a_long_message_is_taken_apart_and_reaches_the_handset_whole() {
    both(Vonage, |site| {
        async move {
            let (url, mut told) = receiver(&site).await;
            let mut long = message(8, Some(&url));
            // The token is torn by the border between two parts.
            long.text = format!("{}{}{}", "x".repeat(146), long.text, "y".repeat(153));
            let entries = create(&site, &long).await;
            assert_eq!(entries.len(), 3);
            let part = (None, json!("part"));
            assert_eq!(site.log().await, [part.clone(), part, (Some(8), json!("delivered"))]);
            let mut ids: Vec<_> = entries.into_iter().filter_map(|e| e.message_id).collect();
            for _ in 0..3 {
                let receipt = next(&mut told).await;
                ids.retain(|id| *id != receipt.message_id);
            }
            assert!(ids.is_empty(), "{ids:?}");

            site.behave("b", r#"{"kind":"capacity","per_second":2.0}"#).await;
            let codes: Vec<_> = create(&site, &long).await.iter().map(Entry::code).collect();
            assert_eq!(codes, [Some(0), Some(0), Some(1)]);
        }
        .boxed()
    });
}

#[test]
fn refusals_stand_in_the_answer() {
    both(Vonage, |site| {
        async move {
            let refuse =
                |answer: &str| format!(r#"{{"kind":"refuse","answer":"{answer}","share":1.0}}"#);
            for (behaviour, status) in [
                (r#"{"kind":"throttle"}"#.to_owned(), 1),
                (refuse("queue full"), 10),
                (refuse("system error"), 5),
                (refuse("rejected"), 7),
                (refuse("15"), 15),
            ] {
                site.behave("b", &behaviour).await;
                let entries = create(&site, &message(1, None)).await;
                assert_eq!((entries.len(), entries[0].code()), (1, Some(status)));
                assert!(entries[0].message_id.is_none() && entries[0].error_text.is_some());
                let (_, event) = site.log().await.pop().expect("an entry");
                assert_eq!(event, json!({ "refused": status.to_string() }));
            }
            site.behave("b", &refuse("503")).await;
            assert_eq!(post(&site, &message(1, None)).await.status(), 503);
            let (_, event) = site.log().await.pop().expect("an entry");
            assert_eq!(event, json!({ "refused": "HTTP 503" }));
        }
        .boxed()
    });
}

#[test]
fn credentials_come_as_fields_or_as_basic() {
    both(Vonage, |site| {
        async move {
            let form = "to=62001234&from=Squall&text=a";
            let (known, other) = (basic(ACCOUNT, SECRET), basic(ACCOUNT, "other"));
            let with = format!("{form}&api_key={ACCOUNT}&api_secret={SECRET}");
            for (authorization, body, status) in [
                (known.as_str(), form, "0"),
                ("", with.as_str(), "0"),
                (&other, form, "4"),
                ("", form, "4"),
                (&known, "from=Squall&text=a", "2"),
                (&known, "to=62001234&from=Squall&text=a&type=wappush", "3"),
            ] {
                let body = body.to_owned();
                let answer = site.send("http", Method::POST, PATH, authorization, body).await;
                let answer = Answer::parse(answer.body()).expect("an answer");
                assert_eq!(answer.messages[0].status, status);
            }
            let long = Create { text: "x".repeat(153 * 256), ..message(1, None) };
            assert_eq!(create(&site, &long).await[0].code(), Some(12));
            for (path, status) in [("/sms/json", 405), ("/sms/xml", 404), ("/health", 200)] {
                let answer = site.send("http", Method::GET, path, &known, String::new()).await;
                assert_eq!(answer.status(), status);
            }
            assert_eq!(site.log().await.len(), 2);
        }
        .boxed()
    });
}

#[test]
fn receipts_are_lost_repeated_and_outlive_a_kill() {
    both(Vonage, |mut site| {
        async move {
            let (url, mut told) = receiver(&site).await;
            site.behave("b", r#"{"kind":"receipts_lost","share":1.0}"#).await;
            id(&site, &message(1, Some(&url))).await;
            site.behave("b", r#"{"kind":"swallow","share":1.0}"#).await;
            id(&site, &message(2, Some(&url))).await;
            site.behave("b", r#"{"kind":"receipts_repeated","share":1.0}"#).await;
            let twice = id(&site, &message(3, Some(&url))).await;
            for _ in 0..2 {
                assert_eq!(next(&mut told).await.message_id, twice);
            }
            site.behave("b", r#"{"kind":"receipts_delayed","delay_ms":200}"#).await;
            let late = id(&site, &message(4, Some(&url))).await;
            site.kill_and_raise().await;
            let receipt = next(&mut told).await;
            assert_eq!(
                (&receipt.message_id, receipt.client_ref.as_deref()),
                (&late, Some("ref-4"))
            );
            let again = id(&site, &message(5, None)).await;
            assert!(![&twice, &late].contains(&&again));
            assert_eq!(site.log().await.len(), 5);
        }
        .boxed()
    });
}
