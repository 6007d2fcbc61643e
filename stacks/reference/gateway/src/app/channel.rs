//! The two ways to a handset: an SMS through the edge, a call through the voice vendor. Each hands
//! over, and then waits for the final status that is posted to the application's `callback` port.

use super::tuning::Tuning;
use super::{App, End};
use crate::message::{Envelope, Sid, show};
use http::StatusCode;
use squall_platform::time;
use squall_wire::http::{HttpError, Request};
use squall_wire::twilio::{Create, CreateCall, call};
use std::time::Duration;
use tokio::sync::oneshot;

/// How long the status of what was handed over may take: longer than any vendor keeps a message that
/// somebody waits for.
const STATUS: Duration = Duration::from_secs(7_200);
/// Rings of a call before nobody takes it, in seconds.
const RING_S: u64 = 30;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Channel {
    Sms,
    Voice,
}

impl Channel {
    /// As it stands in the path of a callback.
    pub(super) fn word(self) -> &'static str {
        match self {
            Channel::Sms => "sms",
            Channel::Voice => "voice",
        }
    }
}

/// What became of handing a message over.
enum Handed {
    Over(oneshot::Receiver<End>),
    /// Not now; the same may be taken later.
    Refused,
    Never,
}

impl App {
    /// Brings a message by SMS, after its number was looked up.
    pub(super) async fn by_sms(&self, message: &Envelope, tuning: &Tuning) -> End {
        let mut tries = 0;
        loop {
            let handed = match self.lookups.clears(&message.to, tuning).await {
                true => self.hand_over(message, Channel::Sms).await,
                false => Handed::Refused,
            };
            match handed {
                Handed::Over(status) => return self.hear(status).await,
                Handed::Never => return End::Failed,
                Handed::Refused if !tuning.queued => return End::Failed,
                Handed::Refused if self.is_stale(message) => return End::Expired,
                Handed::Refused => {
                    tries += 1;
                    time::sleep(self.backoff(tries)).await;
                }
            }
        }
    }

    /// Has a call read the message out.
    pub(super) async fn by_voice(&self, message: &Envelope) -> End {
        self.counts.calls.inc();
        match self.hand_over(message, Channel::Voice).await {
            Handed::Over(status) => self.hear(status).await,
            Handed::Refused | Handed::Never => End::Failed,
        }
    }

    /// A status that never comes ends the message too: whoever waits for it shall not wait for ever.
    async fn hear(&self, status: oneshot::Receiver<End>) -> End {
        let heard = time::timeout(STATUS, status).await;
        heard.ok().and_then(Result::ok).unwrap_or(End::Failed)
    }

    async fn hand_over(&self, message: &Envelope, channel: Channel) -> Handed {
        let way = match channel {
            Channel::Sms => self.edge.as_ref().zip(self.sms(message)),
            Channel::Voice => self.voice.as_ref().zip(self.call(message)),
        };
        let Some((address, request)) = way else { return Handed::Never };
        // The status may come before the answer.
        let status = self.waiting.expect(message.sid, channel);
        match self.client.send(address, request, self.submit_timeout).await {
            Ok(answer) if answer.status().is_success() => Handed::Over(status),
            Ok(answer) if may_pass(answer.status()) => Handed::Refused,
            Ok(_) => Handed::Never,
            Err(HttpError::NotSent(_)) => Handed::Refused,
            // It may be on its way.
            Err(HttpError::Indeterminate(_)) => Handed::Over(status),
        }
    }

    fn sms(&self, message: &Envelope) -> Option<Request> {
        let left_us = message.valid_until_us.map(|at| at.saturating_sub(self.node.unix_us()));
        let create = Create {
            to: message.to.clone(),
            from: message.from.clone(),
            body: message.text.clone(),
            status_callback: Some(self.callback(message.sid, Channel::Sms)),
            validity_period_s: left_us.map(|us| us.div_ceil(1_000_000).max(1)),
            ..Create::default()
        };
        create.request(&self.account, &self.secret)
    }

    fn call(&self, message: &Envelope) -> Option<Request> {
        let create = CreateCall {
            to: message.to.clone(),
            from: message.from.clone(),
            twiml: call::say(&message.text),
            status_callback: Some(self.callback(message.sid, Channel::Voice)),
            timeout_s: Some(RING_S),
            ..CreateCall::default()
        };
        create.request(&self.account, &self.secret)
    }

    fn callback(&self, sid: Sid, channel: Channel) -> String {
        format!("{}/{}/{}", self.callbacks, channel.word(), show(sid))
    }
}

fn may_pass(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}
