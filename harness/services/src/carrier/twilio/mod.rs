//! Twilio's Messages API in front of the desk: [`api`] answers requests. Its codes are Twilio's
//! error codes, or bare HTTP statuses.

mod api;
mod list;

pub(super) use api::{error_body, error_reply};

use super::Carrier;
use super::dialect::{Codes, Dialect, is_http};
use super::journal::{Accepted, Outcome};
use super::promises::Owed;
use super::web::{self, Ids};
use futures::future::BoxFuture;
use squall_wire::http::{Request, Response};
use squall_wire::twilio::{self, Callback, Message, Status};
use std::sync::Arc;

/// Of messages; the vendor's other APIs read and show theirs alike.
pub(super) const CODES: Codes = Codes {
    throttled: 20429,
    queue_full: 21611,
    system_error: 20500,
    rejected: 21610,
    read: |raw| raw.parse().ok().filter(|c| is_http(*c) || (10_000..=99_999).contains(c)),
    show: |code| code.to_string(),
};

pub(super) static DIALECT: Dialect = Dialect {
    port: "http",
    lands_at_once: true,
    receipts: true,
    codes: CODES,
    serve: |carrier, listener, stopping, done| {
        let ids = Ids::of(&carrier);
        web::serve(Arc::new(Front { carrier, ids }), listener, stopping, done);
    },
};

struct Front {
    carrier: Arc<Carrier>,
    ids: Ids,
}

impl web::Front for Front {
    fn carrier(&self) -> &Arc<Carrier> {
        &self.carrier
    }

    fn answer(self: Arc<Self>, request: Request) -> BoxFuture<'static, Response> {
        Box::pin(async move {
            api::answer(&self, &request).await.unwrap_or_else(|error| api::error_reply(&error))
        })
    }

    fn receipt(&self, owed: &Owed) -> Option<(String, Request)> {
        let (status, error_code) = status(Some(owed.outcome));
        let callback = Callback {
            message_sid: self.sid(owed.id),
            account_sid: self.carrier.account.clone(),
            status,
            from: owed.source.to_string(),
            to: owed.destination.to_string(),
            error_code,
        };
        callback.request(owed.callback.as_deref()?, &self.carrier.secret)
    }
}

impl Front {
    fn sid(&self, id: u64) -> String {
        twilio::message_sid(self.ids.number(id))
    }

    fn id(&self, sid: &str) -> Option<u64> {
        let digits = sid.strip_prefix("SM").filter(|digits| digits.len() == 32)?;
        self.ids.place(u128::from_str_radix(digits, 16).ok()?)
    }

    /// The Message resource as it stands now.
    fn message(&self, accepted: &Accepted) -> Message {
        let account = &self.carrier.account;
        let sid = self.sid(accepted.id);
        let Accepted { destination, text, at_us, .. } = accepted;
        let mut message = Message::outbound(account, &sid, destination, text, *at_us);
        message.from = Some(accepted.source.clone()).filter(|from| !from.is_empty());
        let now_us = self.carrier.node.unix_us();
        (message.status, message.error_code) = status(accepted.ended(now_us));
        message.date_sent = message.date_created.clone();
        if accepted.final_us <= now_us {
            message.date_updated = Some(twilio::message::date(accepted.final_us));
        }
        message
    }
}

/// 30036: the validity period ran out.
fn status(ended: Option<Outcome>) -> (Status, Option<u32>) {
    match ended {
        Some(Outcome::Delivered) => (Status::Delivered, None),
        Some(Outcome::Expired) => (Status::Undelivered, Some(30036)),
        Some(Outcome::Never) | None => (Status::Sent, None),
    }
}
