//! What the application is asked: the plain JSON API, as a product's own back end would call it.
//! 202 is answered only for a message that outlives this process.

use super::{App, life};
use crate::message::{Envelope, show};
use http::{Method, StatusCode};
use squall_platform::rng::Draw;
use squall_wire::http::{Request, Response, reply};
use squall_wire::json_api::{self, Create, Created, Refusal, Route, Why};
use std::sync::{Arc, PoisonError};

pub(super) async fn answer(app: Arc<App>, request: Request) -> Response {
    let path = request.uri().path();
    if path == "/health" {
        return reply::empty(StatusCode::OK);
    }
    let taken = match (Route::parse(path), request.method()) {
        _ if !json_api::authorized(request.headers(), &app.secret) => {
            Err(Refusal::of(Why::Unauthorized))
        }
        (Some(Route::Messages), &Method::POST) => take(&app, request.body()).await,
        // What became of a message is told to its callback and not kept.
        _ => Err(Refusal::of(Why::NotFound)),
    };
    match taken {
        Ok(created) => {
            app.counts.accepted.inc();
            reply::json(StatusCode::ACCEPTED, &created)
        }
        Err(refusal) => {
            app.counts.refused.inc();
            refusal.answer()
        }
    }
}

async fn take(app: &Arc<App>, body: &[u8]) -> Result<Created, Refusal> {
    let create = Create::parse(body)?;
    let now_us = app.node.unix_us();
    let low: u64 = app.rng.lock().unwrap_or_else(PoisonError::into_inner).random();
    let message = Envelope {
        sid: (u128::from(now_us) << 64) | u128::from(low),
        to: create.to,
        from: create.from,
        text: create.text,
        callback: create.callback,
        valid_until_us: create
            .validity_s
            .map(|s| now_us.saturating_add(s.saturating_mul(1_000_000))),
    };
    app.keep(&message).await.map_err(|_| Refusal::of(Why::SystemError))?;
    let created = Created::new(show(message.sid));
    life::begin(app, message);
    Ok(created)
}
