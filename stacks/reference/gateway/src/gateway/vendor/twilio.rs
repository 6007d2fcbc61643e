//! Twilio's Messages API. A message is known by its own name in the callback's path; the signature
//! covers that path.

use super::{Keys, NoCallback, Order, Protocol, Told, refused};
use crate::gateway::UNKNOWN;
use crate::gateway::uplink::Outcome;
use crate::message::State;
use http::StatusCode;
use squall_wire::http::{Request, Response};
use squall_wire::twilio::{Callback, Create, ErrorBody, Status, callback, signature};

/// Refusals that may pass.
const PASSING: [u32; 5] = [20429, 20503, 21611, 30001, 63017];

pub(super) struct Twilio(pub Keys);

impl Protocol for Twilio {
    fn request(&self, order: &Order<'_>) -> Option<Request> {
        let create = Create {
            to: order.message.to.clone(),
            from: order.message.from.clone(),
            body: order.message.text.clone(),
            status_callback: Some(order.callback.clone()),
            validity_period_s: order.left_us.map(|us| us.div_ceil(1_000_000).max(1)),
            ..Create::default()
        };
        create.request(&self.0.account, &self.0.secret)
    }

    fn outcome(&self, order: &Order<'_>, answer: &Response) -> Outcome {
        if answer.status().is_success() {
            return Outcome::Accepted(vec![order.id.clone()]);
        }
        let code = ErrorBody::parse(answer.body()).map_or(UNKNOWN, |body| body.code);
        match refused(answer.status(), code) {
            Outcome::Permanent(code) if PASSING.contains(&code) => Outcome::Temporary(code),
            outcome => outcome,
        }
    }

    fn told(
        &self,
        url: &str,
        message: &str,
        request: &Request,
    ) -> Result<Option<Told>, NoCallback> {
        let given = request.headers().get(callback::SIGNATURE).and_then(|v| v.to_str().ok());
        let fits = |given| signature::verify(&self.0.secret, url, request.body(), given);
        if !given.is_some_and(fits) {
            return Err(NoCallback(StatusCode::FORBIDDEN, "the signature does not fit"));
        }
        let callback = Callback::parse(request.body())
            .ok_or(NoCallback(StatusCode::BAD_REQUEST, "no status callback"))?;
        let state = match callback.status {
            Status::Delivered => State::Delivered,
            Status::Undelivered => State::Undelivered,
            Status::Failed | Status::Canceled => State::Failed,
            _ => return Ok(None),
        };
        Ok(Some(Told { id: message.to_owned(), state, error: callback.error_code }))
    }
}
