//! A call from the phone's side: it rings, is answered, presses a key every [`KEY`], and sends its
//! answer again until that is acknowledged (RFC 3261 section 13.3.1.4).

use super::session::Session;
use crate::carrier::answer::Code;
use crate::carrier::journal::Event;
use squall_platform::time::Instant;
use squall_wire::sip::encode::{put_line, put_request, put_response};
use squall_wire::sip::sdp::{INACTIVE, SDP};
use squall_wire::sip::{ALLOW, DTMF, dtmf, fields};
use std::time::Duration;

/// Between one key and the next, from the answer on.
const KEY: Duration = Duration::from_secs(4);

/// RFC 3261's T1 and T2: an answer is sent again after T1, then at intervals that double up to T2.
const T1: Duration = Duration::from_millis(500);
const T2: Duration = Duration::from_secs(4);

/// Without an ACK for so long (64 × T1) a call is given up.
const GIVEN_UP: Duration = Duration::from_secs(32);

/// The Q.850 cause of that: recovery on timer expiry.
const TIMER: u8 = 102;

pub(super) struct Call {
    /// The desk's, where it waits for an end in the log.
    pub number: Option<u64>,
    pub stage: Stage,
    /// See [`super::session::key`].
    pub key: String,
    /// The INVITE's.
    pub branch: String,
    pub cseq: u32,
    pub our_tag: String,
    /// What every response to the INVITE repeats.
    pub echo: String,
    /// Our Contact; the other side's requests come there.
    pub contact: String,
    /// From, To, Call-ID and routes of requests from here.
    pub lines: String,
    /// Where they go.
    pub target: String,
    pub our_cseq: u32,
    pub their_cseq: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Stage {
    /// Its answer is held back; what it will be.
    Held(Result<(), Code>),
    Ringing,
    Answered {
        at: Instant,
        acknowledged: bool,
        wait: Duration,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// What was held back goes out.
    Begin,
    Answer,
    /// The answer goes out again.
    Again,
    Key,
}

impl Session {
    /// Does what is due for a call, if it still is.
    pub(super) fn act(&mut self, at: Instant, place: u64, due: Due) {
        let Some(call) = self.calls.get(&place) else { return };
        match (due, call.stage) {
            (Due::Begin, Stage::Held(Err(code))) => {
                self.final_response(place, code.0 as u16);
                self.remove(place);
            }
            (Due::Begin, Stage::Held(Ok(()))) => self.ring(at, place),
            (Due::Answer, Stage::Ringing) => self.answer(at, place),
            (Due::Again, Stage::Answered { acknowledged: false, at: since, wait }) => {
                if at >= since + GIVEN_UP {
                    return self.give_up(place);
                }
                let wait = (wait * 2).min(T2);
                self.stage(place, Stage::Answered { at: since, acknowledged: false, wait });
                self.due.insert((at + wait, place, Due::Again));
                self.final_response(place, 200);
            }
            (Due::Key, Stage::Answered { acknowledged, .. }) => {
                self.due.insert((at + KEY, place, Due::Key));
                // Before the ACK there is no dialog to press keys in.
                if acknowledged {
                    let body = dtmf('1');
                    self.request(place, "INFO", "", Some((DTMF, body.as_bytes())));
                }
            }
            _ => {}
        }
    }

    /// 180, and an answer later on where there is to be one.
    pub(super) fn ring(&mut self, now: Instant, place: u64) {
        self.stage(place, Stage::Ringing);
        let Some(call) = self.calls.get(&place) else { return };
        let mut more = String::new();
        put_line(&mut more, "Contact", &call.contact);
        put_response(&mut self.out, 180, &call.echo, &more, None);
        if call.number.is_some() {
            let rings = Duration::from_micros(self.network.carrier.desk().receipt_delay_us);
            self.due.insert((now + rings, place, Due::Answer));
        }
    }

    fn answer(&mut self, now: Instant, place: u64) {
        self.stage(place, Stage::Answered { at: now, acknowledged: false, wait: T1 });
        self.final_response(place, 200);
        self.due.insert((now + T1, place, Due::Again));
        self.due.insert((now + KEY, place, Due::Key));
    }

    /// The final response to the call's INVITE.
    pub(super) fn final_response(&mut self, place: u64, status: u16) {
        let Some(call) = self.calls.get(&place) else { return };
        let mut more = String::new();
        if status < 300 {
            put_line(&mut more, "Contact", &call.contact);
            put_line(&mut more, "Allow", ALLOW);
            let body = Some((SDP, INACTIVE.as_bytes()));
            return put_response(&mut self.out, status, &call.echo, &more, body);
        }
        put_refusal(&mut self.out, status, &call.echo);
    }

    fn give_up(&mut self, place: u64) {
        let mut more = String::new();
        put_line(&mut more, "Reason", &fields::reason(TIMER, "no ACK"));
        self.request(place, "BYE", &more, None);
        if let Some(call) = self.remove(place) {
            self.end(&call, Event::Dropped(Code(TIMER.into())));
        }
    }

    /// Sends a request of our own within the dialog.
    fn request(&mut self, place: u64, method: &str, more: &str, body: Option<(&str, &[u8])>) {
        let Some(call) = self.calls.get_mut(&place) else { return };
        call.our_cseq += 1;
        let (cseq, tag) = (call.our_cseq, &call.our_tag);
        let name = self.network.carrier.node.name();
        let mut lines = String::with_capacity(call.lines.len() + 160);
        let via = format!("SIP/2.0/TCP {name}.invalid;branch=z9hG4bK{tag}.{cseq:x}");
        put_line(&mut lines, "Via", &via);
        lines.push_str("Max-Forwards: 70\r\n");
        lines.push_str(&call.lines);
        put_line(&mut lines, "CSeq", &format!("{cseq} {method}"));
        put_line(&mut lines, "User-Agent", name);
        put_request(&mut self.out, (method, &call.target), &lines, more, body);
    }

    fn stage(&mut self, place: u64, stage: Stage) {
        if let Some(call) = self.calls.get_mut(&place) {
            call.stage = stage;
        }
    }
}

/// A final response that refuses; 503 says when to try again.
pub(super) fn put_refusal(out: &mut bytes::BytesMut, status: u16, echo: &str) {
    let more = if status == 503 { "Retry-After: 1\r\n" } else { "" };
    put_response(out, status, echo, more, None);
}
