//! The SMPP carrier: binds, submits, receipts, every behaviour, and what a kill leaves.

use crate::carrier_site::{ACCOUNT, PATIENCE, SECRET, Site, both};
use futures::FutureExt;
use serde_json::json;
use squall_model::stack::CarrierProtocol::Smpp;
use squall_model::token;
use squall_platform::time::{Instant, timeout};
use squall_wire::smpp::pdus::{QuerySm, SubmitSm};
use squall_wire::smpp::values::{MessageState, RegisteredDelivery};
use squall_wire::smpp::{
    Bind, BindError, BindMode, Client, Concatenation, Deliveries, Pdu, Receipt, SubmitError,
    c_string, long, plain, short_message, time_string,
};
use std::time::Duration;

fn how(mode: BindMode) -> Bind {
    Bind { mode, ..Bind::transceiver(ACCOUNT, SECRET) }
}

async fn bound(site: &Site) -> (Client, Deliveries) {
    let bind = how(BindMode::Transceiver);
    Client::bind(&site.node, &site.address("smpp"), &bind).await.expect("binds")
}

fn blank() -> SubmitSm {
    SubmitSm::builder()
        .esm_class(plain())
        .source_addr(c_string("SQUALL").expect("fits"))
        .destination_addr(c_string("+620012345678").expect("fits"))
        .registered_delivery(RegisteredDelivery::from(1))
        .build()
}

fn message(number: u64) -> SubmitSm {
    let text = format!("code {}", token::encode(number));
    blank().with_short_message(short_message(text.into_bytes()).expect("short"))
}

async fn receipt(deliveries: &mut Deliveries) -> Receipt {
    let delivery = timeout(PATIENCE, deliveries.next()).await.expect("in time").expect("open");
    let receipt = Receipt::from_deliver_sm(&delivery.sm).expect("a receipt");
    delivery.accept();
    receipt
}

async fn no_receipt(deliveries: &mut Deliveries) {
    let silence = timeout(Duration::from_millis(300), deliveries.next()).await;
    assert!(silence.is_err(), "{silence:?}");
}

#[test]
fn a_submit_is_logged_answered_and_receipted() {
    both(Smpp, |site| {
        async move {
            let (client, mut deliveries) = bound(&site).await;
            let id = client.submit(message(17)).await.expect("accepted");
            assert_eq!(site.log().await, [(Some(17), json!("delivered"))]);
            let receipt = receipt(&mut deliveries).await;
            assert_eq!((receipt.message_id, receipt.state), (id.clone(), MessageState::Delivered));
            assert_eq!(receipt.text, format!("code {}", token::encode(17))[..17]);
            let query = QuerySm { message_id: c_string(&id).expect("fits"), ..QuerySm::default() };
            let answer = client.request(query.into()).await.expect("known");
            let Some(Pdu::QuerySmResp(resp)) = answer.pdu() else { panic!("{answer:?}") };
            assert_eq!(resp.message_state, MessageState::Delivered);
            let query = QuerySm { message_id: c_string("99").expect("fits"), ..QuerySm::default() };
            assert_eq!(client.request(query.into()).await, Err(SubmitError::Refused(0x67)));
            client.unbind().await;
            assert!(matches!(client.submit(message(1)).await, Err(SubmitError::NotSent(_))));
        }
        .boxed()
    });
}

#[test]
fn binds_are_checked() {
    both(Smpp, |site| {
        async move {
            let bind = |id: &str, password: &str| Bind::transceiver(id, password);
            for (bind, status) in [(bind("x", SECRET), 0x0F), (bind(ACCOUNT, "x"), 0x0E)] {
                let refused = Client::bind(&site.node, &site.address("smpp"), &bind).await;
                let Err(BindError::Refused(code)) = refused else { panic!("{refused:?}") };
                assert_eq!(code, status);
            }
            let bind = how(BindMode::Receiver);
            let (receiver, _) =
                Client::bind(&site.node, &site.address("smpp"), &bind).await.expect("binds");
            assert_eq!(receiver.submit(message(1)).await, Err(SubmitError::Refused(0x04)));
            receiver.enquire_link().await.expect("answered");
            assert_eq!(site.log().await, []);
        }
        .boxed()
    });
}

#[test]
fn receipts_wait_for_any_receiver_and_come_again_until_acknowledged() {
    both(Smpp, |site| {
        async move {
            let bind = how(BindMode::Transmitter);
            let (sender, _) =
                Client::bind(&site.node, &site.address("smpp"), &bind).await.expect("binds");
            let id = sender.submit(message(1)).await.expect("accepted");
            for _ in 0..2 {
                let (client, mut deliveries) = bound(&site).await;
                let delivery = timeout(PATIENCE, deliveries.next()).await.expect("in time");
                let receipt = Receipt::from_deliver_sm(&delivery.expect("open").sm);
                assert_eq!(receipt.map(|r| r.message_id).as_deref(), Some(id.as_str()));
                // Gone without an answer.
                drop(client);
            }
            let (_client, mut deliveries) = bound(&site).await;
            assert_eq!(receipt(&mut deliveries).await.message_id, id);
            no_receipt(&mut deliveries).await;
        }
        .boxed()
    });
}

#[test]
fn long_messages_are_put_together() {
    both(Smpp, |site| {
        async move {
            let (client, mut deliveries) = bound(&site).await;
            let ways = [Concatenation::Udh8(1), Concatenation::Udh16(2), Concatenation::Sar(3)];
            for (number, how) in (1..).zip(ways) {
                // The token lies across the seam.
                let text =
                    format!("{}{}", "x".repeat(146), token::encode(number)) + &"y".repeat(60);
                for sm in long::split(&blank(), &text, how).expect("splits") {
                    client.submit(sm).await.expect("accepted");
                    receipt(&mut deliveries).await;
                }
            }
            let log = site.log().await;
            assert_eq!(log.len(), 6);
            for (number, pair) in (1..).zip(log.chunks(2)) {
                assert_eq!(pair, [(None, json!("part")), (Some(number), json!("delivered"))]);
            }
        }
        .boxed()
    });
}

#[test]
fn refusing_behaviours_answer_their_codes() {
    both(Smpp, |site| {
        async move {
            let (client, mut deliveries) = bound(&site).await;
            for (behaviour, status) in [
                (r#"{"kind":"throttle"}"#, 0x58),
                (r#"{"kind":"refuse","answer":"queue full","share":1.0}"#, 0x14),
                (r#"{"kind":"refuse","answer":"0x45","share":1.0}"#, 0x45),
                (r#"{"kind":"refuse","answer":"1025","share":1.0}"#, 0x401),
            ] {
                site.behave("b", behaviour).await;
                let refused = client.submit(message(status.into())).await;
                assert_eq!(refused, Err(SubmitError::Refused(status)));
                assert_eq!(site.draws("b").await, (1, 1));
            }
            site.calm("b").await;
            client.submit(message(1)).await.expect("accepted");
            receipt(&mut deliveries).await;
            let refused = |code: &str| json!({ "refused": code });
            assert_eq!(
                site.log().await,
                [
                    (Some(0x58), refused("0x58")),
                    (Some(0x14), refused("0x14")),
                    (Some(0x45), refused("0x45")),
                    (Some(0x401), refused("0x401")),
                    (Some(1), json!("delivered")),
                ]
            );
            let (status, _) = site
                .control(
                    http::Method::PUT,
                    "/behaviours/b",
                    r#"{"kind":"refuse","answer":"x","share":1.0}"#,
                )
                .await;
            assert_eq!(status, 400);
        }
        .boxed()
    });
}

#[test]
fn a_share_is_drawn_and_counted() {
    both(Smpp, |site| {
        async move {
            let (client, _deliveries) = bound(&site).await;
            site.behave("b", r#"{"kind":"refuse","answer":"queue full","share":0.3}"#).await;
            let mut refused = 0;
            for number in 0..400 {
                refused += u64::from(client.submit(message(number)).await.is_err());
            }
            assert_eq!(site.draws("b").await, (400, refused));
            assert!((80..=160).contains(&refused), "{refused}");
        }
        .boxed()
    });
}

#[test]
fn swallowed_and_false_messages_never_reach_a_handset() {
    both(Smpp, |site| {
        async move {
            let (client, mut deliveries) = bound(&site).await;
            site.behave("b", r#"{"kind":"swallow","share":1.0}"#).await;
            client.submit(message(1)).await.expect("accepted");
            no_receipt(&mut deliveries).await;
            site.behave("b", r#"{"kind":"receipts_false","share":1.0}"#).await;
            client.submit(message(2)).await.expect("accepted");
            assert_eq!(receipt(&mut deliveries).await.state, MessageState::Delivered);
            let swallowed = json!("swallowed");
            assert_eq!(site.log().await, [(Some(1), swallowed.clone()), (Some(2), swallowed)]);
        }
        .boxed()
    });
}

#[test]
fn receipts_are_lost_repeated_and_delayed() {
    both(Smpp, |site| {
        async move {
            let (client, mut deliveries) = bound(&site).await;
            site.behave("b", r#"{"kind":"receipts_lost","share":1.0}"#).await;
            client.submit(message(1)).await.expect("accepted");
            no_receipt(&mut deliveries).await;
            site.behave("b", r#"{"kind":"receipts_repeated","share":1.0}"#).await;
            let id = client.submit(message(2)).await.expect("accepted");
            for _ in 0..2 {
                assert_eq!(receipt(&mut deliveries).await.message_id, id);
            }
            no_receipt(&mut deliveries).await;
            site.behave("b", r#"{"kind":"receipts_delayed","delay_ms":500}"#).await;
            let sent = Instant::now();
            client.submit(message(3)).await.expect("accepted");
            receipt(&mut deliveries).await;
            assert!(sent.elapsed() >= Duration::from_millis(500), "{:?}", sent.elapsed());
            assert!(site.log().await.iter().all(|(_, event)| event == "delivered"));
        }
        .boxed()
    });
}

#[test]
fn answers_can_be_late_and_capacity_is_a_limit() {
    both(Smpp, |site| {
        async move {
            let (client, _deliveries) = bound(&site).await;
            site.behave("b", r#"{"kind":"answer_after","delay_ms":400}"#).await;
            let sent = Instant::now();
            client.submit(message(1)).await.expect("accepted");
            assert!(sent.elapsed() >= Duration::from_millis(400));
            site.behave("b", r#"{"kind":"capacity","per_second":10.0}"#).await;
            let submits = (0..30).map(|number| client.submit(message(number)));
            let answers = futures::future::join_all(submits).await;
            let taken = answers.iter().filter(|answer| answer.is_ok()).count();
            assert_eq!(taken, 10);
            assert!(answers.contains(&Err(SubmitError::Refused(0x58))));
            assert_eq!(site.draws("b").await, (30, 20));
        }
        .boxed()
    });
}

#[test]
fn a_message_past_its_validity_expires() {
    both(Smpp, |site| {
        async move {
            let (client, mut deliveries) = bound(&site).await;
            let mut sm = message(1);
            sm.validity_period = time_string("200101000000000+").expect("16 characters");
            client.submit(sm).await.expect("accepted");
            assert_eq!(receipt(&mut deliveries).await.state, MessageState::Expired);
            assert_eq!(site.log().await, [(Some(1), json!("swallowed"))]);
            let mut sm = message(2);
            sm.validity_period = time_string("000000000100000R").expect("16 characters");
            client.submit(sm).await.expect("accepted");
            assert_eq!(receipt(&mut deliveries).await.state, MessageState::Delivered);
        }
        .boxed()
    });
}

#[test]
fn log_receipts_ids_and_parts_outlive_a_kill() {
    both(Smpp, |mut site| {
        async move {
            let bind = how(BindMode::Transmitter);
            let (client, _) =
                Client::bind(&site.node, &site.address("smpp"), &bind).await.expect("binds");
            let text = "z".repeat(150) + &token::encode(9) + &"z".repeat(40);
            let parts = long::split(&blank(), &text, Concatenation::Udh8(7)).expect("splits");
            let first = client.submit(message(1)).await.expect("accepted");
            let part = client.submit(parts[0].clone()).await.expect("accepted");
            site.kill_and_raise().await;
            assert!(timeout(PATIENCE, client.closed()).await.is_ok());

            let (client, mut deliveries) = bound(&site).await;
            let mut receipts = [
                receipt(&mut deliveries).await.message_id,
                receipt(&mut deliveries).await.message_id,
            ];
            receipts.sort();
            assert_eq!(receipts, [first.clone(), part.clone()]);
            let last = client.submit(parts[1].clone()).await.expect("accepted");
            assert!(last > part && part > first);
            assert_eq!(receipt(&mut deliveries).await.message_id, last);
            let log = site.log().await;
            assert_eq!(
                log,
                [
                    (Some(1), json!("delivered")),
                    (None, json!("part")),
                    (Some(9), json!("delivered"))
                ]
            );

            // What was acknowledged is not sent again in the next life.
            site.kill_and_raise().await;
            let (_client, mut deliveries) = bound(&site).await;
            no_receipt(&mut deliveries).await;
            assert_eq!(site.log().await, log);
        }
        .boxed()
    });
}

#[test]
fn the_carriers_own_capacity_holds() {
    both(Smpp, |mut site| {
        async move {
            site.config().carriers[0].capacity = Some(5.0);
            site.kill_and_raise().await;
            let (client, _deliveries) = bound(&site).await;
            let answers =
                futures::future::join_all((0..9).map(|n| client.submit(message(n)))).await;
            assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 5);
        }
        .boxed()
    });
}

#[test]
fn the_log_tells_who_submitted_and_keeps_it_over_a_kill() {
    both(Smpp, |mut site| {
        async move {
            let long = "x".repeat(12);
            for (number, name) in (0..).zip(["gateway-1", "", "gateway-2", &long, "a b"]) {
                let bind = Bind { system_type: name.into(), ..Bind::transceiver(ACCOUNT, SECRET) };
                let (client, _) =
                    Client::bind(&site.node, &site.address("smpp"), &bind).await.expect("binds");
                client.submit(message(number)).await.expect("accepted");
            }
            let mut told =
                vec![Some("gateway-1".to_owned()), None, Some("gateway-2".into()), Some(long)];
            told.push(Some("a?b".into()));
            assert_eq!(site.ways().await, told);
            site.kill_and_raise().await;
            assert_eq!(site.ways().await, told);
            // Names of a later life follow on.
            for name in ["gateway-3", "gateway-1"] {
                let bind = Bind { system_type: name.into(), ..Bind::transceiver(ACCOUNT, SECRET) };
                let (client, _) =
                    Client::bind(&site.node, &site.address("smpp"), &bind).await.expect("binds");
                client.submit(message(9)).await.expect("accepted");
                told.push(Some(name.into()));
            }
            site.kill_and_raise().await;
            assert_eq!(site.ways().await, told);
        }
        .boxed()
    });
}
