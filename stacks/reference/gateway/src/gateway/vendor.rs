//! The second vendor: Twilio's Messages API as a client. Its status callbacks come to this
//! gateway's `callback` port, under a path that names the message.

use super::receipts::Receipts;
use super::uplink::Outcome;
use crate::message::{self, Envelope, Receipt, State};
use http::{HeaderValue, Method, StatusCode, header};
use squall_platform::Node;
use squall_wire::http::{Client, HttpError, Request, Response, reply};
use squall_wire::twilio::{Callback, Create, ErrorBody, Status, callback, signature};
use std::sync::Arc;
use std::time::Duration;

const PATH: &str = "/status/";
/// Refusals that may pass.
const PASSING: [u32; 5] = [20429, 20503, 21611, 30001, 63017];

pub(super) struct Api {
    client: Client,
    node: Node,
    address: String,
    account: String,
    secret: String,
    /// `http://host:port` of the callback port, as the vendor shall name it.
    callbacks: String,
    timeout: Duration,
}

impl Api {
    pub(super) fn new(
        node: &Node,
        address: String,
        (account, secret): (String, String),
        callbacks: String,
        timeout: Duration,
    ) -> Api {
        let client = Client::new(node.clone(), 64);
        Api { client, node: node.clone(), address, account, secret, callbacks, timeout }
    }

    pub(super) async fn submit(&self, message: &Envelope) -> Outcome {
        let left = message.valid_until_us.map(|at| at.saturating_sub(self.node.unix_us()));
        let id = message::show(message.sid);
        let create = Create {
            to: message.to.clone(),
            from: message.from.clone(),
            body: message.text.clone(),
            status_callback: Some(format!("{}{PATH}{id}", self.callbacks)),
            validity_period_s: left.map(|us| us.div_ceil(1_000_000).max(1)),
            ..Create::default()
        };
        let Some(mut request) = create.request(&self.account, &self.secret) else {
            return Outcome::Permanent(30008);
        };
        // So that the vendor's log tells by which gateway a message came.
        if let Ok(name) = HeaderValue::from_str(self.node.name()) {
            request.headers_mut().insert(header::USER_AGENT, name);
        }
        match self.client.send(&self.address, request, self.timeout).await {
            Ok(response) if response.status().is_success() => Outcome::Accepted(vec![id]),
            Ok(response) => refused(&response),
            Err(HttpError::NotSent(_)) => Outcome::NotSent,
            Err(HttpError::Indeterminate(_)) => Outcome::Indeterminate,
        }
    }
}

fn refused(response: &Response) -> Outcome {
    let code = ErrorBody::parse(response.body()).map_or(30008, |body| body.code);
    match response.status() {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Outcome::Temporary(code),
        // The vendor broke while it worked on it.
        status if status.is_server_error() => Outcome::Indeterminate,
        _ if PASSING.contains(&code) => Outcome::Temporary(code),
        _ => Outcome::Permanent(code),
    }
}

/// Answers the callback port.
pub(super) struct Callbacks {
    pub receipts: Arc<Receipts>,
    pub secret: String,
    /// As in [`Api`].
    pub callbacks: String,
}

impl Callbacks {
    pub(super) async fn answer(&self, request: Request) -> Response {
        let path = request.uri().path();
        match (request.method(), path.strip_prefix(PATH)) {
            (&Method::GET, _) if path == "/health" => reply::empty(StatusCode::OK),
            (&Method::POST, Some(id)) => {
                let id = id.to_owned();
                self.receive(&id, &request).await
            }
            _ => reply::error(StatusCode::NOT_FOUND, "nothing here"),
        }
    }

    async fn receive(&self, id: &str, request: &Request) -> Response {
        let url = format!("{}{PATH}{id}", self.callbacks);
        let given = request.headers().get(callback::SIGNATURE).and_then(|v| v.to_str().ok());
        if !given.is_some_and(|given| signature::verify(&self.secret, &url, request.body(), given))
        {
            return reply::error(StatusCode::FORBIDDEN, "the signature does not fit");
        }
        let Some(callback) = Callback::parse(request.body()) else {
            return reply::error(StatusCode::BAD_REQUEST, "no status callback");
        };
        let state = match callback.status {
            Status::Delivered => State::Delivered,
            Status::Undelivered => State::Undelivered,
            Status::Failed | Status::Canceled => State::Failed,
            _ => return reply::empty(StatusCode::NO_CONTENT),
        };
        let (uplink, id, error) = ("http".to_owned(), id.to_owned(), callback.error_code);
        let receipt = Receipt { uplink, id, state, error };
        if self.receipts.take(&receipt).await || self.receipts.take_early(&receipt).await {
            return reply::empty(StatusCode::NO_CONTENT);
        }
        reply::error(StatusCode::SERVICE_UNAVAILABLE, "no such message yet")
    }
}
