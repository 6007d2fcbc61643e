//! The plain JSON API in front of the desk. Its codes are the HTTP statuses of its refusals, which
//! the log writes by their words.

use super::Carrier;
use super::answer::Code;
use super::desk::{Submission, Wish};
use super::dialect::{Codes, Dialect, is_http};
use super::journal::{Accepted, Outcome};
use super::promises::Owed;
use super::web::{self, Ids};
use futures::future::BoxFuture;
use http::{Method, StatusCode};
use squall_wire::http::{Request, Response, reply};
use squall_wire::json_api::{
    Create, Created, Message, Receipt, Refusal, Route, Status, Why, authorized,
};
use std::sync::Arc;

pub(super) static DIALECT: Dialect = Dialect {
    port: "http",
    lands_at_once: true,
    receipts: true,
    codes: Codes {
        throttled: 429,
        queue_full: 503,
        system_error: 500,
        rejected: 422,
        read: |raw| match Why::parse(raw) {
            Some(why) => Some(u32::from(why.status())),
            None => raw.parse().ok().filter(|code| is_http(*code)),
        },
        show: |code| {
            let refusal = refusal(Code(code));
            match u32::from(refusal.code.status()) == code {
                true => refusal.code.as_str().to_owned(),
                false => code.to_string(),
            }
        },
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
            async move { answer(&self, &request).await.unwrap_or_else(|refusal| refusal.answer()) },
        )
    }

    fn receipt(&self, owed: &Owed) -> Option<(String, Request)> {
        let (status, code) = status(Some(owed.outcome));
        let (id, to) = (self.show(owed.id), owed.destination.to_string());
        Receipt { id, to, status, code }.request(owed.callback.as_deref()?)
    }
}

impl Front {
    fn show(&self, id: u64) -> String {
        format!("{:032x}", self.ids.number(id))
    }

    fn message(&self, accepted: &Accepted) -> Message {
        let (status, code) = status(accepted.ended(self.carrier.node.unix_us()));
        Message {
            id: self.show(accepted.id),
            to: accepted.destination.clone(),
            from: accepted.source.clone(),
            text: accepted.text.clone(),
            status,
            code,
        }
    }
}

async fn answer(front: &Front, request: &Request) -> Result<Response, Refusal> {
    if !authorized(request.headers(), &front.carrier.secret) {
        return Err(Refusal::of(Why::Unauthorized));
    }
    match (Route::parse(request.uri().path()), request.method()) {
        (Some(Route::Messages), &Method::POST) => create(front, request).await,
        (Some(Route::Message { id }), &Method::GET) => fetch(front, id),
        (Some(_), _) => Err(Refusal::of_status(405)),
        (None, _) => Err(Refusal::of(Why::NotFound)),
    }
}

async fn create(front: &Front, request: &Request) -> Result<Response, Refusal> {
    let create = Create::parse(request.body())?;
    let now_us = front.carrier.node.unix_us();
    let wish = if create.callback.is_some() { Wish::Everything } else { Wish::Nothing };
    let validity_us = create.validity_s.map(|s| s.saturating_mul(1_000_000));
    let submission = Submission {
        via: web::product(request),
        source: &create.from,
        destination: &create.to,
        text: &create.text,
        part: None,
        wish,
        callback: create.callback.clone(),
        reference: None,
        valid_until_us: validity_us.map(|us| now_us.saturating_add(us)),
    };
    let submitted = web::submit(&front.carrier, now_us, vec![submission]).await;
    let submitted = submitted.map_err(|_| Refusal::of(Why::SystemError))?;
    let id = submitted.into_iter().next().unwrap_or(Err(Code(500))).map_err(refusal)?;
    Ok(reply::json(StatusCode::ACCEPTED, &Created::new(front.show(id))))
}

fn fetch(front: &Front, id: &str) -> Result<Response, Refusal> {
    let absent = || Refusal::of(Why::NotFound);
    let place = u128::from_str_radix(id, 16).ok().and_then(|number| front.ids.place(number));
    let desk = front.carrier.desk();
    let accepted = desk.recent.get(place.ok_or_else(absent)?).ok_or_else(absent)?;
    let message = front.message(accepted);
    drop(desk);
    Ok(reply::json(StatusCode::OK, &message))
}

fn refusal(code: Code) -> Refusal {
    Refusal::of_status(u16::try_from(code.0).unwrap_or(500))
}

fn status(ended: Option<Outcome>) -> (Status, Option<String>) {
    match ended {
        Some(Outcome::Delivered) => (Status::Delivered, None),
        Some(Outcome::Expired) => (Status::Expired, Some("validity".to_owned())),
        Some(Outcome::Never) | None => (Status::Accepted, None),
    }
}
