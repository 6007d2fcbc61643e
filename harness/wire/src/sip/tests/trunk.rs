//! The calling side against another side that is played by hand.

use crate::outbox::Outbox;
use crate::sip::connection::{self, Reader};
use crate::sip::encode::{echo, put_line, put_request, put_response};
use crate::sip::{CallError, DTMF, Dialog, Heard, Incoming, Message, Method, Name, Trunk, dtmf};
use squall_platform::sim::World;
use squall_platform::time::{Instant, sleep, timeout};
use squall_platform::{Listener, Node};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(5);
const RECONNECT: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(60);

/// The other side's end of the connection.
struct Far {
    reader: Reader,
    outbox: Outbox,
}

impl Far {
    async fn accept(node: &Node, listener: &mut Listener) -> Far {
        let (reader, outbox) = connection::open(node, listener.accept().await.expect("accepts"));
        Far { reader, outbox }
    }

    async fn next(&mut self) -> Message {
        match timeout(LONG, self.reader.next()).await.expect("in time").expect("sound") {
            Some(Incoming::Message(message)) => message,
            other => panic!("{other:?}"),
        }
    }

    async fn expect(&mut self, method: Method) -> Message {
        let message = self.next().await;
        assert_eq!(message.method(), Some(method), "{message:?}");
        message
    }

    async fn nothing(&mut self) {
        let silence = timeout(LONG, self.reader.next()).await;
        assert!(silence.is_err(), "{silence:?}");
    }

    fn answer(&self, request: &Message, status: u16) {
        let mut more = String::new();
        put_line(&mut more, "Contact", "<sip:phone@far.invalid;x=y>");
        if request.method() == Some(Method::Invite) {
            more.push_str("Record-Route: <sip:1;lr>\r\nRecord-Route: <sip:2;lr>\r\n");
        }
        self.outbox.add(|out| {
            put_response(out, status, &echo(request, "", "far"), &more, None);
            true
        });
        self.outbox.flush();
    }

    /// A request within the dialog of `invite`.
    fn ask(&self, invite: &Message, method: &str, cseq: u32, more: &str, key: &str) {
        let mut lines = String::new();
        let value = |name: Name| invite.get(name).unwrap_or_default();
        put_line(&mut lines, "Via", &format!("SIP/2.0/TCP far;branch=z9hG4bK{cseq}"));
        put_line(&mut lines, "From", &format!("{};tag=far", value(Name::To)));
        put_line(&mut lines, "To", value(Name::From));
        put_line(&mut lines, "Call-ID", invite.call_id());
        put_line(&mut lines, "CSeq", &format!("{cseq} {method}"));
        let body = dtmf(key.chars().next().unwrap_or('?'));
        let body = (!key.is_empty()).then_some((DTMF, body.as_bytes()));
        self.outbox.add(|out| {
            put_request(out, (method, "sip:x"), &lines, more, body);
            true
        });
        self.outbox.flush();
    }
}

/// Plays `test` with a trunk whose connection stands, and its other end.
fn between<F: Future<Output = ()>>(test: impl FnOnce(Trunk, Far) -> F) {
    World::run(1, 0, |world| async move {
        let node = world.node("far");
        let mut listener = node.bind("0.0.0.0:5060").await.expect("binds");
        let address = "far:5060".to_owned();
        let near = world.node("near");
        let trunk = Trunk::open(&near, address, "near 1".into(), RECONNECT, PATIENCE);
        let far = Far::accept(&node, &mut listener).await;
        while !trunk.is_up() {
            sleep(Duration::from_millis(1)).await;
        }
        test(trunk, far).await;
    });
}

fn place(trunk: &Trunk, ring: Duration) -> impl Future<Output = Result<Dialog, CallError>> {
    let trunk = trunk.clone();
    async move { trunk.call("+1 \"a\"", "+62811", ring).await }
}

/// A call that is answered, its other end and its INVITE.
async fn talk(trunk: &Trunk, far: &mut Far) -> (Dialog, Message) {
    let answer = async {
        let invite = far.expect(Method::Invite).await;
        far.answer(&invite, 180);
        far.answer(&invite, 200);
        far.expect(Method::Ack).await;
        invite
    };
    let (dialog, invite) = tokio::join!(place(trunk, LONG), answer);
    (dialog.expect("answered"), invite)
}

fn say() -> Heard {
    Heard { verb: "say".into(), ..Heard::default() }
}

#[test]
fn an_answered_call_is_acknowledged_and_its_requests_go_where_the_answer_says() {
    between(async |trunk, mut far| {
        let script = async {
            let invite = far.expect(Method::Invite).await;
            assert_eq!(invite.subject(), "sip:+62811@far:5060;user=phone");
            assert!(invite.get(Name::From).expect("from").starts_with("<sip:+1%20%22a%22@"));
            assert_eq!(invite.product(), "near1");
            assert_eq!(invite.get(Name::MaxForwards), Some("70"));
            far.answer(&invite, 100);
            far.answer(&invite, 180);
            far.answer(&invite, 200);
            let ack = far.expect(Method::Ack).await;
            assert_eq!((ack.to_tag(), ack.cseq()), ("far", 1));
            assert_ne!(ack.branch(), invite.branch());
            // Its ACK was lost.
            far.answer(&invite, 200);
            let info = far.expect(Method::Info).await;
            far.expect(Method::Ack).await;
            assert_eq!(info.subject(), "sip:phone@far.invalid;x=y");
            assert_eq!((info.cseq(), info.from_tag()), (2, invite.from_tag()));
            assert!(format!("{info:?}").contains("Route: <sip:2;lr>\\r\\nRoute: <sip:1;lr>"));
            assert_eq!(&info.body[..], br#"{"verb":"say"}"#);
            far.answer(&info, 100);
            far.answer(&info, 200);
            let bye = far.expect(Method::Bye).await;
            assert_eq!(bye.cseq(), 3);
            assert_eq!(bye.get(Name::Reason), Some(r#"Q.850;cause=41;text="a\"b""#));
            far.answer(&bye, 200);
            far.nothing().await;
        };
        let call = async {
            let dialog = place(&trunk, LONG).await.expect("answered");
            dialog.heard(&say()).await.expect("taken");
            dialog.hang_up(41, "a\"b").await.expect("taken");
        };
        tokio::join!(script, call);
    });
}

#[test]
fn a_refusal_is_acknowledged_with_the_invites_branch() {
    between(async |trunk, mut far| {
        let script = async {
            let invite = far.expect(Method::Invite).await;
            far.answer(&invite, 486);
            let ack = far.expect(Method::Ack).await;
            assert_eq!((ack.branch(), ack.to_tag()), (invite.branch(), "far"));
            // What comes too late is nobody's.
            far.answer(&invite, 200);
            far.nothing().await;
        };
        let (answer, ()) = tokio::join!(place(&trunk, LONG), script);
        let busy = CallError::Refused(486, "Busy Here".into());
        assert_eq!(answer.expect_err("refused"), busy);
    });
}

#[test]
fn silence_and_ringing_are_told_apart_and_a_late_ring_is_cancelled() {
    between(async |trunk, mut far| {
        let begun = Instant::now();
        let answer = place(&trunk, LONG).await.expect_err("silence");
        assert!(matches!(answer, CallError::Broken(_)), "{answer:?}");
        assert_eq!(begun.elapsed(), PATIENCE);
        let invite = far.expect(Method::Invite).await;
        far.nothing().await;
        // Only now may it be cancelled (RFC 3261 section 9.1).
        far.answer(&invite, 180);
        let cancel = far.expect(Method::Cancel).await;
        assert_eq!((cancel.branch(), cancel.cseq()), (invite.branch(), 1));
        far.answer(&invite, 180);
        far.answer(&cancel, 200);
        far.answer(&invite, 487);
        far.expect(Method::Ack).await;
        let rings = async {
            let invite = far.expect(Method::Invite).await;
            far.answer(&invite, 180);
            invite
        };
        let ring = Duration::from_secs(10);
        let (answer, invite) = tokio::join!(place(&trunk, ring), rings);
        assert_eq!(answer.expect_err("not answered"), CallError::NoAnswer);
        far.expect(Method::Cancel).await;
        // Answered in that very instant: acknowledged, and hung up.
        far.answer(&invite, 200);
        far.expect(Method::Ack).await;
        let bye = far.expect(Method::Bye).await;
        assert_eq!(bye.to_tag(), "far");
        let reason = bye.get(Name::Reason).expect("a reason");
        assert!(reason.contains("cause=31"), "nobody heard the call to its end: {reason}");
    });
}

#[test]
fn the_other_side_presses_keys_and_hangs_up() {
    between(async |trunk, mut far| {
        let (mut dialog, invite) = talk(&trunk, &mut far).await;
        far.ask(&invite, "INFO", 10, "", "#");
        assert_eq!(far.next().await.status(), Some(200));
        far.ask(&invite, "INFO", 10, "", "1");
        assert_eq!(far.next().await.status(), Some(500));
        far.ask(&invite, "INFO", 11, "", "x");
        assert_eq!(far.next().await.status(), Some(415));
        far.ask(&invite, "INVITE", 12, "", "");
        assert_eq!(far.next().await.status(), Some(488));
        for key in 0..32 {
            far.ask(&invite, "INFO", 13 + key, "", "1");
            // One is waiting already.
            assert_eq!(far.next().await.status(), Some(if key < 31 { 200 } else { 503 }));
        }
        far.ask(&invite, "BYE", 50, "Reason: Q.850;cause=102;text=\"no ACK\"\r\n", "");
        assert_eq!(far.next().await.status(), Some(200));
        far.ask(&invite, "BYE", 51, "", "");
        assert_eq!(far.next().await.status(), Some(481));
        assert_eq!(dialog.key().await, Ok('#'));
        for _ in 0..31 {
            assert_eq!(dialog.key().await, Ok('1'));
        }
        let over = CallError::HungUp("no ACK".into());
        assert_eq!(dialog.key().await, Err(over.clone()));
        assert_eq!(dialog.heard(&say()).await, Err(over.clone()));
        assert_eq!(dialog.hang_up(16, "").await, Err(over));
        far.nothing().await;
    });
}

#[test]
fn a_request_without_an_answer_is_given_up_and_a_dialog_let_go_of_is_hung_up() {
    between(async |trunk, mut far| {
        let (dialog, _) = talk(&trunk, &mut far).await;
        let begun = Instant::now();
        let answer = dialog.heard(&say()).await;
        assert!(matches!(answer, Err(CallError::Broken(_))), "{answer:?}");
        assert_eq!(begun.elapsed(), PATIENCE);
        let info = far.expect(Method::Info).await;
        let refused = async {
            let info = far.expect(Method::Info).await;
            far.answer(&info, 481);
        };
        let say = say();
        let (answer, ()) = tokio::join!(dialog.heard(&say), refused);
        assert!(matches!(answer, Err(CallError::Refused(481, _))), "{answer:?}");
        // The answer to the first one, now.
        far.answer(&info, 200);
        drop(dialog);
        let bye = far.expect(Method::Bye).await;
        assert!(bye.get(Name::Reason).expect("a reason").contains("cause=31"));
        drop(trunk);
        assert!(matches!(far.reader.next().await, Ok(None)));
    });
}

#[test]
fn calls_from_the_other_side_and_nonsense_are_answered() {
    between(async |trunk, mut far| {
        let (_dialog, invite) = talk(&trunk, &mut far).await;
        let request = |method: &str, call_id: &str, to: &str| {
            format!(
                "{method} sip:x SIP/2.0\r\nVia: SIP/2.0/TCP far;branch=z9hG4bKq\r\n\
                From: <sip:far>;tag=far\r\nTo: <sip:near>{to}\r\nCall-ID: {call_id}\r\n\
                CSeq: 90 {method}\r\nContent-Length: 0\r\n\r\n"
            )
        };
        let ours = invite.call_id().to_owned();
        let tag = format!(";tag={}", invite.from_tag());
        for (text, status) in [
            (request("OPTIONS", "q", ""), 200),
            (request("INVITE", "q", ""), 603),
            (request("REGISTER", "q", ""), 405),
            (request("SING", "q", ""), 501),
            (request("BYE", "q", ";tag=x"), 481),
            (request("BYE", &ours, ";tag=x"), 481),
            (request("CANCEL", &ours, &tag), 481),
            (request("BYE", &ours, &tag).replace("90 BYE", "90 INFO"), 400),
            (request("BYE", &ours, &tag).replace("SIP/2.0\r\nVia", "SIP/3.0\r\nVia"), 505),
            (request("BYE", &ours, &tag), 200),
        ] {
            far.outbox.add(|out| {
                out.extend_from_slice(text.as_bytes());
                true
            });
            far.outbox.flush();
            assert_eq!(far.next().await.status(), Some(status), "{text}");
        }
    });
}

#[test]
fn what_breaks_the_connection_breaks_every_call() {
    between(async |trunk, mut far| {
        let (mut dialog, _) = talk(&trunk, &mut far).await;
        let ringing = place(&trunk, LONG);
        let broken = async {
            far.expect(Method::Invite).await;
            drop(far);
        };
        let (answer, ()) = tokio::join!(ringing, broken);
        assert!(matches!(answer, Err(CallError::Broken(_))), "{answer:?}");
        let answer = timeout(LONG, dialog.key()).await.expect("told");
        assert!(matches!(answer, Err(CallError::Broken(_))), "{answer:?}");
        assert!(!trunk.is_up());
        let answer = place(&trunk, LONG).await;
        assert!(matches!(answer, Err(CallError::Broken(_))), "{answer:?}");
    });
}
