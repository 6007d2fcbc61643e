//! The calls of one trunk and what is asked within them: plain state behind the trunk's lock. What
//! comes back is worked off in [`super::incoming`].
//!
//! A call is known by its number, which stands in its Call-ID and in the branch of each of its
//! transactions; so an answer needs no search. Over TCP nothing is sent twice (RFC 3261 section 17).

use super::dialog::LET_GO;
use super::encode::{Body, put_line, put_request};
use super::fields;
use super::sdp::{INACTIVE, SDP};
use super::trunk::CallError;
use crate::outbox::Outbox;
use bytes::BytesMut;
use squall_platform::time::Instant;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Keys that are kept while nobody asks for them.
const KEYS: usize = 32;

/// How long a cancelled call may stay without its final response (64 × T1, RFC 3261 section 9.1).
const CANCELLED: Duration = Duration::from_secs(32);

pub(super) type Answer = oneshot::Receiver<Result<(), CallError>>;
type Asked = oneshot::Sender<Result<(), CallError>>;

#[derive(Debug)]
pub(super) struct Calls {
    me: String,
    /// Host and port of the other side, as its URIs name it.
    there: String,
    /// Unlike that of any other trunk.
    prefix: String,
    pub outbox: Option<Outbox>,
    next: u64,
    pub calls: BTreeMap<u64, Call>,
    cancelled: VecDeque<(Instant, u64)>,
}

#[derive(Debug)]
pub(super) struct Call {
    pub stage: Stage,
    /// What requests within the dialog are sent to.
    pub target: String,
    /// From with our tag, To with theirs once it is known.
    from: String,
    pub to: String,
    pub routes: String,
    pub our_tag: String,
    pub their_tag: String,
    cseq: u32,
    pub their_cseq: Option<u32>,
    pub asked: Vec<(u32, Asked)>,
    pub keys: Option<mpsc::Sender<char>>,
}

#[derive(Debug)]
pub(super) enum Stage {
    /// Not answered; `rung` after any response.
    Calling {
        rung: bool,
        answer: Asked,
    },
    /// Nobody waits for an answer any more. A CANCEL may go out only after a response has come.
    Cancelled {
        sent: bool,
    },
    Up,
    /// A BYE is under way.
    Leaving,
    Over(CallError),
}

/// A call that was placed.
#[derive(Debug)]
pub(super) struct Ring {
    pub number: u64,
    pub keys: mpsc::Receiver<char>,
    pub answer: Answer,
}

impl Calls {
    pub(super) fn new(me: &str, there: &str, prefix: String) -> Calls {
        let known = |c: &char| c.is_ascii_alphanumeric() || "-_.".contains(*c);
        let me: String = me.chars().filter(known).collect();
        let there = there.to_owned();
        let calls = BTreeMap::new();
        Calls { me, there, prefix, outbox: None, next: 1, calls, cancelled: VecDeque::new() }
    }

    pub(super) fn is_up(&self) -> bool {
        self.outbox.as_ref().is_some_and(|outbox| !outbox.is_over())
    }

    pub(super) fn outbox(&self) -> Option<Outbox> {
        self.outbox.clone()
    }

    pub(super) fn came_up(&mut self, outbox: Outbox) {
        self.outbox = Some(outbox);
    }

    /// Every call ends with its connection.
    pub(super) fn went_down(&mut self, why: &str) {
        self.outbox = None;
        let error = CallError::Broken(why.to_owned());
        for (number, mut call) in std::mem::take(&mut self.calls) {
            match call.end(error.clone()) {
                Some(answer) => drop(answer.send(Err(error.clone()))),
                None if matches!(call.stage, Stage::Cancelled { .. }) => {}
                None => drop(self.calls.insert(number, call)),
            }
        }
    }

    /// Sends an INVITE.
    pub(super) fn place(&mut self, from: &str, to: &str) -> Result<Ring, CallError> {
        self.forget_cancelled();
        let number = self.next;
        self.next += 1;
        let (tell, answer) = oneshot::channel();
        let (press, keys) = mpsc::channel(KEYS);
        let target = format!("sip:{}@{};user=phone", fields::escape(to), self.there);
        let our_tag = format!("{}{number:x}", self.prefix);
        let caller = fields::escape(from);
        let call = Call {
            stage: Stage::Calling { rung: false, answer: tell },
            from: format!("<sip:{caller}@{}.invalid;user=phone>;tag={our_tag}", self.me),
            to: format!("<{target}>"),
            target,
            routes: String::new(),
            our_tag,
            their_tag: String::new(),
            cseq: 1,
            their_cseq: None,
            asked: Vec::new(),
            keys: Some(press),
        };
        self.calls.insert(number, call);
        let mut more = String::new();
        put_line(&mut more, "Contact", &format!("<sip:{0}@{0}.invalid;transport=tcp>", self.me));
        put_line(&mut more, "Allow", super::ALLOW);
        let body = Some((SDP, INACTIVE.as_bytes()));
        if self.send(number, "INVITE", 1, &more, body) {
            return Ok(Ring { number, keys, answer });
        }
        self.calls.remove(&number);
        Err(CallError::Broken("not connected".into()))
    }

    pub(super) fn has_rung(&self, number: u64) -> bool {
        let stage = self.calls.get(&number).map(|call| &call.stage);
        !matches!(stage, Some(Stage::Calling { rung: false, .. }))
    }

    /// Nobody waits for the answer any more.
    pub(super) fn cancel(&mut self, number: u64) {
        let Some(call) = self.calls.get_mut(&number) else { return };
        match call.stage {
            Stage::Calling { rung, .. } => {
                call.stage = Stage::Cancelled { sent: rung };
                self.cancelled.push_back((Instant::now() + CANCELLED, number));
                if rung {
                    self.send(number, "CANCEL", 1, "", None);
                }
            }
            // Answered in this very instant.
            Stage::Up => {
                let _ = self.bye(number, &fields::reason(LET_GO, "cancelled"));
                self.forget(number);
            }
            _ => self.forget(number),
        }
    }

    /// Sends a request within a call that is up.
    pub(super) fn ask(
        &mut self,
        number: u64,
        method: &str,
        more: &str,
        body: Option<Body<'_>>,
    ) -> Result<Answer, CallError> {
        let Some(call) = self.calls.get_mut(&number) else { return Err(self.why_over(number)) };
        if !matches!(call.stage, Stage::Up) {
            return Err(self.why_over(number));
        }
        call.cseq += 1;
        let (cseq, (tell, answer)) = (call.cseq, oneshot::channel());
        // Who gave up waiting is forgotten here.
        call.asked.retain(|(_, asked)| !asked.is_closed());
        call.asked.push((cseq, tell));
        match self.send(number, method, cseq, more, body) {
            true => Ok(answer),
            false => Err(CallError::Broken("not connected".into())),
        }
    }

    /// Hangs up.
    pub(super) fn bye(&mut self, number: u64, reason: &str) -> Result<Answer, CallError> {
        let mut more = String::new();
        put_line(&mut more, "Reason", reason);
        let answer = self.ask(number, "BYE", &more, None)?;
        if let Some(call) = self.calls.get_mut(&number) {
            call.stage = Stage::Leaving;
        }
        Ok(answer)
    }

    pub(super) fn forget(&mut self, number: u64) {
        self.calls.remove(&number);
    }

    pub(super) fn why_over(&self, number: u64) -> CallError {
        match self.calls.get(&number).map(|call| &call.stage) {
            Some(Stage::Over(error)) => error.clone(),
            _ => CallError::Broken("the call is over".into()),
        }
    }

    /// False where there is no connection.
    pub(super) fn send(
        &self,
        number: u64,
        method: &str,
        cseq: u32,
        more: &str,
        body: Option<Body<'_>>,
    ) -> bool {
        let (Some(call), Some(outbox)) = (self.calls.get(&number), &self.outbox) else {
            return false;
        };
        let (me, prefix) = (&self.me, &self.prefix);
        // Of an ACK to what is no success, and of a CANCEL, the branch is the INVITE's.
        let own = if method == "ACK" && !call.their_tag.is_empty() { "a" } else { "" };
        let branch = format!("z9hG4bK{prefix}.{number:x}.{cseq:x}{own}");
        let mut lines = String::with_capacity(400);
        put_line(&mut lines, "Via", &format!("SIP/2.0/TCP {me}.invalid;branch={branch}"));
        lines.push_str("Max-Forwards: 70\r\n");
        put_line(&mut lines, "From", &call.from);
        put_line(&mut lines, "To", &call.to);
        put_line(&mut lines, "Call-ID", &format!("{number:x}.{prefix}@{me}.invalid"));
        put_line(&mut lines, "CSeq", &format!("{cseq} {method}"));
        lines.push_str(&call.routes);
        put_line(&mut lines, "User-Agent", me);
        let sent = outbox.add(|out: &mut BytesMut| {
            put_request(out, (method, &call.target), &lines, more, body);
            true
        });
        outbox.flush();
        sent
    }

    /// The call that a Call-ID of ours names.
    pub(super) fn by_call_id(&self, call_id: &str) -> Option<u64> {
        let (number, rest) = call_id.split_once('.')?;
        let ours = rest.strip_prefix(self.prefix.as_str())?.starts_with('@');
        u64::from_str_radix(number, 16).ok().filter(|_| ours)
    }

    /// The call that a branch of ours belongs to.
    pub(super) fn by_branch(&self, branch: &str) -> Option<u64> {
        let rest = branch.strip_prefix("z9hG4bK")?.strip_prefix(self.prefix.as_str())?;
        let (number, _) = rest.strip_prefix('.')?.split_once('.')?;
        u64::from_str_radix(number, 16).ok()
    }

    fn forget_cancelled(&mut self) {
        let now = Instant::now();
        while let Some((until, number)) = self.cancelled.front().copied()
            && until <= now
        {
            self.cancelled.pop_front();
            self.calls.remove(&number);
        }
    }
}

impl Call {
    /// The call is over: whoever waits for something in it is told, but for the INVITE's own waiter,
    /// who is handed back.
    pub(super) fn end(&mut self, error: CallError) -> Option<Asked> {
        self.keys = None;
        for (_, asked) in std::mem::take(&mut self.asked) {
            // Nobody may be waiting any more.
            let _ = asked.send(Err(error.clone()));
        }
        if let Stage::Cancelled { .. } | Stage::Over(_) = self.stage {
            return None;
        }
        match std::mem::replace(&mut self.stage, Stage::Over(error)) {
            Stage::Calling { answer, .. } => Some(answer),
            _ => None,
        }
    }
}
