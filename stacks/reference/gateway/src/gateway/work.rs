//! One message through the gateway: pulled from the queue, or handed over directly by the edge.
//!
//! A definite refusal or a vendor out of reach sends it on to the next vendor at once; that is
//! routing, and cannot duplicate. What no vendor took:
//! - out of reach everywhere: back to the queue, under every policy;
//! - refused for now, or of unknown outcome: as `retry` says. `none` reports it as undelivered.
//!   `naive` tries again at once, up to [`NAIVE`] times. `budgeted` hands it back to the queue with
//!   backoff, and submits it again once the budget grants that. `queued` hands it back with backoff
//!   until nobody wants it any more. A retry after an unknown outcome can duplicate: all three accept
//!   that, for the other choice would be to lose it.

use super::ledger::{Begun, status_of};
use super::tuning::{Retry, Tuning};
use super::uplink::Outcome;
use super::{EXPIRED, Gateway, UNKNOWN};
use crate::message::{Envelope, Reply, Sid, State};
use squall_platform::time::{self, Instant};
use squall_role::backoff;
use std::time::Duration;

const NAIVE: u32 = 10;
/// Budgeted retries of one message before it is reported as undelivered.
const RETRIES: u32 = 100;

/// What the queue shall do with a message.
pub(super) enum Verdict {
    Ack,
    Nack(Duration),
    /// Somebody else answers for it.
    Silence,
}

impl Gateway {
    /// A message from the queue.
    pub(super) async fn carry(&self, message: &Envelope) -> Verdict {
        let tuning = self.settings.get();
        let unsure = match self.ledger.begin(message.sid).await {
            Ok(begun @ (Begun::Fresh | Begun::Unsure)) => begun == Begun::Unsure,
            Ok(Begun::Busy) => return Verdict::Silence,
            Ok(Begun::Settled) => return Verdict::Ack,
            // Without its line written nothing may be submitted.
            Err(_) => return Verdict::Nack(self.retry_interval_max),
        };
        if message.valid_until_us.is_some_and(|until| self.node.unix_us() > until) {
            return self.end(message, EXPIRED).await;
        }
        if unsure && tuning.retry == Retry::None {
            return self.end(message, UNKNOWN).await;
        }
        if tuning.retry == Retry::Budgeted && !self.afford(message.sid, tuning.retry_budget) {
            return self.hand_back(message.sid, unsure, self.retry_interval_max).await;
        }
        let mut outcome = self.attempt(message, &tuning, false).await;
        for _ in 1..NAIVE {
            let again = matches!(outcome, Outcome::Temporary(_) | Outcome::Indeterminate);
            if tuning.retry != Retry::Naive || !again {
                break;
            }
            self.counts.retried.inc();
            outcome = self.attempt(message, &tuning, false).await;
        }
        self.conclude(message, outcome, tuning.retry).await
    }

    async fn conclude(&self, message: &Envelope, outcome: Outcome, retry: Retry) -> Verdict {
        let sid = message.sid;
        match outcome {
            Outcome::Accepted(_) => {
                self.tries().remove(&sid);
                Verdict::Ack
            }
            Outcome::Permanent(code) => self.end(message, code).await,
            Outcome::NotSent => {
                let pause = self.backoff(self.count_try(sid));
                self.hand_back(sid, false, pause).await
            }
            Outcome::Temporary(code) if !retry.hands_back() => self.end(message, code).await,
            Outcome::Indeterminate if !retry.hands_back() => self.end(message, UNKNOWN).await,
            Outcome::Temporary(_) | Outcome::Indeterminate => {
                let tries = self.count_try(sid);
                if retry == Retry::Budgeted && tries > RETRIES {
                    return self.end(message, UNKNOWN).await;
                }
                let pause = self.backoff(tries);
                self.hand_back(sid, outcome == Outcome::Indeterminate, pause).await
            }
        }
    }

    /// A message that no queue could take, with one try for every vendor.
    pub(super) async fn carry_past_queue(&self, message: &Envelope) -> Reply {
        match self.ledger.begin(message.sid).await {
            Ok(Begun::Fresh) => {}
            Ok(Begun::Settled) => return Reply::Done,
            Ok(Begun::Busy | Begun::Unsure) => {
                return Reply::Unknown("submitted before".to_owned());
            }
            Err(error) => return Reply::Refused(error.to_string()),
        }
        match self.attempt(message, &self.settings.get(), true).await {
            Outcome::Accepted(_) => Reply::Done,
            Outcome::Permanent(code) => {
                self.end(message, code).await;
                Reply::Done
            }
            Outcome::Indeterminate => {
                self.ledger.unsure(message.sid);
                Reply::Unknown("a vendor did not answer".to_owned())
            }
            Outcome::Temporary(_) | Outcome::NotSent => {
                match self.ledger.drop_begun(message.sid).await {
                    Ok(()) => Reply::Refused("no vendor took it".to_owned()),
                    Err(error) => Reply::Unknown(error.to_string()),
                }
            }
        }
    }

    /// Service time, then each vendor in turn until one takes it or may have.
    async fn attempt(&self, message: &Envelope, tuning: &Tuning, past_queue: bool) -> Outcome {
        let Ok(_worker) = self.workers.acquire().await else { return Outcome::NotSent };
        if !tuning.service.is_zero() {
            time::sleep(tuning.service).await;
        }
        let mut best = Outcome::NotSent;
        for index in tuning.order(self.uplinks.len(), self.draw(), past_queue) {
            let Some(uplink) = self.uplinks.get(index) else { continue };
            let outcome = uplink.submit(message, tuning.breaker).await;
            self.count(&outcome);
            match outcome {
                Outcome::NotSent => {}
                Outcome::Temporary(_) => best = outcome,
                Outcome::Accepted(ids) => {
                    let written = self.ledger.accepted(message, &uplink.name, ids).await;
                    if written.is_ok() {
                        self.counts.accepted.inc();
                        return Outcome::Accepted(Vec::new());
                    }
                    // The vendor has it; without its line a receipt finds nothing.
                    return Outcome::Indeterminate;
                }
                Outcome::Permanent(_) | Outcome::Indeterminate => return outcome,
            }
        }
        best
    }

    /// Reports a message as undelivered, by this gateway's own decision.
    async fn end(&self, message: &Envelope, code: u32) -> Verdict {
        self.tries().remove(&message.sid);
        let status = status_of(message, State::Undelivered, Some(code));
        if self.ledger.ended(&status).await.is_err() {
            self.ledger.unsure(message.sid);
            return Verdict::Nack(self.retry_interval_max);
        }
        self.counts.failed.inc();
        self.receipts.tell(status);
        Verdict::Ack
    }

    async fn hand_back(&self, sid: Sid, unsure: bool, pause: Duration) -> Verdict {
        self.counts.retried.inc();
        if unsure || self.ledger.drop_begun(sid).await.is_err() {
            self.ledger.unsure(sid);
        }
        Verdict::Nack(pause)
    }

    fn count_try(&self, sid: Sid) -> u32 {
        let mut tries = self.tries();
        let count = tries.entry(sid).or_insert(0);
        *count += 1;
        *count
    }

    fn backoff(&self, tries: u32) -> Duration {
        backoff::pause(tries, self.retry_interval, self.retry_interval_max, self.draw())
    }

    /// A first attempt earns; a later one has to be granted.
    fn afford(&self, sid: Sid, percent: u32) -> bool {
        if self.tries().contains_key(&sid) {
            return self.budget().spend(Instant::now());
        }
        self.budget().earn(percent);
        true
    }

    fn count(&self, outcome: &Outcome) {
        match outcome {
            Outcome::Accepted(_) => 0,
            Outcome::Permanent(_) | Outcome::Temporary(_) => self.counts.refused.inc(),
            Outcome::NotSent => self.counts.not_sent.inc(),
            Outcome::Indeterminate => self.counts.unsure.inc(),
        };
    }
}
