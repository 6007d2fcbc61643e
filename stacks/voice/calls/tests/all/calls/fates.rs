//! Calls that end in other ways: nobody takes them, somebody ends them, something dies.

use super::phone::Manners;
use super::stage::{ACCOUNT, SECRET, Stage, twiml, until};
use super::with;
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use squall_model::token;
use squall_platform::sim::Death;
use squall_platform::time;
use squall_wire::twilio::{CallStatus, CreateCall, ErrorBody, authorization, call};
use std::time::Duration;

#[test]
fn calls_that_nobody_takes_say_why() {
    with(&[], async |stage: Stage| {
        stage.scripts.page("/call", twiml(""));
        for (m, (refuse, ring, status)) in [
            (Some(486), 1, CallStatus::Busy),
            (Some(480), 1, CallStatus::NoAnswer),
            (Some(404), 1, CallStatus::Failed),
            (None, 300, CallStatus::NoAnswer),
        ]
        .into_iter()
        .enumerate()
        {
            let create = CreateCall { timeout_s: Some(20), ..stage.create(m as u64, "/call") };
            let ring = Duration::from_secs(ring);
            stage.phones.of(&create.to, Manners { ring, refuse, ..Manners::default() });
            let ended = stage.complete(&create).await;
            assert_eq!((ended.status, ended.error_code), (status, None));
            assert_eq!(stage.phones.told(&create.from).cancelled, refuse.is_none());
        }
        assert!(stage.scripts.asked("/call").is_empty());
        assert!(stage.pending().await.is_empty());
    });
}

#[test]
fn a_call_can_be_cancelled_before_its_answer_and_ended_after_it() {
    with(&[], async |stage: Stage| {
        stage.scripts.page("/call", twiml("<Pause length='600'/>"));
        let create = stage.create(1, "/call");
        stage
            .phones
            .of(&create.to, Manners { ring: Duration::from_secs(30), ..Manners::default() });
        let sid = stage.call(&create).await;
        stage.reaches(&sid, CallStatus::Ringing).await;
        assert_eq!(stage.of(&sid, Some("Status=canceled")).await.0, 200);
        assert_eq!(stage.ended(&create.from).await.status, CallStatus::Canceled);
        let cancelled = async || stage.phones.told(&create.from).cancelled;
        assert!(until(cancelled).await);
        assert_eq!(stage.of(&sid, None).await, (200, "canceled".into()));
        assert_eq!(stage.of(&sid, Some("Status=completed")).await, (400, 21220.into()));

        let create = stage.create(2, "/call");
        let sid = stage.call(&create).await;
        stage.reaches(&sid, CallStatus::InProgress).await;
        assert_eq!(stage.of(&sid, Some("Status=canceled")).await, (400, 21220.into()));
        assert_eq!(stage.of(&sid, Some("Status=gone")).await, (400, 20001.into()));
        assert_eq!(stage.of(&sid, Some("Status=completed")).await.0, 200);
        assert_eq!(stage.ended(&create.from).await.status, CallStatus::Completed);
        assert_eq!(stage.phones.told(&create.from).end, Some((16, "ended by request".into())));
        let unknown = call::call_sid(1);
        assert_eq!(stage.of(&unknown, None).await, (404, 20404.into()));
        assert_eq!(stage.of(&unknown, Some("Status=completed")).await, (404, 20404.into()));
    });
}

#[test]
fn whoever_was_called_may_hang_up() {
    with(&[], async |stage: Stage| {
        stage.scripts.page("/call", twiml("<Pause length='600'/>"));
        let create = stage.create(1, "/call");
        let hang_up = Some(Duration::from_secs(5));
        stage.phones.of(&create.to, Manners { hang_up, ..Manners::default() });
        let ended = stage.complete(&create).await;
        assert_eq!((ended.status, ended.error_code), (CallStatus::Completed, None));
        assert_eq!(stage.phones.told(&create.from).end, None);
    });
}

#[test]
fn what_is_asked_wrongly_is_refused_with_its_code() {
    with(&[], async |stage: Stage| {
        let code = async |create: CreateCall| {
            let refused = stage.place(&create).await;
            let error = ErrorBody::parse(refused.body()).unwrap();
            assert_eq!(refused.status().as_u16(), error.status);
            error.code
        };
        let sound = stage.create(1, "/call");
        let url = |url: &str| Some(url.to_owned());
        for (create, wanted) in [
            (CreateCall { to: String::new(), ..sound.clone() }, 21201),
            (CreateCall { to: "me".into(), ..sound.clone() }, 21211),
            (CreateCall { from: String::new(), ..sound.clone() }, 21213),
            (CreateCall { from: "you\r\nVia: me".into(), ..sound.clone() }, 21212),
            (CreateCall { url: None, ..sound.clone() }, 21205),
            (CreateCall { url: url("https://scripts/"), ..sound.clone() }, 21205),
            (CreateCall { fallback_url: url("/fallback"), ..sound.clone() }, 21205),
            (CreateCall { status_callback: url("nowhere"), ..sound.clone() }, 21609),
            (CreateCall { timeout_s: Some(0), ..sound.clone() }, 21208),
            (CreateCall { timeout_s: Some(601), ..sound.clone() }, 21208),
        ] {
            assert_eq!(code(create).await, wanted);
        }
        let ask = async |method: Method, path: &str, secret: &str| {
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header(header::AUTHORIZATION, authorization(ACCOUNT, secret))
                .body(Bytes::new())
                .unwrap();
            let answer = stage.client.send("platform:80", request, Duration::from_secs(5)).await;
            answer.unwrap().status().as_u16()
        };
        let calls = call::calls_path(ACCOUNT);
        assert_eq!(ask(Method::POST, &calls, "wrong").await, 401);
        assert_eq!(ask(Method::GET, &calls, SECRET).await, 405);
        assert_eq!(ask(Method::POST, &call::calls_path("AC1"), SECRET).await, 404);
        assert_eq!(ask(Method::PUT, &call::call_path(ACCOUNT, "CA1"), SECRET).await, 404);
        assert_eq!(ask(Method::GET, "/", SECRET).await, 404);
        assert_eq!(ask(Method::GET, "/health", "").await, 200);
        assert!(stage.pending().await.is_empty());
    });
}

#[test]
fn no_more_calls_are_taken_than_there_may_be() {
    with(&[("max_calls", "2")], async |stage: Stage| {
        stage.scripts.page("/call", twiml("<Pause length='20'/>"));
        for m in 0..2 {
            stage.call(&stage.create(m, "/call")).await;
        }
        let refused = stage.place(&stage.create(2, "/call")).await;
        let code = ErrorBody::parse(refused.body()).unwrap().code;
        assert_eq!((refused.status(), code), (StatusCode::TOO_MANY_REQUESTS, 20429));
        stage.ended(&token::caller(0)).await;
        stage.call(&stage.create(2, "/call")).await;
    });
}

#[test]
fn a_callback_is_repeated_until_it_is_taken_and_the_call_is_pending_until_then() {
    with(&[], async |stage: Stage| {
        stage.scripts.page("/call", twiml(""));
        *stage.deaf.lock().unwrap() = 6;
        let create = stage.create(9, "/call");
        let sid = stage.call(&create).await;
        stage.reaches(&sid, CallStatus::Completed).await;
        assert_eq!(stage.pending().await, [token::encode(9)]);
        let health = stage.admin("/health").await.1;
        let health: serde_json::Value = serde_json::from_slice(&health).unwrap();
        assert_eq!(health["backlog"], 1);
        assert_eq!(stage.ended(&create.from).await.status, CallStatus::Completed);
        assert_eq!(stage.metric("calls_callback_failures_total ").await, 6);
        let settled = async || stage.pending().await.is_empty();
        assert!(until(settled).await);

        // Nobody ever takes this one.
        *stage.deaf.lock().unwrap() = u32::MAX;
        stage.call(&stage.create(10, "/call")).await;
        assert!(until(async || !stage.pending().await.is_empty()).await);
        assert!(until(settled).await, "tries are bounded");
        assert_eq!(stage.metric("calls_callbacks_given_up_total ").await, 1);
    });
}

/// A call that is in progress, one that rings, and one whose callback nobody takes; then the platform
/// dies.
fn death(death: Death) {
    with(&[], async |mut stage: Stage| {
        stage.scripts.page("/long", twiml("<Pause length='600'/>"));
        stage.scripts.page("/short", twiml(""));
        *stage.deaf.lock().unwrap() = u32::MAX;
        let (long, rings, short) =
            (stage.create(1, "/long"), stage.create(2, "/long"), stage.create(3, "/short"));
        let ring = Duration::from_secs(50);
        stage.phones.of(&rings.to, Manners { ring, ..Manners::default() });
        let sid = stage.call(&short).await;
        stage.call(&rings).await;
        stage.reaches(&sid, CallStatus::Completed).await;
        let sid = stage.call(&long).await;
        stage.reaches(&sid, CallStatus::InProgress).await;
        let tokens: Vec<String> = [3, 2, 1].map(token::encode).into();
        assert_eq!(stage.pending().await, tokens);
        // The end of the short call is written behind; it is on the disk by now.
        time::sleep(Duration::from_secs(1)).await;
        stage.world.kill("platform", death);
        time::sleep(Duration::from_secs(10)).await;
        *stage.deaf.lock().unwrap() = 2;
        stage.start().await;
        assert_eq!(stage.of(&sid, None).await, (200, "failed".into()));
        for create in [&long, &rings] {
            assert_eq!(stage.ended(&create.from).await.status, CallStatus::Failed);
        }
        assert_eq!(stage.ended(&short.from).await.status, CallStatus::Completed);
        assert!(until(async || stage.pending().await.is_empty()).await);
    });
}

#[test]
fn a_platform_that_dies_tells_of_its_calls_in_its_next_life() {
    death(Death::Process);
    death(Death::Power);
}

#[test]
fn a_platform_that_is_stopped_ends_its_calls_and_says_so() {
    with(&[], async |mut stage: Stage| {
        stage.scripts.page("/long", twiml("<Pause length='600'/>"));
        let create = stage.create(1, "/long");
        let sid = stage.call(&create).await;
        stage.reaches(&sid, CallStatus::InProgress).await;
        let mut running = stage.running();
        running.stop.ask();
        let stopped = time::timeout(Duration::from_secs(60), running.stopped.wait()).await;
        assert!(stopped.is_ok());
        assert_eq!(stage.phones.told(&create.from).end, Some((41, "shutdown".into())));
        assert_eq!(stage.ended(&create.from).await.status, CallStatus::Failed);
    });
}

/// A call whose handset has been told of a verb and does not answer, with its sid.
async fn mute(stage: &Stage) -> (CreateCall, String) {
    stage.scripts.page("/call", twiml("<Pause/><Pause length='600'/>"));
    let create = stage.create(1, "/call");
    stage.phones.of(&create.to, Manners { mute: true, ..Manners::default() });
    let sid = stage.call(&create).await;
    assert!(until(async || !stage.phones.told(&create.from).heard.is_empty()).await);
    (create, sid)
}

/// Its answer is waited for half a minute, but not where the call has to end before.
#[test]
fn a_handset_that_does_not_answer_delays_no_end() {
    with(&[], async |mut stage: Stage| {
        let (create, _) = mute(&stage).await;
        let mut running = stage.running();
        running.stop.ask();
        let stopped = time::timeout(Duration::from_secs(10), running.stopped.wait()).await;
        assert!(stopped.is_ok());
        assert_eq!(stage.phones.told(&create.from).end, Some((41, "shutdown".into())));
        assert_eq!(stage.ended(&create.from).await.status, CallStatus::Failed);
    });
    with(&[], async |stage: Stage| {
        let (create, sid) = mute(&stage).await;
        assert_eq!(stage.of(&sid, Some("Status=completed")).await.0, 200);
        assert_eq!(stage.ended(&create.from).await.status, CallStatus::Completed);
        assert_eq!(stage.phones.told(&create.from).end, Some((16, "ended by request".into())));
    });
    with(&[("time_limit_s", "5")], async |stage: Stage| {
        let (create, _) = mute(&stage).await;
        assert_eq!(stage.ended(&create.from).await.status, CallStatus::Completed);
        assert_eq!(stage.phones.told(&create.from).end, Some((16, "time limit".into())));
    });
}

#[test]
fn calls_end_with_their_trunk_and_the_next_ones_find_another() {
    with(&[], async |stage: Stage| {
        stage.scripts.page("/long", twiml("<Pause length='600'/>"));
        let create = stage.create(1, "/long");
        let sid = stage.call(&create).await;
        stage.reaches(&sid, CallStatus::InProgress).await;
        stage.world.kill("telco", Death::Process);
        let ended = stage.ended(&create.from).await;
        assert_eq!((ended.status, ended.error_code), (CallStatus::Failed, None));
        assert_eq!(stage.admin("/health").await.0, StatusCode::SERVICE_UNAVAILABLE);
        // Taken, and failed at once: there is nobody to place it with.
        assert_eq!(stage.complete(&stage.create(2, "/long")).await.status, CallStatus::Failed);
        stage.scripts.page("/short", twiml(""));
        super::phone::Phones::serve(stage.world.node("telco"), "telco:5060").await;
        let up = async || stage.admin("/health").await.0 == StatusCode::OK;
        assert!(until(up).await);
        let ended = stage.complete(&stage.create(3, "/short")).await;
        assert_eq!(ended.status, CallStatus::Completed);
    });
}
