//! Create, fetch, list, update and delete, with Twilio's error bodies.

use super::{Front, list};
use crate::carrier::answer::Code;
use crate::carrier::desk::{Submission, Wish};
use crate::carrier::web;
use http::{Method, StatusCode};
use squall_platform::time;
use squall_wire::http::{Request, Response, reply};
use squall_wire::twilio::{
    self, Create, ErrorBody, Lookup, Message, Route, Status, Update, lookup,
};
use std::time::Duration;

pub(super) async fn answer(front: &Front, request: &Request) -> Result<Response, ErrorBody> {
    let (account, secret) = (&front.carrier.account, &front.carrier.secret);
    if !twilio::authorized(request.headers(), account, secret) {
        return Err(ErrorBody::of(20003));
    }
    let absent = || ErrorBody::of(20404);
    if let Some(number) = lookup::number_of(request.uri().path()) {
        return look_up(front, number, request.method()).await;
    }
    match (Route::parse(request.uri().path()).ok_or_else(absent)?, request.method()) {
        (Route::Messages { account: named } | Route::Message { account: named, .. }, _)
            if named != account =>
        {
            Err(absent())
        }
        (Route::Messages { .. }, &Method::POST) => {
            create(front, web::product(request), request.body()).await
        }
        (Route::Messages { .. }, &Method::GET) => list::page(front, request.uri()),
        (Route::Message { sid, .. }, &Method::GET) => fetch(front, sid),
        (Route::Message { sid, .. }, &Method::POST) => update(front, sid, request.body()),
        (Route::Message { sid, .. }, &Method::DELETE) => delete(front, sid),
        _ => Err(ErrorBody::new(405, 20004, "Method not allowed")),
    }
}

/// Answered from the numbering plan, which here has one network: the carrier itself. A request as
/// any other, so what refuses or delays submits does the same to it.
async fn look_up(front: &Front, number: &str, method: &Method) -> Result<Response, ErrorBody> {
    if method != Method::GET {
        return Err(ErrorBody::new(405, 20004, "Method not allowed"));
    }
    let carrier = &front.carrier;
    let fate = carrier.desk().behaviours.request(carrier.node.unix_us());
    if fate.answer_after_ms > 0 {
        time::sleep(Duration::from_millis(fate.answer_after_ms)).await;
    }
    match fate.refused {
        Some(code) => Err(error_body(code)),
        None => Ok(reply::json(StatusCode::OK, &Lookup::mobile(number, carrier.node.name()))),
    }
}

async fn create(front: &Front, via: &str, form: &[u8]) -> Result<Response, ErrorBody> {
    let create = Create::parse(form)?;
    let carrier = &front.carrier;
    let now_us = carrier.node.unix_us();
    let wish = if create.status_callback.is_some() { Wish::Everything } else { Wish::Nothing };
    let validity_us = create.validity_period_s.map(|s| s.saturating_mul(1_000_000));
    let submission = Submission {
        via,
        source: &create.from,
        destination: &create.to,
        text: &create.body,
        part: None,
        wish,
        callback: create.status_callback.clone(),
        reference: None,
        valid_until_us: validity_us.map(|us| now_us.saturating_add(us)),
    };
    let submitted = web::submit(carrier, now_us, vec![submission]).await;
    let submitted = submitted.map_err(|_| ErrorBody::of(20500))?;
    let id = submitted.into_iter().next().unwrap_or(Err(Code(20500))).map_err(error_body)?;
    let (account, sid) = (&carrier.account, front.sid(id));
    let mut message = Message::outbound(account, &sid, &create.to, &create.body, now_us);
    message.from = Some(create.from).filter(|from| !from.is_empty());
    if create.messaging_service_sid.is_some() {
        message.status = Status::Accepted;
    }
    message.messaging_service_sid = create.messaging_service_sid;
    Ok(reply::json(StatusCode::CREATED, &message))
}

fn fetch(front: &Front, sid: &str) -> Result<Response, ErrorBody> {
    let desk = front.carrier.desk();
    let found = front.id(sid).and_then(|id| desk.recent.get(id));
    let message = found.map(|accepted| front.message(accepted));
    drop(desk);
    let message = message.ok_or_else(|| ErrorBody::of(20404))?;
    Ok(reply::json(StatusCode::OK, &message))
}

/// Cancelling always comes too late: what was accepted has been sent.
fn update(front: &Front, sid: &str, form: &[u8]) -> Result<Response, ErrorBody> {
    let id = front.id(sid).ok_or_else(|| ErrorBody::of(20404))?;
    let update = Update::parse(form)?;
    let mut desk = front.carrier.desk();
    if desk.recent.get(id).is_none() {
        return Err(ErrorBody::of(20404));
    }
    match update {
        Update::Cancel => Err(ErrorBody::new(400, 30409, "The message can no longer be canceled")),
        Update::Redact => {
            desk.redact(id);
            desk.write().map_err(|_| ErrorBody::of(20500))?;
            drop(desk);
            fetch(front, sid)
        }
    }
}

fn delete(front: &Front, sid: &str) -> Result<Response, ErrorBody> {
    let id = front.id(sid).ok_or_else(|| ErrorBody::of(20404))?;
    let mut desk = front.carrier.desk();
    if !desk.delete(id) {
        return Err(ErrorBody::of(20404));
    }
    desk.write().map_err(|_| ErrorBody::of(20500))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

pub(in crate::carrier) fn error_reply(error: &ErrorBody) -> Response {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    reply::json(status, error)
}

pub(in crate::carrier) fn error_body(code: Code) -> ErrorBody {
    match u16::try_from(code.0) {
        Ok(status @ 400..=599) => {
            ErrorBody::new(status, 20_000 + code.0, "The request was refused")
        }
        _ => ErrorBody::of(code.0),
    }
}
