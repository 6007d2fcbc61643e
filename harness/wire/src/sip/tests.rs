//! The codec against sound, cut, strange and hostile bytes.

mod trunk;

use super::*;
use crate::sip::encode::{echo, put_line, put_request, put_response};
use bytes::BytesMut;
use proptest::prelude::*;

const INVITE: &str = "INVITE sip:+62811@net SIP/2.0\r\n\
    Via: SIP/2.0/TCP platform.invalid;branch=z9hG4bK1\r\n\
    Max-Forwards: 70\r\n\
    From: <sip:+629900000000007@platform.invalid>;tag=a\r\n\
    To: <sip:+62811@net>\r\n\
    Call-ID: 7.x@platform.invalid\r\n\
    CSeq: 1 INVITE\r\n\
    User-Agent: platform/1.0\r\n\
    Content-Length: 4\r\n\r\nbody";

fn all(bytes: &[u8]) -> Vec<Incoming> {
    let (mut decoder, mut buffer) = (Decoder::default(), BytesMut::from(bytes));
    std::iter::from_fn(|| decoder.take(&mut buffer).ok().flatten()).collect()
}

fn one(text: &str) -> Message {
    match all(text.as_bytes()).pop() {
        Some(Incoming::Message(message)) => message,
        other => panic!("{other:?}"),
    }
}

/// The status a broken request is owed, and why.
fn fault(text: &str) -> (u16, &'static str) {
    match &all(text.as_bytes())[..] {
        [Incoming::Malformed { status, why, .. }] => (*status, why),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn a_request_is_read() {
    let message = one(INVITE);
    assert_eq!((message.method(), message.status()), (Some(Method::Invite), None));
    assert_eq!(message.subject(), "sip:+62811@net");
    assert_eq!((message.call_id(), message.cseq()), ("7.x@platform.invalid", 1));
    assert_eq!((message.from_tag(), message.to_tag()), ("a", ""));
    assert_eq!((message.branch(), message.product()), ("z9hG4bK1", "platform"));
    assert_eq!(&message.body[..], b"body");
}

#[test]
fn what_was_written_is_read_again() {
    let mut out = BytesMut::new();
    let mut lines = String::new();
    for (name, value) in [("Via", "SIP/2.0/TCP a;branch=b"), ("From", "<sip:a@b>;tag=1")] {
        put_line(&mut lines, name, value);
    }
    for (name, value) in [("To", "<sip:c@d>"), ("Call-ID", "x"), ("CSeq", "9 INFO")] {
        put_line(&mut lines, name, value);
    }
    put_request(&mut out, ("INFO", "sip:c@d"), &lines, "Reason: x\r\n", Some((HEARD, b"{}")));
    let request = match all(&out).pop() {
        Some(Incoming::Message(request)) => request,
        other => panic!("{other:?}"),
    };
    assert_eq!((request.method(), request.cseq()), (Some(Method::Info), 9));
    assert_eq!((request.get(Name::ContentType), &request.body[..]), (Some(HEARD), &b"{}"[..]));
    assert_eq!(request.get(Name::Reason), Some("x"));
    let mut out = BytesMut::new();
    put_response(&mut out, 486, &echo(&request, "", "2"), "Retry-After: 1\r\n", None);
    let response = match all(&out).pop() {
        Some(Incoming::Message(response)) => response,
        other => panic!("{other:?}"),
    };
    assert_eq!((response.status(), response.subject()), (Some(486), "Busy Here"));
    assert_eq!((response.answers(), response.cseq()), (Method::Info, 9));
    assert_eq!((response.to_tag(), response.branch()), ("2", "b"));
}

#[test]
fn a_response_repeats_where_it_came_from() {
    let via = |via: &str| {
        let request = one(&INVITE.replace("SIP/2.0/TCP platform.invalid;branch=z9hG4bK1", via));
        let echo = echo(&request, "192.0.2.7:4711", "z");
        echo.lines().next().expect("a line").to_owned()
    };
    for (sent, answered) in [
        ("SIP/2.0/TCP h;branch=x", "Via: SIP/2.0/TCP h;branch=x;received=192.0.2.7"),
        ("SIP/2.0/TCP 192.0.2.7:5060;branch=x", "Via: SIP/2.0/TCP 192.0.2.7:5060;branch=x"),
        (
            "SIP/2.0/TCP 192.0.2.7;rport;branch=x",
            "Via: SIP/2.0/TCP 192.0.2.7;rport=4711;branch=x;received=192.0.2.7",
        ),
        (
            "SIP/2.0/TCP h;branch=x, SIP/2.0/UDP i;branch=y",
            "Via: SIP/2.0/TCP h;branch=x;received=192.0.2.7, SIP/2.0/UDP i;branch=y",
        ),
    ] {
        assert_eq!(via(sent), answered);
    }
    // A space of Unicode's is none of SIP's.
    assert_eq!(fault(&INVITE.replace("SIP/2.0/TCP", "\u{2003}SIP/2.0/TCP")).0, 400);
}

#[test]
fn compact_folded_and_oddly_spaced_heads_are_read() {
    let text = "\r\n\r\nBYE sip:x@y SIP/2.0\r\n\
        v  :  SIP/2.0/TCP a\r\n\t;branch = z1 ,\r\n  SIP/2.0/TCP b;branch=z2\r\n\
        f: \"Tilde \\\" <~\" <sip:a@b>\r\n ;TAG=ä1\r\n\
        TO:sip:c@d;tag=2\r\ni:\tcall\r\ncseq: 0003   BYE \r\nX-Empty:\r\nl : 0\r\n\r\n";
    let message = one(text);
    assert_eq!((message.from_tag(), message.to_tag()), ("ä1", "2"));
    assert_eq!((message.branch(), message.call_id(), message.cseq()), ("z1", "call", 3));
}

#[test]
fn broken_messages_are_owed_an_answer_that_says_so() {
    let broken = |from: &str, to: &str| {
        assert!(INVITE.contains(from), "{from}");
        fault(&INVITE.replace(from, to)).0
    };
    for (from, to) in [
        ("INVITE sip:+62811@net SIP/2.0", "INVITE  sip:+62811@net SIP/2.0"),
        ("INVITE sip:+62811@net SIP/2.0", "INVITE sip:+62811@net  SIP/2.0"),
        ("INVITE sip:+62811@net SIP/2.0", "INVITE <sip:+62811@net> SIP/2.0 "),
        ("INVITE sip:+62811@net SIP/2.0", "INVITE sip:+62811@net"),
        ("INVITE sip:+62811@net SIP/2.0", "IN{VITE sip:+62811@net SIP/2.0"),
        ("INVITE sip:+62811@net SIP/2.0", "garbage"),
        ("INVITE sip:+62811@net SIP/2.0", "SIP/2.0 2000 OK"),
        ("INVITE sip:+62811@net SIP/2.0", "SIP/3.0 200 OK"),
        ("CSeq: 1 INVITE", "CSeq: 1 BYE"),
        ("CSeq: 1 INVITE", "CSeq: 2147483648 INVITE"),
        ("CSeq: 1 INVITE", "CSeq: -1 INVITE"),
        ("CSeq: 1 INVITE", "CSeq: 1"),
        ("CSeq: 1 INVITE", "CSeq: 1 INVITE\r\nCSeq: 2 INVITE"),
        ("Call-ID: 7.x@platform.invalid\r\n", ""),
        ("Call-ID: 7.x@", "Call-ID: 7 x@"),
        ("Max-Forwards: 70", "Max-Forwards: 300"),
        ("Via: SIP/2.0/TCP", "Via: HTTP/1.1"),
        ("User-Agent: platform/1.0", "User-Agent: a\u{0}b"),
        ("User-Agent: platform/1.0", "User-Agent: a\nb"),
        ("User-Agent: platform/1.0", "User-Agent: a\rb"),
        ("User-Agent: platform/1.0", "no field at all"),
        ("User-Agent: platform/1.0", ": no name"),
        ("Content-Length: 4\r\n", ""),
        ("Content-Length: 4", "Content-Length: four"),
        ("Content-Length: 4", "Content-Length: -4"),
        ("Content-Length: 4", "Content-Length: 4\r\nl: 5"),
    ] {
        assert_eq!(broken(from, to), 400, "{to}");
    }
    assert_eq!(broken("+62811@net SIP/2.0", "+62811@net SIP/7.0"), 505);
    assert_eq!(broken("Content-Length: 4", "Content-Length: 65536"), 413);
    assert_eq!(broken("Content-Length: 4", "Content-Length: 99999999999999999999"), 413);
}

#[test]
fn after_a_broken_length_nothing_more_is_read() {
    for length in ["", "Content-Length: x\r\n", "Content-Length: 70000\r\n"] {
        let text = INVITE.replace("Content-Length: 4\r\n", length) + INVITE;
        let (mut decoder, mut buffer) = (Decoder::default(), BytesMut::from(text.as_bytes()));
        assert!(matches!(decoder.take(&mut buffer), Ok(Some(Incoming::Malformed { .. }))));
        assert!(decoder.take(&mut buffer).is_err());
    }
    let sound = INVITE.replace("CSeq: 1 INVITE", "CSeq: 1 BYE") + INVITE;
    assert!(matches!(&all(sound.as_bytes())[..], [_, Incoming::Message(_)]));
}

#[test]
fn an_endless_head_is_given_up() {
    let (mut decoder, mut buffer) = (Decoder::default(), BytesMut::new());
    let mut seen = Ok(None);
    while let Ok(None) = seen {
        assert!(buffer.len() < MAX + 2_000);
        buffer.extend_from_slice(&[b'x'; 1_000]);
        seen = decoder.take(&mut buffer);
    }
    assert_eq!(seen.map(|_| ()), Err(FramingError::TooLong));
}

proptest! {
    #[test]
    fn however_the_bytes_are_cut_the_messages_are_the_same(
        bodies in proptest::collection::vec("[a-z\r\n]{0,40}", 1..5),
        cut in 1usize..60,
    ) {
        let wire: String = bodies.iter().map(|body| {
            let length = format!("Content-Length: {}\r\n\r\n{body}\r\n", body.len());
            INVITE.replace("Content-Length: 4\r\n\r\nbody", &length)
        }).collect();
        let (mut decoder, mut buffer, mut seen) = (Decoder::default(), BytesMut::new(), Vec::new());
        for piece in wire.as_bytes().chunks(cut) {
            buffer.extend_from_slice(piece);
            while let Some(incoming) = decoder.take(&mut buffer).expect("sound") {
                let Incoming::Message(message) = incoming else { panic!("{incoming:?}") };
                seen.push(String::from_utf8(message.body.to_vec()).expect("text"));
            }
        }
        prop_assert_eq!(seen, bodies);
    }

    /// A sound message with a few octets changed, cut out or doubled: the codec says what it is or
    /// ends, and what it hands out can be asked anything and answered.
    #[test]
    fn no_bytes_break_it(
        changes in proptest::collection::vec((0usize..400, any::<u8>(), 0u8..3), 1..12),
        noise in proptest::collection::vec(any::<u8>(), 0..300),
        sound in any::<bool>(),
    ) {
        let mut bytes = if sound { INVITE.as_bytes().to_vec() } else { noise };
        for (at, byte, how) in changes {
            let at = at % bytes.len().max(1);
            match how {
                _ if bytes.is_empty() => {}
                0 => bytes[at] = byte,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, byte),
            }
        }
        for incoming in all(&bytes) {
            let (Incoming::Message(message) | Incoming::Malformed { message, .. }) = incoming;
            let _ = (message.branch(), message.from_tag(), message.answers(), message.product());
            let mut out = BytesMut::new();
            put_response(&mut out, 400, &echo(&message, "[::1]:5060", "t"), "", None);
            prop_assert!(out.len() < 3 * MAX);
        }
    }
}
