//! Answers to what comes over the trunk.

use super::phone::{Call, Due, Stage, put_refusal};
use super::session::{Session, key};
use crate::carrier::answer::Code;
use crate::carrier::calls::Rings;
use crate::carrier::journal::Event;
use crate::carrier::verbs;
use squall_platform::rng::Draw;
use squall_platform::time::Instant;
use squall_wire::is_number;
use squall_wire::sip::encode::{echo, put_line, put_response};
use squall_wire::sip::sdp::SDP;
use squall_wire::sip::{ALLOW, HEARD, Heard, Incoming, Message, Method, Name, fields};
use std::sync::PoisonError;
use std::sync::atomic::Ordering::Relaxed;

/// Calls in progress, over all connections.
const CALLS: usize = 50_000;

/// Octets of a call's names and routes, which are kept as long as it lasts.
const LONGEST: usize = 8_000;

/// The Q.850 cause of a call that ended as it should: normal call clearing. It is that of a BYE without
/// a Reason too (RFC 3398 section 8.1).
const NORMAL: u8 = 16;

impl Session {
    pub(super) fn take(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Message(message) => match (message.status(), message.method()) {
                (Some(status), _) => self.response(status, &message),
                (None, Some(method)) => self.request_came(method, &message),
                (None, None) => {}
            },
            Incoming::Malformed { message, status, .. } => {
                if message.method().is_some_and(|method| method != Method::Ack) {
                    self.respond(&message, status);
                }
            }
        }
    }

    /// To a key that was pressed: only that the other side has no such call matters.
    fn response(&mut self, status: u16, message: &Message) {
        if status != 481 || message.answers() != Method::Info {
            return;
        }
        let place = self.by_key.get(&key(message.call_id(), message.to_tag())).copied();
        if let Some(call) = place.and_then(|place| self.remove(place)) {
            self.end(&call, Event::Dropped(Code(status.into())));
        }
    }

    fn request_came(&mut self, method: Method, message: &Message) {
        let requires = message.get(Name::Require).filter(|_| method != Method::Ack);
        if requires.is_some() && method != Method::Cancel && method != Method::Invite {
            return self.respond(message, 420);
        }
        match method {
            Method::Ack => self.acknowledge(message),
            Method::Options => self.respond(message, 200),
            Method::Unserved => self.respond(message, 405),
            Method::Unknown => self.respond(message, 501),
            Method::Invite if message.to_tag().is_empty() => self.invite(message),
            Method::Cancel => self.cancel(message),
            Method::Invite | Method::Bye | Method::Info => {
                let Some(place) = self.dialog(message) else {
                    return self.respond(message, 481);
                };
                let Some(call) = self.calls.get_mut(&place) else { return };
                if message.cseq() <= call.their_cseq {
                    return self.respond(message, 500);
                }
                call.their_cseq = message.cseq();
                match method {
                    Method::Bye => self.bye(place, message),
                    Method::Info => self.info(place, message),
                    _ => self.respond(message, 488),
                }
            }
        }
    }

    fn invite(&mut self, message: &Message) {
        let key = key(message.call_id(), message.from_tag());
        if let Some(call) = self.by_key.get(&key).and_then(|place| self.calls.get(place)) {
            let again = call.branch == message.branch() && call.cseq == message.cseq();
            // Sent again: its answer is under way. Else it came twice by two ways.
            if !again {
                self.respond(message, 482);
            }
            return;
        }
        let carrier = self.network.carrier.clone();
        let from = fields::user(fields::uri(message.get(Name::From).unwrap_or_default()));
        let fault = self.fault(message).map(|status| Code(status.into()));
        let now_us = carrier.node.unix_us();
        let placed = carrier.desk().call(now_us, (&from, message.product()), fault);
        let held = !placed.answer_after.is_zero();
        if let (Err(code), false) = (placed.result, held) {
            return self.respond(message, code.0 as u16);
        }
        put_response(&mut self.out, 100, &echo(message, &self.peer, ""), "", None);
        let number = match placed.result {
            Ok(Rings::Answered(number)) => Some(number),
            Ok(Rings::ForEver) | Err(_) => None,
        };
        let stage = Stage::Held(placed.result.map(|_| ()));
        let (place, now) = (self.next, Instant::now());
        self.next += 1;
        let call = self.call(message, number, stage, key.clone());
        self.calls.insert(place, call);
        self.by_key.insert(key, place);
        self.network.calls.fetch_add(1, Relaxed);
        if held {
            self.due.insert((now + placed.answer_after, place, Due::Begin));
        } else {
            self.ring(now, place);
        }
    }

    /// What speaks against a call whatever the behaviours say.
    fn fault(&self, message: &Message) -> Option<u16> {
        let uri = message.subject();
        let to = fields::user(uri);
        let kept =
            [Name::From, Name::To, Name::Via, Name::RecordRoute, Name::Contact, Name::CallId];
        let kept: usize = kept.iter().flat_map(|name| message.all(*name)).map(str::len).sum();
        match () {
            () if message.get(Name::Require).is_some() => Some(420),
            () if !fields::is_dialable(uri) => Some(416),
            () if !is_number(&to) => Some(404),
            () if !message.body.is_empty() && !message.is_type(SDP) => Some(415),
            () if message.get(Name::Contact).is_none() => Some(400),
            () if kept + uri.len() > LONGEST => Some(513),
            () if self.network.calls.load(Relaxed) >= CALLS => Some(503),
            () => None,
        }
    }

    fn call(&self, message: &Message, number: Option<u64>, stage: Stage, key: String) -> Call {
        let mut tags = self.network.tags.lock().unwrap_or_else(PoisonError::into_inner);
        let our_tag = format!("{:016x}", tags.random::<u64>());
        let field = |name: Name| message.get(name).unwrap_or_default();
        let mut lines = String::with_capacity(300);
        put_line(&mut lines, "From", &format!("{};tag={our_tag}", field(Name::To)));
        put_line(&mut lines, "To", field(Name::From));
        put_line(&mut lines, "Call-ID", message.call_id());
        for route in message.all(Name::RecordRoute) {
            put_line(&mut lines, "Route", route);
        }
        // Back by the way the call came: through a link, where one lies between.
        let uri = message.subject().split([';', '?']).next().filter(|uri| !is_tel(uri));
        let contact = uri.map_or_else(
            || format!("sip:{}.invalid", self.network.carrier.node.name()),
            str::to_owned,
        );
        Call {
            number,
            stage,
            key,
            branch: message.branch().to_owned(),
            cseq: message.cseq(),
            echo: echo(message, &self.peer, &our_tag),
            contact: format!("<{contact};transport=tcp>"),
            lines,
            target: fields::uri(fields::first(field(Name::Contact))).to_owned(),
            our_tag,
            our_cseq: 0,
            their_cseq: message.cseq(),
        }
    }

    fn acknowledge(&mut self, message: &Message) {
        let place = self.dialog(message);
        let Some(call) = place.and_then(|place| self.calls.get_mut(&place)) else { return };
        if let Stage::Answered { acknowledged, .. } = &mut call.stage
            && call.cseq == message.cseq()
        {
            *acknowledged = true;
        }
    }

    /// A call that is not answered yet ends with 487; one that is goes on.
    fn cancel(&mut self, message: &Message) {
        let place = self.by_key.get(&key(message.call_id(), message.from_tag())).copied();
        let found = place
            .and_then(|place| self.calls.get(&place))
            .filter(|call| call.branch == message.branch() && call.cseq == message.cseq());
        let (Some(place), Some(call)) = (place, found) else {
            return self.respond(message, 481);
        };
        let answered = matches!(call.stage, Stage::Answered { .. });
        self.respond(message, 200);
        if !answered {
            self.terminate(place);
        }
    }

    fn terminate(&mut self, place: u64) {
        self.final_response(place, 487);
        if let Some(call) = self.remove(place) {
            self.end(&call, Event::Refused(Code(487)));
        }
    }

    fn bye(&mut self, place: u64, message: &Message) {
        self.respond(message, 200);
        let answered = |call: &Call| matches!(call.stage, Stage::Answered { .. });
        if !self.calls.get(&place).is_some_and(answered) {
            return self.terminate(place);
        }
        let reason = message.all(Name::Reason).find_map(fields::q850);
        let end = match reason {
            // A reason that nobody here can read is not the usual one.
            None if message.get(Name::Reason).is_some() => Event::Dropped(verbs::code("other")),
            None | Some((NORMAL, _)) => Event::Delivered,
            Some((cause, text)) => match text.parse::<u32>() {
                Ok(_) => Event::Dropped(verbs::code(&text)),
                Err(_) => Event::Dropped(Code(cause.into())),
            },
        };
        if let Some(call) = self.remove(place) {
            self.end(&call, end);
        }
    }

    fn info(&mut self, place: u64, message: &Message) {
        if !message.is_type(HEARD) {
            return self.respond(message, 415);
        }
        let Ok(heard) = serde_json::from_slice::<Heard>(&message.body) else {
            return self.respond(message, 400);
        };
        let number = self.calls.get(&place).and_then(|call| call.number);
        let carrier = &self.network.carrier;
        if let Some(number) = number {
            let now_us = carrier.node.unix_us();
            carrier.desk().heard(now_us, number, &heard.verb, heard.code.as_deref());
        }
        self.respond(message, 200);
    }

    /// The call whose dialog a request is within.
    fn dialog(&self, message: &Message) -> Option<u64> {
        let place = *self.by_key.get(&key(message.call_id(), message.from_tag()))?;
        (self.calls.get(&place)?.our_tag == message.to_tag()).then_some(place)
    }

    fn respond(&mut self, message: &Message, status: u16) {
        let echo = echo(message, &self.peer, "none");
        let mut more = String::new();
        match status {
            200 if message.method() == Some(Method::Options) => {
                put_line(&mut more, "Allow", ALLOW);
                put_line(&mut more, "Accept", &[SDP, HEARD].join(", "));
            }
            405 => put_line(&mut more, "Allow", ALLOW),
            415 => put_line(&mut more, "Accept", &[SDP, HEARD].join(", ")),
            420 => put_line(&mut more, "Unsupported", message.get(Name::Require).unwrap_or("")),
            _ => return put_refusal(&mut self.out, status, &echo),
        }
        put_response(&mut self.out, status, &echo, &more, None);
    }
}

fn is_tel(uri: &str) -> bool {
    uri.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("tel:"))
}
