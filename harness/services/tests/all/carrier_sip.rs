//! The SIP carrier: calls over a trunk from their INVITE to their end in the log, and what breaks them.

use crate::carrier_site::{PATIENCE, Site, both, simulated};
use futures::FutureExt;
use futures::future::join_all;
use serde_json::{Value, json};
use squall_model::stack::CarrierProtocol::Sip;
use squall_model::token;
use squall_model::units::Micros;
use squall_platform::sim::Death;
use squall_platform::time::{Instant, sleep, timeout};
use squall_wire::sip::{CallError, Dialog, Heard, Trunk};
use std::time::Duration;

const TO: &str = "+620012345678";
const RECONNECT: Duration = Duration::from_secs(1);
const RINGS: Duration = Duration::from_millis(300);

async fn trunk(site: &Site) -> Trunk {
    let me = "platform-1".to_owned();
    let trunk = Trunk::open(&site.node, site.address("sip"), me, RECONNECT, PATIENCE);
    up(&trunk).await;
    trunk
}

async fn up(trunk: &Trunk) {
    let is_up = async {
        while !trunk.is_up() {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, is_up).await.expect("it comes up");
}

async fn call(trunk: &Trunk, number: u64) -> Result<Dialog, CallError> {
    trunk.call(&token::caller(number), TO, PATIENCE).await
}

fn heard(verb: &str, code: Option<&str>) -> Heard {
    Heard { verb: verb.into(), code: code.map(str::to_owned), ..Heard::default() }
}

fn verb(name: &str, code: Option<&str>) -> Value {
    match code {
        Some(code) => json!({"verb": {"verb": name, "code": code}}),
        None => json!({"verb": {"verb": name}}),
    }
}

fn dropped(code: &str) -> Value {
    json!({ "dropped": code })
}

fn refused(code: &str) -> Value {
    json!({ "refused": code })
}

/// Waits until the log has `lines` lines.
async fn logged(site: &Site, lines: usize) -> Vec<(Option<u64>, Value)> {
    let until = async {
        loop {
            let log = site.log().await;
            if log.len() >= lines {
                return log;
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, until).await.expect("logged in time")
}

#[test]
fn a_call_rings_is_answered_hears_and_is_completed() {
    both(Sip, |mut site| {
        async move {
            site.config().carriers[0].receipt_delay = Micros::from_millis(300);
            site.kill_and_raise().await;
            let trunk = trunk(&site).await;
            let begun = Instant::now();
            let dialog = call(&trunk, 7).await.expect("answered");
            assert!(begun.elapsed() >= RINGS);
            let play = Heard { bytes: Some(16_000), ..heard("play", None) };
            dialog.heard(&play).await.expect("taken");
            dialog.heard(&heard("say", Some("11200"))).await.expect("taken");
            // In the log before the answer came.
            let mut expected =
                vec![(Some(7), verb("play", None)), (Some(7), verb("say", Some("11200")))];
            assert_eq!(site.log().await, expected);
            dialog.hang_up(16, "").await.expect("taken");
            expected.push((Some(7), json!("delivered")));
            assert_eq!(site.log().await, expected);
            assert_eq!(site.ways().await, vec![Some("platform-1".to_owned()); 3]);
        }
        .boxed()
    });
}

#[test]
fn a_call_cut_short_is_logged_with_its_code() {
    simulated(Sip, async |site| {
        let trunk = trunk(&site).await;
        let ends = [(41, "11200"), (41, "no number"), (31, ""), (16, "11200")];
        for (number, (cause, text)) in (1..).zip(ends) {
            let dialog = call(&trunk, number).await.expect("answered");
            dialog.hang_up(cause, text).await.expect("taken");
        }
        drop(call(&trunk, 5).await.expect("answered"));
        let ends = [dropped("11200"), dropped("41"), dropped("31"), json!("delivered")];
        let expected: Vec<_> =
            (1..).map(Some).zip(ends.into_iter().chain([dropped("31")])).collect();
        assert_eq!(logged(&site, 5).await, expected);
    });
}

#[test]
fn the_phone_presses_a_key_every_four_seconds() {
    simulated(Sip, async |site| {
        let trunk = trunk(&site).await;
        let mut dialog = call(&trunk, 1).await.expect("answered");
        let answered = Instant::now();
        for press in 1..=3 {
            assert_eq!(dialog.key().await, Ok('1'));
            let at = answered.elapsed();
            assert!((Duration::from_secs(4 * press)).abs_diff(at) < Duration::from_millis(50));
        }
        dialog.hang_up(16, "").await.expect("taken");
    });
}

#[test]
fn what_behaviours_refuse_is_refused_with_their_status() {
    simulated(Sip, async |site| {
        let trunk = trunk(&site).await;
        let refuse =
            |answer: &str| format!(r#"{{"kind":"refuse","answer":"{answer}","share":1.0}}"#);
        let cases = [
            (r#"{"kind":"throttle"}"#.to_owned(), 503, "Service Unavailable"),
            (refuse("queue full"), 503, "Service Unavailable"),
            (refuse("system error"), 500, "Server Internal Error"),
            (refuse("rejected"), 603, "Decline"),
            (refuse("486"), 486, "Busy Here"),
        ];
        for (number, (behaviour, status, phrase)) in (1..).zip(&cases) {
            site.behave("b", behaviour).await;
            let answer = call(&trunk, number).await.expect_err("refused");
            assert_eq!(answer, CallError::Refused(*status, (*phrase).to_owned()));
        }
        site.calm("b").await;
        let expected: Vec<_> = (1..)
            .map(Some)
            .zip(cases.iter().map(|(_, status, _)| refused(&status.to_string())))
            .collect();
        assert_eq!(site.log().await, expected);
        let nobody = trunk.call(&token::caller(9), "nobody", PATIENCE).await;
        assert!(matches!(nobody, Err(CallError::Refused(404, _))), "{nobody:?}");
        assert_eq!(site.log().await.last(), Some(&(Some(9), refused("404"))));
        for wrong in [refuse("200"), refuse("0x58"), refuse("full")] {
            let (status, _) = site.control(http::Method::PUT, "/behaviours/b", &wrong).await;
            assert_eq!(status, 400, "{wrong}");
        }
    });
}

#[test]
fn there_are_no_receipts_to_misbehave_with() {
    simulated(Sip, async |site| {
        for behaviour in [
            r#"{"kind":"receipts_delayed","delay_ms":1}"#,
            r#"{"kind":"receipts_lost","share":1.0}"#,
            r#"{"kind":"receipts_repeated","share":1.0}"#,
            r#"{"kind":"receipts_false","share":1.0}"#,
        ] {
            let (status, why) = site.control(http::Method::PUT, "/behaviours/b", behaviour).await;
            assert_eq!(status, 400, "{behaviour}");
            assert!(why.to_string().contains("no receipts"), "{why}");
        }
    });
}

#[test]
fn a_swallowed_call_rings_for_ever() {
    simulated(Sip, async |site| {
        let trunk = trunk(&site).await;
        site.behave("b", r#"{"kind":"swallow","share":1.0}"#).await;
        let patience = Duration::from_secs(600);
        let answer = trunk.call(&token::caller(3), TO, patience).await;
        assert_eq!(answer.expect_err("not answered"), CallError::NoAnswer);
        site.calm("b").await;
        // The trunk goes on.
        call(&trunk, 4).await.expect("answered").hang_up(16, "").await.expect("taken");
        let expected = [(Some(3), json!("swallowed")), (Some(4), json!("delivered"))];
        assert_eq!(site.log().await, expected);
    });
}

#[test]
fn an_answer_held_back_comes_later() {
    simulated(Sip, async |site| {
        let trunk = trunk(&site).await;
        site.behave("slow", r#"{"kind":"answer_after","delay_ms":2000}"#).await;
        let begun = Instant::now();
        let dialog = call(&trunk, 1).await.expect("answered");
        assert!(begun.elapsed() >= Duration::from_secs(2));
        dialog.hang_up(16, "").await.expect("taken");
        site.behave("no", r#"{"kind":"throttle"}"#).await;
        let begun = Instant::now();
        assert!(matches!(call(&trunk, 2).await, Err(CallError::Refused(503, _))));
        assert!(begun.elapsed() >= Duration::from_secs(2));
        // One that is given up meanwhile is refused once.
        let given_up = trunk.call(&token::caller(3), TO, Duration::from_secs(1)).await;
        assert_eq!(given_up.expect_err("not answered"), CallError::NoAnswer);
        site.calm("no").await;
        let given_up = trunk.call(&token::caller(4), TO, Duration::from_secs(1)).await;
        assert_eq!(given_up.expect_err("not answered"), CallError::NoAnswer);
        let expected = [
            (Some(1), json!("delivered")),
            (Some(2), refused("503")),
            (Some(3), refused("503")),
            (Some(4), refused("487")),
        ];
        assert_eq!(logged(&site, 4).await, expected);
    });
}

#[test]
fn capacity_counts_calls() {
    simulated(Sip, async |mut site| {
        site.config().carriers[0].capacity = Some(10.0);
        site.kill_and_raise().await;
        let trunk = trunk(&site).await;
        let calls = (0..30).map(|number| call(&trunk, number));
        let answers = join_all(calls).await;
        let refused =
            |answer: &&Result<Dialog, _>| matches!(answer, Err(CallError::Refused(503, _)));
        assert_eq!(answers.iter().filter(refused).count(), 20);
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 10);
    });
}

#[test]
fn a_call_that_rings_too_long_is_cancelled() {
    simulated(Sip, async |mut site| {
        site.config().carriers[0].receipt_delay = Micros::from_secs(20);
        site.kill_and_raise().await;
        let trunk = trunk(&site).await;
        let begun = Instant::now();
        let answer = trunk.call(&token::caller(1), TO, Duration::from_secs(5)).await;
        assert_eq!(answer.expect_err("not answered"), CallError::NoAnswer);
        assert_eq!(begun.elapsed(), Duration::from_secs(5));
        assert_eq!(logged(&site, 1).await, [(Some(1), refused("487"))]);
        // So is one whose caller loses interest.
        assert!(timeout(Duration::from_secs(3), call(&trunk, 2)).await.is_err());
        assert_eq!(logged(&site, 2).await[1], (Some(2), refused("487")));
        sleep(Duration::from_secs(60)).await;
        assert_eq!(site.log().await.len(), 2);
    });
}

#[test]
fn a_broken_connection_drops_its_calls_in_their_order() {
    simulated(Sip, async |site| {
        let platform = site.world().node("platform");
        let trunk = Trunk::open(&platform, site.address("sip"), "p".into(), RECONNECT, PATIENCE);
        up(&trunk).await;
        let mut dialogs = Vec::new();
        for number in [5, 3, 8] {
            dialogs.push(call(&trunk, number).await.expect("answered"));
        }
        dialogs.remove(0).hang_up(16, "").await.expect("taken");
        site.behave("b", r#"{"kind":"swallow","share":1.0}"#).await;
        let ringing = trunk.call("+15550100", TO, PATIENCE);
        assert!(timeout(RINGS, ringing).await.is_err());
        site.world().kill("platform", Death::Process);
        let expected = [
            (Some(5), json!("delivered")),
            (None, json!("swallowed")),
            (Some(3), dropped("connection")),
            (Some(8), dropped("connection")),
        ];
        assert_eq!(logged(&site, 4).await, expected);
        // The dead hold on to nothing.
        std::mem::forget((trunk, dialogs));
    });
}

#[test]
fn a_killed_carrier_logs_its_calls_as_dropped_when_it_is_back() {
    both(Sip, |mut site| {
        async move {
            let trunk = trunk(&site).await;
            let mut dialogs = Vec::new();
            for number in [5, 3, 8] {
                dialogs.push(call(&trunk, number).await.expect("answered"));
            }
            dialogs.remove(0).hang_up(16, "").await.expect("taken");
            dialogs[0].heard(&heard("play", None)).await.expect("taken");
            site.kill_and_raise().await;
            for dialog in &mut dialogs {
                let over = async {
                    loop {
                        if let Err(why) = dialog.key().await {
                            return why;
                        }
                    }
                };
                let why = timeout(PATIENCE, over).await.expect("told in time");
                assert!(matches!(why, CallError::Broken(_)), "{why:?}");
            }
            let expected = [
                (Some(5), json!("delivered")),
                (Some(3), verb("play", None)),
                (Some(3), dropped("connection")),
                (Some(8), dropped("connection")),
            ];
            assert_eq!(site.log().await, expected);
            assert_eq!(site.ways().await, vec![Some("platform-1".to_owned()); 4]);
            // They are over for good.
            site.kill_and_raise().await;
            assert_eq!(site.log().await.len(), 4);
        }
        .boxed()
    });
}

#[test]
fn a_trunk_is_up_again_when_its_carrier_is() {
    simulated(Sip, async |mut site| {
        site.config().listen.insert("sip".into(), "127.0.0.1:5060".into());
        site.kill_and_raise().await;
        let trunk = trunk(&site).await;
        let lost = call(&trunk, 1).await.expect("answered");
        site.kill_and_raise().await;
        let answer = lost.heard(&heard("say", None)).await;
        assert!(matches!(answer, Err(CallError::Broken(_))), "{answer:?}");
        assert!(!trunk.is_up());
        assert!(matches!(call(&trunk, 2).await, Err(CallError::Broken(_))));
        up(&trunk).await;
        call(&trunk, 3).await.expect("answered").hang_up(16, "").await.expect("taken");
        let expected = [(Some(1), dropped("connection")), (Some(3), json!("delivered"))];
        assert_eq!(site.log().await, expected);
    });
}

/// One call of many: as different ones as there are ways to go through it.
async fn play(trunk: &Trunk, number: u64) {
    let Ok(mut dialog) = call(trunk, number).await else { return };
    for _ in 0..number % 3 {
        dialog.key().await.expect("a key");
        dialog.heard(&heard("gather", None)).await.expect("taken");
    }
    let (cause, text) = if number.is_multiple_of(5) { (41, "11205") } else { (16, "") };
    dialog.hang_up(cause, text).await.expect("taken");
}

fn many() -> Vec<(Option<u64>, Value)> {
    simulated(Sip, async |mut site| {
        site.config().carriers[0].receipt_delay = Micros::from_secs(2);
        site.kill_and_raise().await;
        let trunk = trunk(&site).await;
        site.behave("b", r#"{"kind":"refuse","answer":"486","share":0.1}"#).await;
        join_all((0..2_000).map(|number| play(&trunk, number))).await;
        site.log().await
    })
}

#[test]
fn two_thousand_calls_at_once_each_end_once_and_always_in_the_same_order() {
    let log = many();
    let mut ends = [0; 2_000];
    for (number, event) in &log {
        if event.get("verb").is_none() {
            ends[number.expect("a caller of ours") as usize] += 1;
        }
    }
    assert_eq!(ends, [1; 2_000]);
    let refused = log.iter().filter(|(_, event)| *event == refused("486")).count();
    assert!((140..=260).contains(&refused), "{refused}");
    assert_eq!(many(), log);
}
