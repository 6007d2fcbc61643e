//! The voice carrier: calls are placed, refused, read out once they have rung, and told of. And the
//! number lookups that a carrier of messages answers.

use crate::carrier_site::{ACCOUNT, PATIENCE, SECRET, Site, both};
use futures::FutureExt;
use http::{Method, StatusCode};
use serde_json::json;
use squall_model::stack::CarrierProtocol::{Twilio, Voice};
use squall_model::token;
use squall_model::units::Micros;
use squall_platform::time::timeout;
use squall_wire::http::Response;
use squall_wire::twilio::{Call, CallCallback, CallStatus, CreateCall, ErrorBody, Lookup};
use squall_wire::twilio::{authorization, call, callback, lookup, signature};

/// From the call to the last word of its text.
const RINGS_MS: u64 = 300;

fn code(number: u64, callback: Option<&str>) -> CreateCall {
    CreateCall {
        to: "+620012345678".into(),
        from: "+15550100".into(),
        twiml: call::say(&format!("Your code is {}", token::encode(number))),
        status_callback: callback.map(str::to_owned),
        timeout_s: Some(30),
        ..CreateCall::default()
    }
}

async fn place(site: &Site, create: &CreateCall, secret: &str) -> Response {
    let request = create.request(ACCOUNT, secret).expect("a request");
    site.http.send(&site.address("http"), request, PATIENCE).await.expect("answered")
}

fn refusal(answer: &Response) -> (u16, u32) {
    (answer.status().as_u16(), ErrorBody::parse(answer.body()).expect("an error body").code)
}

#[test]
fn a_text_is_on_the_handset_when_the_call_is_over_and_not_before() {
    both(Voice, |mut site| {
        async move {
            site.config().carriers[0].receipt_delay = Micros::from_millis(RINGS_MS);
            site.kill_and_raise().await;
            let read = |url: &str, request: &squall_wire::http::Request| {
                let given = request.headers()[callback::SIGNATURE].to_str().expect("text");
                assert!(signature::verify(SECRET, url, request.body(), given));
                CallCallback::parse(request.body()).expect("a callback")
            };
            let (url, mut told) = site.receiver(read).await;
            let before_us = site.node.unix_us();
            let answer = place(&site, &code(7, Some(&url)), SECRET).await;
            let placed_us = site.node.unix_us();
            assert_eq!(answer.status(), StatusCode::CREATED);
            let call: Call = serde_json::from_slice(answer.body()).expect("a call");
            assert_eq!(call.status, CallStatus::Queued);
            let (_, page) = site.control(Method::GET, "/log?from=0", "").await;
            let entry = &page["entries"][0];
            assert_eq!((&entry["message"], &entry["event"]), (&json!(7), &json!("delivered")));
            let at_us = entry["unix_us"].as_u64().expect("an instant");
            let rings_us = RINGS_MS * 1_000;
            assert!((before_us + rings_us..=placed_us + rings_us).contains(&at_us), "{at_us}");
            let ended = timeout(PATIENCE, told.recv()).await.expect("in time").expect("open");
            assert_eq!((ended.call_sid, ended.status), (call.sid, CallStatus::Completed));
            assert!(site.node.unix_us() >= at_us);
        }
        .boxed()
    });
}

#[test]
fn calls_are_refused_in_the_vendors_own_codes() {
    both(Voice, |site| {
        async move {
            let refuse =
                |answer: &str| format!(r#"{{"kind":"refuse","answer":"{answer}","share":1.0}}"#);
            for (behaviour, expected) in [
                (r#"{"kind":"throttle"}"#.to_owned(), (429, 20429)),
                (refuse("queue full"), (503, 20503)),
                (refuse("system error"), (500, 20500)),
                (refuse("rejected"), (400, 21216)),
                (refuse("503"), (503, 20503)),
            ] {
                site.behave("b", &behaviour).await;
                assert_eq!(refusal(&place(&site, &code(1, None), SECRET).await), expected);
            }
            site.calm("b").await;
            assert_eq!(refusal(&place(&site, &code(1, None), "wrong").await), (401, 20003));
            let nothing = CreateCall { twiml: String::new(), ..code(1, None) };
            assert_eq!(refusal(&place(&site, &nothing, SECRET).await), (400, 21205));
            let by_url = CreateCall { url: Some("http://scripts/call".into()), ..nothing };
            assert_eq!(refusal(&place(&site, &by_url, SECRET).await), (400, 21205));
            let keys = authorization(ACCOUNT, SECRET);
            let elsewhere = site.send(
                "http",
                Method::POST,
                "/2010-04-01/Accounts/AC0/Calls.json",
                &keys,
                String::new(),
            );
            assert_eq!(refusal(&elsewhere.await), (404, 20404));
        }
        .boxed()
    });
}

#[test]
fn a_number_is_looked_up_and_the_lookup_shares_the_carriers_fate() {
    both(Twilio, |site| {
        async move {
            let ask = async || {
                let request = lookup::request("+620012345678", ACCOUNT, SECRET).expect("a request");
                site.http.send(&site.address("http"), request, PATIENCE).await.expect("answered")
            };
            let found = Lookup::parse(ask().await.body()).expect("a lookup");
            assert_eq!(found.network(), Some("smartfren"));
            site.behave("b", r#"{"kind":"refuse","answer":"503","share":1.0}"#).await;
            assert_eq!(refusal(&ask().await), (503, 20503));
            assert_eq!(site.draws("b").await, (1, 1));
            // It is no message.
            assert!(site.log().await.is_empty());
            let keys = authorization(ACCOUNT, "wrong");
            let path = "/v2/PhoneNumbers/+620012345678";
            let stranger = site.send("http", Method::GET, path, &keys, String::new()).await;
            assert_eq!(refusal(&stranger), (401, 20003));
        }
        .boxed()
    });
}
