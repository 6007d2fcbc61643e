//! The SIP carrier as a stranger's messages find it: what the RFC wants answered, and what is hostile.

use crate::carrier_site::{Site, simulated};
use bytes::BytesMut;
use serde_json::json;
use squall_model::stack::CarrierProtocol::Sip;
use squall_model::token;
use squall_platform::Stream;
use squall_platform::rng::{Draw, derive};
use squall_platform::time::{Instant, timeout};
use squall_wire::sip::{Decoder, Incoming, Message, Method, Name};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A hand on one connection.
struct Raw {
    stream: Stream,
    decoder: Decoder,
    buffer: BytesMut,
}

impl Raw {
    async fn connect(site: &Site) -> Raw {
        let stream = site.node.connect(&site.address("sip")).await.expect("connects");
        Raw { stream, decoder: Decoder::default(), buffer: BytesMut::new() }
    }

    async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.expect("written");
    }

    /// The next message; `None` at the end, or after ten minutes of silence.
    async fn next(&mut self) -> Option<Message> {
        let silence = Duration::from_secs(600);
        loop {
            match self.decoder.take(&mut self.buffer).expect("sound") {
                Some(Incoming::Message(message)) => return Some(message),
                Some(other) => panic!("{other:?}"),
                None => {}
            }
            let read = timeout(silence, self.stream.read_buf(&mut self.buffer)).await.ok()?;
            if read.ok()? == 0 {
                return None;
            }
        }
    }

    /// The status of the next message, a response.
    async fn status(&mut self) -> u16 {
        let message = self.next().await.expect("an answer");
        message.status().unwrap_or_else(|| panic!("{message:?}"))
    }

    async fn ask(&mut self, text: &str) -> u16 {
        self.send(text).await;
        self.status().await
    }
}

/// A request in call `call`, or a call's INVITE; `to_tag` is the carrier's.
fn request(method: &str, call: &str, cseq: u32, to_tag: &str, more: &str) -> String {
    let from = token::caller(7);
    let to = match to_tag {
        "" => String::new(),
        tag => format!(";tag={tag}"),
    };
    // An ACK of what was refused, and a CANCEL, share the INVITE's branch.
    format!(
        "{method} sip:+620012345678@net SIP/2.0\r\n\
        Via: SIP/2.0/TCP stranger.invalid;branch=z9hG4bK{call}{cseq}\r\n\
        From: <sip:{from}@stranger.invalid>;tag=s\r\n\
        To: <sip:+620012345678@net>{to}\r\n\
        Call-ID: {call}@stranger.invalid\r\n\
        CSeq: {cseq} {method}\r\n\
        Contact: <sip:me@stranger.invalid>\r\n\
        User-Agent: stranger/2.0\r\n\
        {more}Content-Length: 0\r\n\r\n"
    )
}

fn with_body(request: &str, kind: &str, body: &str) -> String {
    let length = format!("Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    request.replace("Content-Length: 0\r\n\r\n", &length)
}

/// Places a call and takes it to its answer; hands back the carrier's tag.
async fn answered(raw: &mut Raw, call: &str) -> String {
    assert_eq!(raw.ask(&request("INVITE", call, 1, "", "")).await, 100);
    assert_eq!(raw.status().await, 180);
    let answer = raw.next().await.expect("answered");
    assert_eq!(answer.status(), Some(200));
    assert_eq!(answer.get(Name::ContentType), Some("application/sdp"));
    assert!(answer.get(Name::Contact).expect("a contact").starts_with("<sip:+620012345678@net;"));
    let tag = answer.to_tag().to_owned();
    raw.send(&request("ACK", call, 1, &tag, "")).await;
    tag
}

#[test]
fn requests_outside_of_calls_are_answered_as_the_rfc_says() {
    simulated(Sip, async |site| {
        let mut raw = Raw::connect(&site).await;
        raw.send(&request("OPTIONS", "o", 1, "", "")).await;
        let options = raw.next().await.expect("answered");
        assert_eq!((options.status(), options.answers()), (Some(200), Method::Options));
        assert!(!options.to_tag().is_empty());
        for (method, status) in
            [("REGISTER", 405), ("SUBSCRIBE", 405), ("SING", 501), ("BYE", 481), ("CANCEL", 481)]
        {
            assert_eq!(raw.ask(&request(method, "r", 1, "", "")).await, status, "{method}");
        }
        assert_eq!(raw.ask(&request("INFO", "r", 1, "x", "")).await, 481);
        assert_eq!(raw.ask(&request("INVITE", "r", 1, "x", "")).await, 481);
        assert_eq!(raw.ask(&request("OPTIONS", "r", 1, "", "Require: magic\r\n")).await, 420);
        assert_eq!(site.log().await, []);
    });
}

#[test]
fn calls_that_cannot_be_placed_are_refused_and_logged() {
    simulated(Sip, async |site| {
        let mut raw = Raw::connect(&site).await;
        let invite = request("INVITE", "i", 1, "", "");
        let to = "INVITE sip:+620012345678@net";
        let long = format!("Record-Route: <sip:{}>\r\nContent-Length", "x".repeat(9_000));
        for (text, status) in [
            (request("INVITE", "i", 1, "", "Require: 100rel\r\n"), 420),
            (invite.replace(to, "INVITE mailto:a@b"), 416),
            (invite.replace(to, "INVITE sips:+620012345678@net"), 416),
            (invite.replace(to, "INVITE sip:operator@net"), 404),
            (with_body(&invite, "text/plain", "hello"), 415),
            (invite.replace("Contact: <sip:me@stranger.invalid>\r\n", ""), 400),
            (invite.replace("Content-Length", &long), 513),
        ] {
            assert_eq!(raw.ask(&text).await, status);
            raw.send(&request("ACK", "i", 1, "none", "")).await;
            let log = site.log().await;
            assert_eq!(log.last(), Some(&(Some(7), json!({ "refused": status.to_string() }))));
        }
        assert_eq!(raw.ask(&invite.replace(to, "INVITE tel:+620012345678")).await, 100);
    });
}

#[test]
fn a_dialog_keeps_its_order_and_its_tags() {
    simulated(Sip, async |site| {
        let mut raw = Raw::connect(&site).await;
        let invite = request("INVITE", "d", 1, "", "");
        assert_eq!(raw.ask(&invite).await, 100);
        assert_eq!(raw.status().await, 180);
        // The same once more is passed over; the same by another way is a loop.
        raw.send(&invite).await;
        assert_eq!(raw.ask(&invite.replace("branch=z9hG4bK", "branch=z9hG4bKx")).await, 482);
        let answer = raw.next().await.expect("answered");
        assert_eq!(answer.status(), Some(200));
        let tag = answer.to_tag().to_owned();
        raw.send(&request("ACK", "d", 1, &tag, "")).await;
        let say = |cseq: u32, tag: &str, body: &str| {
            let kind = "Application/vnd.squall.heard+json; charset=utf-8";
            with_body(&request("INFO", "d", cseq, tag, ""), kind, body)
        };
        assert_eq!(raw.ask(&say(2, &tag, r#"{"verb":"SAY"}"#)).await, 200);
        assert_eq!(raw.ask(&say(2, &tag, r#"{"verb":"say"}"#)).await, 500);
        assert_eq!(raw.ask(&say(3, "forged", r#"{"verb":"say"}"#)).await, 481);
        assert_eq!(raw.ask(&say(3, &tag, "{")).await, 400);
        let plain = with_body(&request("INFO", "d", 4, &tag, ""), "text/plain", "hello");
        assert_eq!(raw.ask(&plain).await, 415);
        assert_eq!(raw.ask(&request("INVITE", "d", 5, &tag, "")).await, 488);
        // Too late.
        assert_eq!(raw.ask(&request("CANCEL", "d", 1, "", "")).await, 200);
        // Another connection has no part in it.
        let mut other = Raw::connect(&site).await;
        assert_eq!(other.ask(&request("BYE", "d", 6, &tag, "")).await, 481);
        assert_eq!(raw.ask(&request("BYE", "d", 6, &tag, "")).await, 200);
        assert_eq!(raw.ask(&request("BYE", "d", 7, &tag, "")).await, 481);
        let expected = [(Some(7), json!({"verb": {"verb": "say"}})), (Some(7), json!("delivered"))];
        assert_eq!(site.log().await, expected);
        assert_eq!(site.ways().await, vec![Some("stranger".to_owned()); 2]);
    });
}

#[test]
fn an_answer_comes_again_until_it_is_acknowledged() {
    simulated(Sip, async |site| {
        let mut raw = Raw::connect(&site).await;
        assert_eq!(raw.ask(&request("INVITE", "a", 1, "", "")).await, 100);
        assert_eq!(raw.status().await, 180);
        assert_eq!(raw.status().await, 200);
        let begun = Instant::now();
        let mut at = Vec::new();
        let bye = loop {
            let message = raw.next().await.expect("something");
            match message.status() {
                Some(status) => assert_eq!(status, 200),
                None => break message,
            }
            at.push(begun.elapsed().as_millis());
        };
        assert_eq!(at[..6], [500, 1_500, 3_500, 7_500, 11_500, 15_500]);
        assert_eq!(bye.method(), Some(Method::Bye));
        assert!(bye.get(Name::Reason).expect("a reason").contains("cause=102"));
        assert!((32..37).contains(&begun.elapsed().as_secs()));
        assert_eq!(site.log().await, [(Some(7), json!({"dropped": "102"}))]);
        answered(&mut raw, "b").await;
        // Then a key is all that comes.
        assert_eq!(raw.next().await.expect("a key").method(), Some(Method::Info));
    });
}

#[test]
fn a_key_that_finds_no_call_ends_it() {
    simulated(Sip, async |site| {
        let mut raw = Raw::connect(&site).await;
        answered(&mut raw, "k").await;
        let key = raw.next().await.expect("a key");
        assert_eq!(key.subject(), "sip:me@stranger.invalid");
        assert_eq!(key.to_tag(), "s");
        let answer = request("INFO", "k", 1, "s", "");
        let (_, rest) = answer.split_once("\r\n").expect("lines");
        let answer = format!("SIP/2.0 481 Gone\r\n{rest}");
        raw.send(&answer).await;
        assert!(raw.next().await.is_none());
        assert_eq!(site.log().await, [(Some(7), json!({"dropped": "481"}))]);
    });
}

#[test]
fn a_call_hung_up_while_it_rings_is_terminated() {
    simulated(Sip, async |site| {
        site.behave("b", r#"{"kind":"answer_after","delay_ms":1000}"#).await;
        let mut raw = Raw::connect(&site).await;
        let invite = request("INVITE", "h", 1, "", "");
        assert_eq!(raw.ask(&invite).await, 100);
        let ringing = raw.next().await.expect("rings");
        let tag = ringing.to_tag();
        assert_eq!(raw.ask(&request("BYE", "h", 2, tag, "")).await, 200);
        assert_eq!(raw.status().await, 487);
        assert_eq!(site.log().await, [(Some(7), json!({"refused": "487"}))]);
        assert_eq!(raw.ask(&invite.replace("h@", "h2@")).await, 100);
        assert_eq!(raw.ask(&request("CANCEL", "h", 1, "", "").replace("h@", "h2@")).await, 200);
        assert_eq!(raw.status().await, 487);
        assert!(raw.next().await.is_none());
        assert_eq!(site.log().await.len(), 2);
    });
}

#[test]
fn sip_garbage_harms_nobody_else() {
    simulated(Sip, async |site| {
        let mut good = Raw::connect(&site).await;
        let tag = answered(&mut good, "g").await;
        let mut rng = derive(3, "fuzz", "sip");
        let sound = request("OPTIONS", "x", 1, "", "");
        for round in 0..400 {
            let mut bytes = sound.clone().into_bytes();
            if round % 4 == 0 {
                bytes = vec![0; 600];
                rng.fill(&mut bytes[..]);
            }
            for _ in 0..round % 7 {
                let at = rng.random::<u32>() as usize % bytes.len();
                bytes[at] = rng.random();
            }
            let mut stream = site.node.connect(&site.address("sip")).await.expect("connects");
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
        let mut raw = Raw::connect(&site).await;
        assert_eq!(raw.ask(&sound.replace("CSeq: 1 OPTIONS", "CSeq: 1 BYE")).await, 400);
        assert_eq!(raw.ask(&sound.replace("SIP/2.0\r\nVia", "SIP/9.0\r\nVia")).await, 505);
        // A length that cannot be ends the connection, after its answer.
        assert_eq!(raw.ask(&sound.replace("Length: 0", "Length: 99999999")).await, 413);
        assert!(raw.next().await.is_none());
        let mut raw = Raw::connect(&site).await;
        let endless = format!("OPTIONS sip:x SIP/2.0\r\nX: {}", "x".repeat(70_000));
        raw.send(&endless).await;
        assert!(raw.next().await.is_none());
        // One that stops in the middle of a message is not waited for.
        let mut raw = Raw::connect(&site).await;
        raw.send("OPTIONS sip:x").await;
        assert!(timeout(Duration::from_secs(11), raw.next()).await.expect("ended").is_none());
        assert_eq!(site.log().await, []);
        let bye = request("BYE", "g", 2, &tag, "Reason: Q.850;cause=41;text=\"11200\"\r\n");
        good.send(&bye).await;
        while good.next().await.expect("an answer").status().is_none() {}
        assert_eq!(site.log().await, [(Some(7), json!({"dropped": "11200"}))]);
    });
}
