//! What a customer asks of the platform: Twilio's Calls API, create, fetch, and end. 201 is answered
//! only for a call that is on the disk.

use super::book::Asked;
use super::ledger::Record;
use super::{Platform, life};
use http::{Method, StatusCode};
use squall_platform::rng::Draw;
use squall_platform::running::Stopping;
use squall_role::store::Sid;
use squall_wire::http::{Request, Response, reply, url};
use squall_wire::twilio::{Call, CreateCall, ErrorBody, UpdateCall, authorized, call};
use std::sync::{Arc, PoisonError};
use tokio::sync::oneshot;

pub(super) async fn answer(platform: Arc<Platform>, request: Request) -> Response {
    let path = request.uri().path();
    if path == "/health" {
        return reply::empty(StatusCode::OK);
    }
    if !authorized(request.headers(), &platform.account, &platform.secret) {
        return refuse(&ErrorBody::of(20003));
    }
    let of_account = |account: &str| account == platform.account;
    let answered = if call::account_of(path).is_some_and(of_account) {
        match *request.method() {
            Method::POST => create(&platform, request.body()).await,
            _ => Err(not_allowed()),
        }
    } else {
        match call::sid_of(path).filter(|(account, _)| of_account(account)) {
            Some((_, sid)) => one(&platform, sid, &request),
            None => Err(ErrorBody::of(20404)),
        }
    };
    answered.unwrap_or_else(|error| refuse(&error))
}

async fn create(platform: &Arc<Platform>, form: &[u8]) -> Result<Response, ErrorBody> {
    let create = check(form).inspect_err(|_| platform.counts.refused())?;
    let now_us = platform.node.unix_us();
    let low: u64 = platform.rng.lock().unwrap_or_else(PoisonError::into_inner).random();
    let sid = (u128::from(now_us) << 64) | u128::from(low);
    let most = platform.settings.get().max_calls;
    let Some(stopping) = platform.book.open(sid, &create.to, &create.from, most) else {
        platform.counts.refused();
        return Err(ErrorBody::of(20429));
    };
    // Looked at last: whoever stops the platform ends what stands in the book.
    if platform.stopping.is_asked() {
        platform.book.strike(sid);
        platform.counts.refused();
        return Err(ErrorBody::of(20503));
    }
    let (tell, told) = oneshot::channel();
    let taking = platform.clone();
    // In a task of its own: whoever asks may go away before the answer, and the call must not hang
    // between the book and the ledger then.
    platform.node.spawn(async move {
        let _ = tell.send(take(&taking, sid, create, stopping).await);
    });
    let call = told.await.unwrap_or(None).ok_or_else(|| ErrorBody::of(20500))?;
    Ok(reply::json(StatusCode::CREATED, &call))
}

/// Writes a call down and lets it begin; `None` where the disk does not take it.
async fn take(
    platform: &Arc<Platform>,
    sid: Sid,
    create: CreateCall,
    stopping: Stopping,
) -> Option<Call> {
    let record = Record {
        to: create.to.clone(),
        from: create.from.clone(),
        callback: create.status_callback.clone(),
        end: None,
    };
    if !platform.ledger.accept(sid, &record).await {
        platform.book.strike(sid);
        platform.counts.refused();
        return None;
    }
    platform.counts.accepted();
    let call = platform.book.get(&platform.account, sid);
    life::begin(platform, sid, create, record, stopping);
    call
}

/// The form, with URLs that can be asked.
fn check(form: &[u8]) -> Result<CreateCall, ErrorBody> {
    let create = CreateCall::parse(form)?;
    create.check_caller()?;
    let wrong = |url: &Option<String>| url.as_ref().is_some_and(|url| url::target(url).is_none());
    if wrong(&create.url) || wrong(&create.fallback_url) {
        return Err(ErrorBody::new(400, 21205, "Url is not a valid http URL"));
    }
    if wrong(&create.status_callback) {
        return Err(ErrorBody::new(400, 21609, "StatusCallback is not a valid http URL"));
    }
    match create.timeout_s {
        // Twilio's page on the Calls resource: up to 600 s.
        Some(0 | 601..) => Err(ErrorBody::new(400, 21208, "Invalid Timeout")),
        _ => Ok(create),
    }
}

fn one(platform: &Platform, sid: &str, request: &Request) -> Result<Response, ErrorBody> {
    let missing = || ErrorBody::of(20404);
    let number = call::read_call_sid(sid).ok_or_else(missing)?;
    let shown = |book: &super::Book| {
        let call = book.get(&platform.account, number).ok_or_else(missing)?;
        Ok(reply::json(StatusCode::OK, &call))
    };
    match *request.method() {
        Method::GET => shown(&platform.book),
        Method::POST => match platform.book.end(number, UpdateCall::parse(request.body())?) {
            Asked::Done => shown(&platform.book),
            Asked::Unknown => Err(missing()),
            Asked::TooLate => Err(ErrorBody::new(400, 21220, "Invalid call state")),
        },
        _ => Err(not_allowed()),
    }
}

fn not_allowed() -> ErrorBody {
    ErrorBody::new(405, 20004, "Method not allowed")
}

fn refuse(error: &ErrorBody) -> Response {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    reply::json(status, error)
}
