//! Vonage's SMS API. The vendor takes long messages apart, so receipts are known by its own ids,
//! one a part. HTTP 200 means nothing: every part of the answer has a status.

use super::{Keys, NoCallback, Order, Protocol, Told, refused};
use crate::gateway::uplink::Outcome;
use crate::gateway::{EXPIRED, RATE, UNKNOWN};
use crate::message::State;
use http::StatusCode;
use squall_wire::http::{Request, Response};
use squall_wire::smpp::text::{self, Alphabet};
use squall_wire::vonage::{Answer, Create, Entry, Receipt, Status, status};

/// Refusals that speak of the moment or of the account: credentials, account barred, no credit.
const PASSING: [u32; 5] = [status::CREDENTIALS, status::INTERNAL, 8, 9, status::TOO_MANY];
/// The shortest life that the vendor takes.
const SHORTEST_MS: u64 = 20_000;

pub(super) struct Vonage(pub Keys);

impl Protocol for Vonage {
    fn request(&self, order: &Order<'_>) -> Option<Request> {
        let unicode = text::encode(&order.message.text).0 == Alphabet::Ucs2;
        let create = Create {
            to: order.message.to.clone(),
            from: order.message.from.clone(),
            text: order.message.text.clone(),
            receipt: true,
            callback: Some(order.callback.clone()),
            client_ref: None,
            ttl_ms: order.left_us.map(|us| us.div_ceil(1_000).max(SHORTEST_MS)),
            credentials: None,
        };
        create.request(&self.0.account, &self.0.secret, unicode)
    }

    fn outcome(&self, _: &Order<'_>, answer: &Response) -> Outcome {
        if !answer.status().is_success() {
            return refused(answer.status(), UNKNOWN);
        }
        let Some(answer) = Answer::parse(answer.body()) else { return Outcome::Indeterminate };
        let taken = |entry: &Entry| entry.code() == Some(status::OK);
        match answer.messages.iter().filter(|entry| taken(entry)).count() {
            0 => answer.messages.first().map_or(Outcome::Indeterminate, refusal),
            count if count == answer.messages.len() => {
                let ids: Option<_> = answer.messages.into_iter().map(|e| e.message_id).collect();
                ids.map_or(Outcome::Indeterminate, Outcome::Accepted)
            }
            // A message of which only some parts were taken.
            _ => Outcome::Indeterminate,
        }
    }

    fn told(&self, _: &str, _: &str, request: &Request) -> Result<Option<Told>, NoCallback> {
        let receipt = Receipt::parse(request)
            .ok_or(NoCallback(StatusCode::BAD_REQUEST, "no delivery receipt"))?;
        if receipt.api_key != self.0.account {
            return Err(NoCallback(StatusCode::FORBIDDEN, "of another account"));
        }
        let (state, error) = match receipt.status {
            Status::Delivered => (State::Delivered, None),
            Status::Expired => (State::Undelivered, Some(EXPIRED)),
            Status::Failed | Status::Rejected => (State::Undelivered, Some(UNKNOWN)),
            Status::Accepted | Status::Buffered | Status::Unknown => return Ok(None),
        };
        Ok(Some(Told { id: receipt.message_id, state, error }))
    }
}

fn refusal(entry: &Entry) -> Outcome {
    match entry.code() {
        None => Outcome::Indeterminate,
        Some(status::THROTTLED) => Outcome::Temporary(RATE),
        Some(code) if PASSING.contains(&code) => Outcome::Temporary(UNKNOWN),
        Some(_) => Outcome::Permanent(UNKNOWN),
    }
}
