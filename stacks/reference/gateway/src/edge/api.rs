//! The ingress: Twilio's Messages API, so that its SDKs can submit here by base URL.
//!
//! 201 is answered only for a message that is safe. Create, fetch and list; neither update nor
//! delete, and no media.

use super::Edge;
use crate::message::{self, Envelope, Sid};
use http::{Method, StatusCode};
use squall_platform::rng::Draw;
use squall_wire::http::{Request, Response, reply};
use squall_wire::twilio::{self, Create, ErrorBody, Message, Page, Route};
use std::sync::{Arc, PoisonError};

/// Twilio's largest and usual page.
const LARGEST_PAGE: usize = 1000;
const USUAL_PAGE: usize = 50;

impl Edge {
    pub(super) async fn answer(self: Arc<Edge>, request: Request) -> Response {
        let path = request.uri().path();
        if path == "/health" {
            return reply::empty(StatusCode::OK);
        }
        let Some(route) = Route::parse(path) else { return refuse(&ErrorBody::of(20404)) };
        let (Route::Messages { account } | Route::Message { account, .. }) = route;
        if account != self.account
            || !twilio::authorized(request.headers(), &self.account, &self.secret)
        {
            return refuse(&ErrorBody::of(20003));
        }
        match (request.method(), route) {
            (&Method::POST, Route::Messages { .. }) => self.create(request.body()).await,
            (&Method::GET, Route::Messages { .. }) => self.list(&request),
            (&Method::GET, Route::Message { sid, .. }) => self.fetch(sid),
            _ => refuse(&ErrorBody::new(405, 20004, "Method not allowed")),
        }
    }

    async fn create(&self, body: &[u8]) -> Response {
        let create = match Create::parse(body) {
            Ok(create) => create,
            Err(error) => return self.refuse_create(&error),
        };
        if create.media > 0 {
            return self.refuse_create(&ErrorBody::new(400, 21620, "Media is not carried here"));
        }
        let callback = create.status_callback.filter(|url| !url.is_empty());
        if callback.as_ref().is_some_and(|url| !is_http(url)) {
            let error = ErrorBody::new(400, 21609, "The StatusCallback is no http:// URL");
            return self.refuse_create(&error);
        }
        let now = self.node.unix_us();
        let valid = |seconds: u64| now.saturating_add(seconds.saturating_mul(1_000_000));
        let message = Envelope {
            sid: self.new_sid(now),
            to: create.to,
            from: create.from,
            text: create.body,
            callback,
            valid_until_us: create.validity_period_s.map(valid),
        };
        if !self.place(&message).await {
            return self.refuse_create(&ErrorBody::of(20503));
        }
        self.counts.accepted.inc();
        self.states.accepted(&message);
        let sid = message::show(message.sid);
        let mut created = Message::outbound(&self.account, &sid, &message.to, &message.text, now);
        created.from = Some(message.from).filter(|from| !from.is_empty());
        reply::json(StatusCode::CREATED, &created)
    }

    fn fetch(&self, sid: &str) -> Response {
        match message::read_sid(sid).and_then(|sid| self.states.get(&self.account, sid)) {
            Some(message) => reply::json(StatusCode::OK, &message),
            None => refuse(&ErrorBody::of(20404)),
        }
    }

    fn list(&self, request: &Request) -> Response {
        let (mut to, mut from, mut page, mut size) = (None, None, 0usize, USUAL_PAGE);
        let query = request.uri().query().unwrap_or_default();
        for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "To" => to = Some(value.into_owned()),
                "From" => from = Some(value.into_owned()),
                "Page" => page = value.parse().unwrap_or(0),
                "PageSize" => size = value.parse().unwrap_or(USUAL_PAGE),
                _ => {}
            }
        }
        let size = size.clamp(1, LARGEST_PAGE);
        let skip = page.saturating_mul(size);
        let wanted = (to.as_deref(), from.as_deref());
        let mut messages = self.states.list(&self.account, wanted, skip, size + 1);
        let more = messages.len() > size;
        messages.truncate(size);
        let uri = |page: usize| {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.append_pair("PageSize", &size.to_string());
            query.append_pair("Page", &page.to_string());
            for (key, value) in [("To", &to), ("From", &from)] {
                if let Some(value) = value {
                    query.append_pair(key, value);
                }
            }
            format!("{}?{}", twilio::messages_path(&self.account), query.finish())
        };
        let page = Page {
            page,
            page_size: size,
            start: skip,
            end: (skip + messages.len()).saturating_sub(1),
            uri: uri(page),
            first_page_uri: uri(0),
            previous_page_uri: page.checked_sub(1).map(uri),
            next_page_uri: more.then(|| uri(page + 1)),
            messages,
        };
        reply::json(StatusCode::OK, &page)
    }

    fn refuse_create(&self, error: &ErrorBody) -> Response {
        self.counts.refused.inc();
        refuse(error)
    }

    fn new_sid(&self, now_us: u64) -> Sid {
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        (u128::from(now_us) << 64) | u128::from(rng.random::<u64>())
    }
}

fn is_http(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| url.scheme() == "http" && url.has_host())
}

fn refuse(error: &ErrorBody) -> Response {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
    reply::json(status, error)
}
