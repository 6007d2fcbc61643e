//! Vendors over HTTP. [`Protocol`] is what differs between them; here is what does not: the client,
//! and the `callback` port, where each message of each vendor has a path of its own,
//! `/status/{carrier}/{message}`.

mod json;
mod twilio;
mod vonage;

use super::Gateway;
use super::uplink::Outcome;
use crate::message::{self, Envelope, Receipt, State};
use http::{HeaderValue, Method, StatusCode, header};
use squall_model::stack::CarrierProtocol;
use squall_platform::Node;
use squall_wire::http::{Client, HttpError, Request, Response, reply};
use std::sync::Arc;
use std::time::Duration;
use url::form_urlencoded::byte_serialize;

const PATH: &str = "/status/";

/// A vendor's API as a client sees it.
pub(super) trait Protocol: Send + Sync + 'static {
    /// `None`: something in it does not fit the API.
    fn request(&self, order: &Order<'_>) -> Option<Request>;

    /// What the vendor's answer means. A refusal that speaks of this message, and would be the same
    /// tomorrow, is permanent; one that speaks of the moment or of the account is not.
    fn outcome(&self, order: &Order<'_>, answer: &Response) -> Outcome;

    /// What a callback to `url` tells of `message`, its name in the path; `None` where that is
    /// nothing final.
    ///
    /// # Errors
    /// What is no callback of this vendor.
    fn told(&self, url: &str, message: &str, request: &Request)
    -> Result<Option<Told>, NoCallback>;
}

/// The vendors' protocols. `None` for one that takes no SMS over HTTP.
fn protocol(of: CarrierProtocol, keys: Keys) -> Option<Box<dyn Protocol>> {
    match of {
        CarrierProtocol::Smpp | CarrierProtocol::Voice | CarrierProtocol::Sip => None,
        CarrierProtocol::Twilio => Some(Box::new(twilio::Twilio(keys))),
        CarrierProtocol::Vonage => Some(Box::new(vonage::Vonage(keys))),
        CarrierProtocol::Json => Some(Box::new(json::Json(keys))),
    }
}

/// The account at the vendor.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    pub account: String,
    pub secret: String,
}

/// A message on its way to a vendor.
pub(super) struct Order<'a> {
    message: &'a Envelope,
    /// The message's own name.
    id: String,
    /// Where the vendor shall tell of it.
    callback: String,
    /// What is left of its validity.
    left_us: Option<u64>,
}

/// A final state of a message or of a part of it.
pub(super) struct Told {
    /// As [`Outcome::Accepted`] named it.
    id: String,
    state: State,
    error: Option<u32>,
}

/// How a request that is no callback of the vendor is answered, and why.
pub(super) struct NoCallback(StatusCode, &'static str);

pub(super) struct Api {
    client: Client,
    node: Node,
    carrier: String,
    address: String,
    protocol: Box<dyn Protocol>,
    /// What the callback URLs of this vendor begin with.
    callbacks: String,
    timeout: Duration,
}

impl Api {
    /// `callbacks` is `http://host:port` of the callback port, as the vendor shall name it. `None`
    /// for a protocol that is not spoken over HTTP.
    pub(super) fn new(
        (node, client): (&Node, Client),
        carrier: (&str, CarrierProtocol),
        address: String,
        keys: Keys,
        callbacks: &str,
        timeout: Duration,
    ) -> Option<Api> {
        let (name, spoken) = carrier;
        Some(Api {
            client,
            node: node.clone(),
            carrier: name.to_owned(),
            address,
            protocol: protocol(spoken, keys)?,
            callbacks: format!("{callbacks}{PATH}{}/", segment(name)),
            timeout,
        })
    }

    pub(super) async fn submit(&self, message: &Envelope) -> Outcome {
        let id = message::show(message.sid);
        let now_us = self.node.unix_us();
        let order = Order {
            message,
            callback: format!("{}{id}", self.callbacks),
            id,
            left_us: message.valid_until_us.map(|at| at.saturating_sub(now_us)),
        };
        let Some(mut request) = self.protocol.request(&order) else {
            return Outcome::Permanent(super::UNKNOWN);
        };
        // So that the vendor's log tells by which gateway a message came.
        if let Ok(name) = HeaderValue::from_str(self.node.name()) {
            request.headers_mut().insert(header::USER_AGENT, name);
        }
        match self.client.send(&self.address, request, self.timeout).await {
            Ok(answer) => self.protocol.outcome(&order, &answer),
            Err(HttpError::NotSent(_)) => Outcome::NotSent,
            Err(HttpError::Indeterminate(_)) => Outcome::Indeterminate,
        }
    }

    fn receipt(&self, message: &str, request: &Request) -> Result<Option<Receipt>, NoCallback> {
        let told = self.protocol.told(&format!("{}{message}", self.callbacks), message, request)?;
        Ok(told.map(|Told { id, state, error }| Receipt {
            uplink: self.carrier.clone(),
            id,
            state,
            error,
        }))
    }
}

/// A refusal by HTTP status alone: of the moment, of a vendor that broke while it worked on it, or
/// of the message.
fn refused(status: StatusCode, code: u32) -> Outcome {
    match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Outcome::Temporary(code),
        status if status.is_server_error() => Outcome::Indeterminate,
        _ => Outcome::Permanent(code),
    }
}

/// A carrier's name as a piece of a path.
fn segment(carrier: &str) -> String {
    byte_serialize(carrier.as_bytes()).collect()
}

/// Answers the callback port.
pub(super) struct Callbacks(pub Arc<Gateway>);

impl Callbacks {
    pub(super) async fn answer(&self, request: Request) -> Response {
        let path = request.uri().path();
        if path == "/health" {
            return reply::empty(StatusCode::OK);
        }
        let named = path.strip_prefix(PATH).and_then(|rest| rest.split_once('/'));
        let found = named.and_then(|(carrier, message)| Some((self.api(carrier)?, message)));
        match (request.method(), found) {
            (&Method::GET | &Method::POST, Some((api, message))) => {
                match api.receipt(message, &request) {
                    Ok(Some(receipt)) => self.take(message, &receipt).await,
                    Ok(None) => reply::empty(StatusCode::NO_CONTENT),
                    Err(NoCallback(status, why)) => reply::error(status, why),
                }
            }
            _ => reply::error(StatusCode::NOT_FOUND, "nothing here"),
        }
    }

    fn api(&self, named: &str) -> Option<&Api> {
        self.0
            .uplinks
            .iter()
            .filter_map(|uplink| uplink.api())
            .find(|a| segment(&a.carrier) == named)
    }

    async fn take(&self, message: &str, receipt: &Receipt) -> Response {
        let receipts = &self.0.receipts;
        let taken = receipts.take(receipt).await
            || receipts.take_early(receipt).await
            // Of a submit that was given up and made again: its copy has receipts of its own.
            || message::read_sid(message).is_some_and(|sid| receipts.ledger.is_settled(sid));
        if taken {
            return reply::empty(StatusCode::NO_CONTENT);
        }
        reply::error(StatusCode::SERVICE_UNAVAILABLE, "no such message yet")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::gateway::{RATE, UNKNOWN};
    use CarrierProtocol::{Json, Twilio, Vonage};

    fn outcome(spoken: CarrierProtocol, status: u16, body: &str) -> Outcome {
        let keys = Keys { account: "AC1".into(), secret: "s".into() };
        let message = Envelope {
            sid: 1,
            to: "+62001".into(),
            from: "Squall".into(),
            text: "x".into(),
            callback: None,
            valid_until_us: None,
        };
        let (id, callback) = ("SM1".into(), "http://gateway-1:1/status/b/SM1".into());
        let order = Order { message: &message, id, callback, left_us: None };
        let answer = http::Response::builder().status(status);
        let answer = answer.body(body.as_bytes().to_vec().into()).unwrap();
        protocol(spoken, keys).unwrap().outcome(&order, &answer)
    }

    #[test]
    fn answers_mean_what_the_vendors_say() {
        let own = || Outcome::Accepted(vec!["SM1".into()]);
        let entry = |status: &str| format!(r#"{{"status":"{status}","message-id":"m{status}"}}"#);
        let vonage = |entries: &[&str]| {
            let entries: Vec<String> = entries.iter().map(|status| entry(status)).collect();
            format!(r#"{{"message-count":"9","messages":[{}]}}"#, entries.join(","))
        };
        let json = |code: &str| format!(r#"{{"error":{{"code":"{code}","message":""}}}}"#);
        let ids = |ids: &[&str]| Outcome::Accepted(ids.iter().map(|id| (*id).to_owned()).collect());
        use Outcome::{Indeterminate, Permanent, Temporary};
        for (spoken, status, body, expected) in [
            (Twilio, 201, "{}".to_owned(), own()),
            (Twilio, 429, String::new(), Temporary(UNKNOWN)),
            (Twilio, 500, String::new(), Indeterminate),
            (Twilio, 400, String::new(), Permanent(UNKNOWN)),
            (Vonage, 200, vonage(&["0"]), ids(&["m0"])),
            (Vonage, 200, vonage(&["0", "0"]), ids(&["m0", "m0"])),
            (Vonage, 200, vonage(&["0", "1"]), Indeterminate),
            (Vonage, 200, vonage(&["1"]), Temporary(RATE)),
            (Vonage, 200, vonage(&["5"]), Temporary(UNKNOWN)),
            (Vonage, 200, vonage(&["9"]), Temporary(UNKNOWN)),
            (Vonage, 200, vonage(&["7"]), Permanent(UNKNOWN)),
            (Vonage, 200, vonage(&[]), Indeterminate),
            (Vonage, 200, "<html>".to_owned(), Indeterminate),
            (Vonage, 503, String::new(), Temporary(UNKNOWN)),
            (Vonage, 502, String::new(), Indeterminate),
            (Json, 202, r#"{"id":"m1","status":"accepted"}"#.to_owned(), own()),
            (Json, 200, "{}".to_owned(), Indeterminate),
            (Json, 429, json("throttled"), Temporary(RATE)),
            (Json, 503, json("queue_full"), Temporary(UNKNOWN)),
            (Json, 500, json("system_error"), Indeterminate),
            (Json, 422, json("rejected"), Permanent(UNKNOWN)),
            (Json, 401, json("unauthorized"), Temporary(UNKNOWN)),
            (Json, 502, "<html>".to_owned(), Indeterminate),
        ] {
            assert_eq!(outcome(spoken, status, &body), expected, "{spoken:?} {status} {body}");
        }
    }
}
