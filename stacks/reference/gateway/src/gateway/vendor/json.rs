//! The plain JSON API. A message is known by its own name in the callback's path, which nobody can
//! guess: receipts carry no signature.

use super::{Keys, NoCallback, Order, Protocol, Told, refused};
use crate::gateway::uplink::Outcome;
use crate::gateway::{EXPIRED, RATE, UNKNOWN};
use crate::message::State;
use http::StatusCode;
use squall_wire::http::{Request, Response};
use squall_wire::json_api::{Create, Created, Receipt, Refusal, Status, Why};

pub(super) struct Json(pub Keys);

impl Protocol for Json {
    fn request(&self, order: &Order<'_>) -> Option<Request> {
        let create = Create {
            to: order.message.to.clone(),
            from: order.message.from.clone(),
            text: order.message.text.clone(),
            callback: Some(order.callback.clone()),
            validity_s: order.left_us.map(|us| us.div_ceil(1_000_000).max(1)),
        };
        create.request(&self.0.secret)
    }

    fn outcome(&self, order: &Order<'_>, answer: &Response) -> Outcome {
        let (status, body) = (answer.status(), answer.body());
        if status.is_success() {
            // Without the answer's words nobody knows what the vendor did.
            let taken = Created::parse(body).is_some();
            let id = || Outcome::Accepted(vec![order.id.clone()]);
            return if taken { id() } else { Outcome::Indeterminate };
        }
        match Refusal::parse(status, body).map(|refusal| refusal.code) {
            Some(Why::Throttled) => Outcome::Temporary(RATE),
            Some(Why::QueueFull | Why::Unauthorized) => Outcome::Temporary(UNKNOWN),
            Some(Why::SystemError) => Outcome::Indeterminate,
            Some(Why::Rejected | Why::Invalid | Why::NotFound) => Outcome::Permanent(UNKNOWN),
            None => refused(status, UNKNOWN),
        }
    }

    fn told(&self, _: &str, message: &str, request: &Request) -> Result<Option<Told>, NoCallback> {
        let receipt = Receipt::parse(request.body())
            .ok_or(NoCallback(StatusCode::BAD_REQUEST, "no receipt"))?;
        let (state, error) = match receipt.status {
            Status::Delivered => (State::Delivered, None),
            Status::Expired => (State::Undelivered, Some(EXPIRED)),
            Status::Failed => (State::Undelivered, Some(UNKNOWN)),
            Status::Accepted => return Ok(None),
        };
        Ok(Some(Told { id: message.to_owned(), state, error }))
    }
}
