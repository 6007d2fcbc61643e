//! The `callback` port: final statuses of the application's own SMS and calls, signed by whoever
//! was asked to send them.

use super::App;
use super::End;
use super::channel::Channel;
use crate::message::read_sid;
use http::{Method, StatusCode};
use squall_wire::http::{Request, Response, reply};
use squall_wire::twilio::{CallCallback, CallStatus, Callback, Status, callback, signature};
use std::sync::Arc;

/// Twilio's code for a message past its validity.
const EXPIRED: u32 = 30036;

pub(super) async fn answer(app: Arc<App>, request: Request) -> Response {
    let path = request.uri().path();
    if path == "/health" {
        return reply::empty(StatusCode::OK);
    }
    let channels = [Channel::Sms, Channel::Voice];
    let named = channels.into_iter().find_map(|channel| {
        let rest = path.strip_prefix('/')?.strip_prefix(channel.word())?;
        Some((channel, read_sid(rest.strip_prefix('/')?)?))
    });
    let (Some((channel, sid)), &Method::POST) = (named, request.method()) else {
        return reply::error(StatusCode::NOT_FOUND, "nothing here");
    };
    let url = format!("{}{path}", app.callbacks);
    let given = request.headers().get(callback::SIGNATURE).and_then(|value| value.to_str().ok());
    if !given.is_some_and(|given| signature::verify(&app.secret, &url, request.body(), given)) {
        return reply::error(StatusCode::FORBIDDEN, "the signature does not fit");
    }
    let end = match channel {
        Channel::Sms => Callback::parse(request.body()).map(|status| of_sms(&status)),
        Channel::Voice => CallCallback::parse(request.body()).map(|call| of_call(call.status)),
    };
    let Some(end) = end else {
        return reply::error(StatusCode::BAD_REQUEST, "no status callback");
    };
    if let Some(end) = end {
        app.waiting.settle(sid, channel, end);
    }
    reply::empty(StatusCode::NO_CONTENT)
}

/// `None` for a state that is not final.
fn of_sms(status: &Callback) -> Option<End> {
    match (status.status, status.error_code) {
        (Status::Delivered, _) => Some(End::Delivered),
        (Status::Undelivered | Status::Failed, Some(EXPIRED)) => Some(End::Expired),
        (Status::Undelivered | Status::Failed | Status::Canceled, _) => Some(End::Failed),
        _ => None,
    }
}

fn of_call(status: CallStatus) -> Option<End> {
    match status {
        CallStatus::Queued | CallStatus::Ringing | CallStatus::InProgress => None,
        CallStatus::Completed => Some(End::Delivered),
        CallStatus::Busy | CallStatus::Failed | CallStatus::NoAnswer | CallStatus::Canceled => {
            Some(End::Failed)
        }
    }
}
