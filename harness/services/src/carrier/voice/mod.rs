//! Twilio's Calls API in front of the desk: a call is placed, rings, and reads its text out. What
//! reaches the handset is what `Say` says; it does so when the call is over, and the text is
//! searched for its token as that of any message. No other verb is run, and no sound is made.

use super::Carrier;
use super::answer::Code;
use super::desk::{Submission, Wish};
use super::dialect::{Codes, Dialect};
use super::journal::Outcome;
use super::promises::Owed;
use super::twilio::{self, error_body, error_reply};
use super::web::{self, Ids};
use futures::future::BoxFuture;
use http::{Method, StatusCode};
use squall_wire::http::{Request, Response, reply};
use squall_wire::twilio::{
    Call, CallCallback, CallStatus, CreateCall, ErrorBody, authorized, call,
};
use std::sync::Arc;

pub(super) static DIALECT: Dialect = Dialect {
    port: "http",
    lands_at_once: false,
    receipts: true,
    codes: Codes {
        queue_full: 20503,
        // "Account not allowed to call this number."
        rejected: 21216,
        ..twilio::CODES
    },
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
        Box::pin(
            async move { self.place(&request).await.unwrap_or_else(|error| error_reply(&error)) },
        )
    }

    fn receipt(&self, owed: &Owed) -> Option<(String, Request)> {
        let callback = CallCallback {
            call_sid: call::call_sid(self.ids.number(owed.id)),
            account_sid: self.carrier.account.clone(),
            status: status(owed.outcome),
            from: owed.source.to_string(),
            to: owed.destination.to_string(),
            error_code: None,
        };
        callback.request(owed.callback.as_deref()?, &self.carrier.secret)
    }
}

impl Front {
    async fn place(&self, request: &Request) -> Result<Response, ErrorBody> {
        let (account, secret) = (&self.carrier.account, &self.carrier.secret);
        if !authorized(request.headers(), account, secret) {
            return Err(ErrorBody::of(20003));
        }
        if call::account_of(request.uri().path()) != Some(account) {
            return Err(ErrorBody::of(20404));
        }
        if request.method() != Method::POST {
            return Err(ErrorBody::new(405, 20004, "Method not allowed"));
        }
        let create = CreateCall::parse(request.body())?;
        if create.twiml.is_empty() {
            return Err(ErrorBody::new(400, 21205, "Only Twiml is run here, no Url"));
        }
        let now_us = self.carrier.node.unix_us();
        let wish = if create.status_callback.is_some() { Wish::Everything } else { Wish::Nothing };
        let submission = Submission {
            via: web::product(request),
            source: &create.from,
            destination: &create.to,
            text: &create.twiml,
            part: None,
            wish,
            callback: create.status_callback.clone(),
            reference: None,
            valid_until_us: None,
        };
        let placed = web::submit(&self.carrier, now_us, vec![submission]).await;
        let placed = placed.map_err(|_| ErrorBody::of(20500))?;
        let id = placed.into_iter().next().unwrap_or(Err(Code(20500))).map_err(error_body)?;
        let sid = call::call_sid(self.ids.number(id));
        let call = Call::outbound(account, &sid, &create.to, &create.from, now_us);
        Ok(reply::json(StatusCode::CREATED, &call))
    }
}

fn status(outcome: Outcome) -> CallStatus {
    match outcome {
        Outcome::Delivered => CallStatus::Completed,
        Outcome::Expired | Outcome::Never => CallStatus::NoAnswer,
    }
}
