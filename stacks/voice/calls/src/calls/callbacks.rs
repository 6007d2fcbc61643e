//! Status callbacks: the customer hears how a call ended, or the ledger keeps it until one of the
//! tries is taken. Only final states are posted, as Twilio does where no events are asked for.

use super::Platform;
use super::ledger::Record;
use squall_model::stack::SENDER;
use squall_platform::time;
use squall_role::backoff;
use squall_role::store::Sid;
use squall_wire::twilio::{CallCallback, call};
use std::time::Duration;

/// With the defaults, two minutes and a half.
const TRIES: u32 = 20;
const FIRST_PAUSE: Duration = Duration::from_millis(500);

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
            if !self.told(url, &callback).await {
                return;
            }
        }
        self.ledger.forget(sid);
        self.book.heard(sid);
    }

    /// False: not heard, and to be told again in the next life.
    async fn told(&self, url: &str, callback: &CallCallback) -> bool {
        let mut stopping = self.stopping.clone();
        for tries in 1..=TRIES {
            // Checked when the call was accepted.
            let Some((host, request)) = callback.request(url, &self.secret) else { return true };
            let address = self.dial(&host);
            match self.client.send(address, request, self.callback_timeout).await {
                Ok(response) if !response.status().is_server_error() => {
                    self.counts.callback_taken();
                    return true;
                }
                _ => self.counts.callback_failed(),
            }
            let longest = self.callback_interval_max;
            let pause = backoff::pause(tries, FIRST_PAUSE, longest, self.draw());
            tokio::select! {
                biased;
                () = stopping.asked() => return false,
                () = time::sleep(pause) => {}
            }
        }
        self.counts.callback_given_up();
        true
    }

    /// Where `host:port` of a callback URL is reached: over the link to a node of that name, over the
    /// link to the sender where it names none, as it stands where there is neither.
    fn dial<'a>(&'a self, address: &'a str) -> &'a str {
        let host = address.split(':').next().unwrap_or(address);
        let link = self.links.get(host).or_else(|| self.links.get(SENDER));
        link.map_or(address, String::as_str)
    }
}
