//! The Twilio carrier: create, fetch, list, update, delete, callbacks, behaviours, kill.

use crate::carrier_site::{ACCOUNT, PATIENCE, SECRET, Site, both};
use futures::FutureExt;
use http::{Method, StatusCode};
use serde_json::json;
use squall_model::stack::CarrierProtocol::Twilio;
use squall_model::token;
use squall_platform::time::timeout;
use squall_wire::twilio::{
    Callback, Create, ErrorBody, Message, Page, Status, authorization, callback, message_path,
    messages_path, signature,
};
use tokio::sync::mpsc;

fn form(number: u64, callback: Option<&str>) -> String {
    let create = Create {
        to: "+620012345678".into(),
        from: "+15550100".into(),
        body: format!("code {}", token::encode(number)),
        status_callback: callback.map(str::to_owned),
        ..Create::default()
    };
    create.to_form()
}

async fn call(site: &Site, method: Method, path: &str, body: String) -> (StatusCode, Vec<u8>) {
    let answer = site.send("http", method, path, &authorization(ACCOUNT, SECRET), body).await;
    (answer.status(), answer.body().to_vec())
}

async fn create(site: &Site, form: String) -> Result<Message, ErrorBody> {
    let (status, body) = call(site, Method::POST, &messages_path(ACCOUNT), form).await;
    if status == StatusCode::CREATED {
        return Ok(serde_json::from_slice(&body).expect("a message"));
    }
    let error = ErrorBody::parse(&body).expect("an error body");
    assert_eq!(error.status, status.as_u16());
    Err(error)
}

async fn fetch(site: &Site, sid: &str) -> Option<Message> {
    let (_, body) = call(site, Method::GET, &message_path(ACCOUNT, sid), String::new()).await;
    serde_json::from_slice(&body).ok()
}

/// A receiver of callbacks that checks every signature.
async fn receiver(site: &Site) -> (String, mpsc::UnboundedReceiver<Callback>) {
    site.receiver(|url, request| {
        let given = request.headers()[callback::SIGNATURE].to_str().expect("text");
        assert!(signature::verify(SECRET, url, request.body(), given));
        Callback::parse(request.body()).expect("a callback")
    })
    .await
}

#[test]
fn a_message_is_created_called_back_and_fetched() {
    both(Twilio, |site| {
        async move {
            let (url, mut told) = receiver(&site).await;
            let message = create(&site, form(5, Some(&url))).await.expect("created");
            assert_eq!(message.status, Status::Queued);
            assert_eq!(site.log().await, [(Some(5), json!("delivered"))]);
            let callback = timeout(PATIENCE, told.recv()).await.expect("in time").expect("open");
            assert_eq!(
                (callback.message_sid, callback.status),
                (message.sid.clone(), Status::Delivered)
            );
            let fetched = fetch(&site, &message.sid).await.expect("known");
            assert_eq!((fetched.status, fetched.body), (Status::Delivered, message.body));
        }
        .boxed()
    });
}

#[test]
fn lists_page_and_filter_and_messages_can_be_changed() {
    both(Twilio, |site| {
        async move {
            let mut sids = Vec::new();
            for number in 0..7 {
                sids.push(create(&site, form(number, None)).await.expect("created").sid);
            }
            let (mut seen, mut next) =
                (Vec::new(), Some(messages_path(ACCOUNT) + "?PageSize=3&To=%2B620012345678"));
            while let Some(path) = next {
                let (_, body) = call(&site, Method::GET, &path, String::new()).await;
                let page: Page = serde_json::from_slice(&body).expect("a page");
                assert!(page.messages.len() <= 3);
                seen.extend(page.messages.into_iter().map(|message| message.sid));
                next = page.next_page_uri;
            }
            seen.reverse();
            assert_eq!(seen, sids);
            let path = messages_path(ACCOUNT) + "?To=%2B1";
            let (_, body) = call(&site, Method::GET, &path, String::new()).await;
            assert_eq!(serde_json::from_slice::<Page>(&body).expect("a page").messages, []);

            let path = message_path(ACCOUNT, &sids[0]);
            assert_eq!(call(&site, Method::POST, &path, "Body=".into()).await.0, 200);
            assert_eq!(fetch(&site, &sids[0]).await.expect("known").body, "");
            assert_eq!(call(&site, Method::POST, &path, "Status=canceled".into()).await.0, 400);
            assert_eq!(call(&site, Method::DELETE, &path, String::new()).await.0, 204);
            assert_eq!(call(&site, Method::DELETE, &path, String::new()).await.0, 404);
        }
        .boxed()
    });
}

#[test]
fn errors_carry_the_vendors_codes() {
    both(Twilio, |site| {
        async move {
            let code =
                |answer: Result<Message, ErrorBody>| answer.map_err(|e| (e.status, e.code)).err();
            for (behaviour, expected) in [
                (r#"{"kind":"throttle"}"#, (429, 20429)),
                (r#"{"kind":"refuse","answer":"queue full","share":1.0}"#, (429, 21611)),
                (r#"{"kind":"refuse","answer":"503","share":1.0}"#, (503, 20503)),
                (r#"{"kind":"capacity","per_second":0.001}"#, (429, 20429)),
            ] {
                site.behave("b", behaviour).await;
                let mut answer = create(&site, form(1, None)).await;
                if answer.is_ok() {
                    answer = create(&site, form(1, None)).await;
                }
                assert_eq!(code(answer), Some(expected));
            }
            site.calm("b").await;
            assert_eq!(code(create(&site, "To=x".into()).await), Some((400, 21211)));
            let path = messages_path(ACCOUNT);
            let answer = site.send("http", Method::POST, &path, "Basic eDp5", form(1, None)).await;
            assert_eq!(answer.status(), 401);
            let answer = site.send("http", Method::GET, "/health", "", String::new()).await;
            assert_eq!(answer.status(), 200);
            let answer = site.send("control", Method::GET, "/log", "", String::new()).await;
            assert_eq!(answer.status(), 401);
        }
        .boxed()
    });
}

#[test]
fn callbacks_are_lost_repeated_false_and_outlive_a_kill() {
    both(Twilio, |mut site| {
        async move {
            let (url, mut told) = receiver(&site).await;
            site.behave("b", r#"{"kind":"receipts_lost","share":1.0}"#).await;
            create(&site, form(1, Some(&url))).await.expect("created");
            site.behave("b", r#"{"kind":"swallow","share":1.0}"#).await;
            create(&site, form(2, Some(&url))).await.expect("created");
            site.behave("b", r#"{"kind":"receipts_repeated","share":1.0}"#).await;
            let twice = create(&site, form(3, Some(&url))).await.expect("created").sid;
            for _ in 0..2 {
                let callback = timeout(PATIENCE, told.recv()).await.expect("in time");
                assert_eq!(callback.expect("open").message_sid, twice);
            }
            site.behave("b", r#"{"kind":"receipts_delayed","delay_ms":200}"#).await;
            let late = create(&site, form(4, Some(&url))).await.expect("created").sid;
            site.kill_and_raise().await;
            let callback = timeout(PATIENCE, told.recv()).await.expect("in time").expect("open");
            assert_eq!(callback.message_sid, late);
            assert_eq!(fetch(&site, &late).await.expect("kept").status, Status::Delivered);
            let log = site.log().await;
            assert_eq!(log[1], (Some(2), json!("swallowed")));
            assert_eq!(log.len(), 4);
        }
        .boxed()
    });
}

#[test]
fn the_log_tells_who_submitted_and_keeps_it_over_a_kill() {
    both(Twilio, |mut site| {
        async move {
            let long = "x".repeat(2_000);
            let agents = ["gateway-2", "gateway-1/1.0 (squall)", "/", long.as_str()];
            for agent in agents.map(Some).into_iter().chain([None]) {
                let create = Create::parse(form(1, None).as_bytes()).expect("a form");
                let mut request = create.request(ACCOUNT, SECRET).expect("a request");
                if let Some(agent) = agent {
                    let agent = agent.parse().expect("a value");
                    request.headers_mut().insert(http::header::USER_AGENT, agent);
                }
                let answer = site.http.send(&site.address("http"), request, PATIENCE).await;
                assert_eq!(answer.expect("an answer").status(), StatusCode::CREATED);
            }
            let told = ["gateway-2", "gateway-1"].map(|name| Some(name.to_owned()));
            let told = [&told[..], &[None, None, None]].concat();
            assert_eq!(site.ways().await, told);
            site.kill_and_raise().await;
            assert_eq!(site.ways().await, told);
        }
        .boxed()
    });
}
