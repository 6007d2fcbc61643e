//! What comes back on a trunk: responses to its calls' requests, keys, and calls hung up by the other
//! side.

use super::calls::{Calls, Stage};
use super::dialog::LET_GO;
use super::encode::{echo, put_response};
use super::fields;
use super::message::Message;
use super::names::{ALLOW, Method, Name};
use super::trunk::CallError;
use super::{DTMF, Incoming, key};

impl Calls {
    pub(super) fn take(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Message(message) => match (message.status(), message.method()) {
                (Some(status), _) => self.response(status, &message),
                (None, Some(method)) => {
                    let status = self.request(method, &message);
                    self.respond(&message, status);
                }
                (None, None) => {}
            },
            Incoming::Malformed { message, status, .. } => {
                if message.method().is_some_and(|method| method != Method::Ack) {
                    self.respond(&message, Some(status));
                }
            }
        }
    }

    fn response(&mut self, status: u16, message: &Message) {
        let Some(number) = self.by_branch(message.branch()) else { return };
        match message.answers() {
            Method::Invite => self.invite_answered(number, status, message),
            Method::Info | Method::Bye if status >= 200 => {
                let Some(call) = self.calls.get_mut(&number) else { return };
                let place = call.asked.iter().position(|(cseq, _)| *cseq == message.cseq());
                let Some(place) = place else { return };
                let (_, asked) = call.asked.swap_remove(place);
                let answer = if status < 300 { Ok(()) } else { Err(refused(status, message)) };
                // Nobody may be waiting any more.
                let _ = asked.send(answer);
            }
            _ => {}
        }
    }

    fn invite_answered(&mut self, number: u64, status: u16, message: &Message) {
        let Some(call) = self.calls.get_mut(&number) else { return };
        match (status, &mut call.stage) {
            (100..=199, Stage::Calling { rung, .. }) => *rung = true,
            (100..=199, Stage::Cancelled { sent: sent @ false }) => {
                *sent = true;
                self.send(number, "CANCEL", 1, "", None);
            }
            (200..=299, Stage::Calling { .. } | Stage::Cancelled { .. }) => {
                self.answered(number, message);
            }
            // It was sent again, for its ACK was late.
            (200..=299, Stage::Up | Stage::Leaving) if call.their_tag == message.to_tag() => {
                self.send(number, "ACK", 1, "", None);
            }
            (300.., Stage::Calling { .. } | Stage::Cancelled { .. }) => {
                if let Some(to) = message.get(Name::To) {
                    call.to = to.to_owned();
                }
                self.send(number, "ACK", 1, "", None);
                let Some(mut call) = self.calls.remove(&number) else { return };
                if let Some(answer) = call.end(CallError::NoAnswer) {
                    let _ = answer.send(Err(refused(status, message)));
                }
            }
            _ => {}
        }
    }

    /// A 2xx: the dialog is made (RFC 3261 section 12.1.2), and acknowledged.
    fn answered(&mut self, number: u64, message: &Message) {
        let Some(call) = self.calls.get_mut(&number) else { return };
        call.their_tag = message.to_tag().to_owned();
        call.to = message.get(Name::To).unwrap_or_default().to_owned();
        if let Some(contact) = message.get(Name::Contact) {
            call.target = fields::uri(fields::first(contact)).to_owned();
        }
        let mut routes: Vec<&str> = message.all(Name::RecordRoute).collect();
        routes.reverse();
        call.routes = routes.iter().map(|route| format!("Route: {route}\r\n")).collect();
        let waiter = match std::mem::replace(&mut call.stage, Stage::Up) {
            Stage::Calling { answer, .. } => Some(answer),
            _ => None,
        };
        self.send(number, "ACK", 1, "", None);
        let taken = waiter.is_some_and(|answer| answer.send(Ok(())).is_ok());
        if !taken {
            let _ = self.bye(number, &fields::reason(LET_GO, "cancelled"));
            self.forget(number);
        }
    }

    /// The status to answer with, if any.
    fn request(&mut self, method: Method, message: &Message) -> Option<u16> {
        let call = self.by_call_id(message.call_id()).and_then(|n| self.calls.get_mut(&n));
        let call = call.filter(|call| {
            // Before its answer a call has no dialog that anything could be within.
            let tags = (message.to_tag(), message.from_tag());
            !call.their_tag.is_empty() && (call.our_tag.as_str(), call.their_tag.as_str()) == tags
        });
        match (method, call) {
            (Method::Ack, _) => return None,
            (Method::Options, _) => return Some(200),
            (Method::Unserved, _) => return Some(405),
            (Method::Unknown, _) => return Some(501),
            // Calls are placed over this trunk from here only.
            (Method::Invite, None) if message.to_tag().is_empty() => return Some(603),
            (_, None) | (Method::Cancel, _) => return Some(481),
            (_, Some(call)) if matches!(call.stage, Stage::Over(_)) => return Some(481),
            (_, Some(call)) => {
                if call.their_cseq.is_some_and(|cseq| cseq >= message.cseq()) {
                    return Some(500);
                }
                call.their_cseq = Some(message.cseq());
                match method {
                    Method::Invite => return Some(488),
                    Method::Bye => call.end(CallError::HungUp(why(message))).map_or((), drop),
                    _ => {
                        let Some(key) = key(&message.body).filter(|_| message.is_type(DTMF)) else {
                            return Some(415);
                        };
                        let press = |keys: &tokio::sync::mpsc::Sender<char>| keys.try_send(key);
                        if call.keys.as_ref().map(press).is_none_or(|pressed| pressed.is_err()) {
                            return Some(503);
                        }
                    }
                }
            }
        }
        Some(200)
    }

    fn respond(&mut self, message: &Message, status: Option<u16>) {
        let (Some(status), Some(outbox)) = (status, &self.outbox) else { return };
        let echo = echo(message, "", "none");
        let more = match status {
            200 | 405 => format!("Allow: {ALLOW}\r\n"),
            415 => format!("Accept: {DTMF}\r\n"),
            _ => String::new(),
        };
        outbox.add(|out| {
            put_response(out, status, &echo, &more, None);
            true
        });
    }
}

fn refused(status: u16, message: &Message) -> CallError {
    CallError::Refused(status, message.subject().to_owned())
}

fn why(message: &Message) -> String {
    match message.all(Name::Reason).find_map(fields::q850) {
        Some((cause, text)) if text.is_empty() => cause.to_string(),
        Some((_, text)) => text.into_owned(),
        None => String::new(),
    }
}
