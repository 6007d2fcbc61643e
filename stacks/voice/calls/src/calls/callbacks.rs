//! Status callbacks: the customer hears how a call ended, or the ledger keeps it until one of the
//! tries is taken. Only final states are posted, as Twilio does where no events are asked for.

use super::Platform;
use super::ledger::Record;
use squall_role::callbacks::Told;
use squall_role::store::Sid;
use squall_wire::twilio::{CallCallback, call};
use std::time::Duration;

/// With the defaults, their pauses are one to two minutes in all.
pub(super) const TRIES: u32 = 20;
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(500);

impl Platform {
    /// Tells of the end of a call; returns when that was heard, nobody wanted to hear it, or the last try
    /// failed. A platform that is told to stop leaves it to its next life.
    pub(super) async fn report(&self, sid: Sid, record: &Record) {
        if let (Some(url), Some(end)) = (&record.callback, record.end) {
            let callback = CallCallback {
                call_sid: call::call_sid(sid),
                account_sid: self.account.clone(),
                status: end.status,
                from: record.from.clone(),
                to: record.to.clone(),
                error_code: end.code,
            };
            // Checked when the call was accepted.
            if let Some(request) = callback.request(url, &self.secret) {
                match self.callbacks.tell(request, || self.counts.callback_failed()).await {
                    Told::Taken => self.counts.callback_taken(),
                    Told::GivenUp => self.counts.callback_given_up(),
                    Told::Stopped => return,
                }
            }
        }
        let _ = self.ledger.forget(sid).wait().await;
        self.book.heard(sid);
    }
}
