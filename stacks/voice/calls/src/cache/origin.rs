//! Asking the origin: for an answer to keep, whether a kept one still holds, or what a client wants
//! passed on as it stands.

use super::Cache;
use super::conditional;
use super::freshness::{Freshness, storable};
use super::store::Kept;
use crate::forward::{self, Target};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use squall_platform::time;
use squall_wire::http::{Client, HttpError, Request, Response};
use std::sync::Arc;

/// What the origin made of it.
pub(super) enum Fetched {
    /// The kept answer holds on; this is it, with its fields brought up to date.
    Holds(Arc<Kept>),
    /// A new one, and whether it may be kept.
    New(Arc<Kept>, bool),
}

/// Why there is no answer.
pub(super) struct Failed(pub StatusCode, pub String);

/// A request on its way through.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub target: Target,
    /// The origin's address.
    pub address: String,
    pub method: Method,
    pub version: Version,
    /// As the client sent them.
    pub headers: HeaderMap,
}

impl Cache {
    /// A GET of the whole. With `kept`, it asks only whether that holds on.
    pub(super) async fn fetch(
        &self,
        wanted: &Wanted,
        kept: Option<Arc<Kept>>,
    ) -> Result<Fetched, Failed> {
        let mut asked = self.onward(wanted);
        conditional::without(&mut asked);
        let kept = kept.filter(|kept| conditional::has_validator(&kept.headers));
        if let Some(kept) = &kept {
            let mut again = asked.clone();
            conditional::ask_again(&kept.headers, &mut again);
            let asked_us = self.node.unix_us();
            let answer = self.ask(wanted, Method::GET, again).await?;
            if answer.status() != StatusCode::NOT_MODIFIED {
                return Ok(self.taken(wanted, answer, asked_us));
            }
            if conditional::is_about(answer.headers(), &kept.headers) {
                return Ok(Fetched::Holds(self.renewed(wanted, kept, &answer, asked_us)));
            }
        }
        let asked_us = self.node.unix_us();
        let answer = self.ask(wanted, Method::GET, asked).await?;
        if answer.status() == StatusCode::NOT_MODIFIED {
            let why = "the origin says that nothing has changed since nothing".to_owned();
            return Err(Failed(StatusCode::BAD_GATEWAY, why));
        }
        Ok(self.taken(wanted, answer, asked_us))
    }

    /// The client's own request, conditions and all.
    pub(super) async fn pass(&self, wanted: &Wanted) -> Result<Response, Failed> {
        self.ask(wanted, wanted.method.clone(), self.onward(wanted)).await
    }

    fn onward(&self, wanted: &Wanted) -> HeaderMap {
        let mut headers = wanted.headers.clone();
        forward::onward(&mut headers, wanted.version, self.node.name());
        if let Ok(host) = HeaderValue::from_str(&wanted.target.host) {
            headers.insert(header::HOST, host);
        }
        headers
    }

    /// The answer as it goes on from here: with a date, and with this hop in it.
    async fn ask(
        &self,
        wanted: &Wanted,
        method: Method,
        headers: HeaderMap,
    ) -> Result<Response, Failed> {
        let mut request = Request::default();
        *request.method_mut() = method;
        *request.uri_mut() = wanted.target.url.clone();
        *request.headers_mut() = headers;
        let (address, patience) = (&wanted.address, self.origin_timeout);
        let client: &Client = &self.client;
        let answer = time::timeout(patience, client.send(address, request, patience * 2)).await;
        let mut answer = match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(HttpError::NotSent(why) | HttpError::Indeterminate(why))) => {
                return Err(Failed(StatusCode::BAD_GATEWAY, why));
            }
            Err(_) => {
                let why = format!("no answer from {} in time", wanted.target.host);
                return Err(Failed(StatusCode::GATEWAY_TIMEOUT, why));
            }
        };
        let version = answer.version();
        let headers = answer.headers_mut();
        forward::end_to_end(headers);
        forward::via(headers, version, self.node.name());
        // RFC 9110, section 6.6.1.
        if !headers.contains_key(header::DATE)
            && let Some(date) = forward::date(self.node.unix_us())
        {
            headers.insert(header::DATE, date);
        }
        Ok(answer)
    }

    fn taken(&self, wanted: &Wanted, answer: Response, asked_us: u64) -> Fetched {
        let (head, body) = answer.into_parts();
        let storable = storable(&wanted.headers, head.status, &head.headers);
        let freshness = Freshness::of(&head.headers, asked_us, self.node.unix_us());
        let mut headers = head.headers;
        headers.remove(header::AGE);
        // The server writes it anew; a part of it will have another.
        headers.remove(header::CONTENT_LENGTH);
        let kept = Kept::new(&wanted.headers, head.status, headers, body, freshness);
        Fetched::New(Arc::new(kept), storable)
    }

    /// A kept answer with the fields of the 304 in place of its own (RFC 9111, section 3.2).
    fn renewed(&self, wanted: &Wanted, kept: &Kept, answer: &Response, asked_us: u64) -> Arc<Kept> {
        let mut headers = kept.headers.clone();
        let told = answer.headers();
        for name in told.keys().filter(|name| !is_of_the_body(name)) {
            headers.remove(name);
            for value in told.get_all(name) {
                headers.append(name.clone(), value.clone());
            }
        }
        // As old as the 304 says it is: the age of before counts no more.
        let freshness = Freshness::of(&headers, asked_us, self.node.unix_us());
        headers.remove(header::AGE);
        Arc::new(Kept::new(&wanted.headers, kept.status, headers, kept.body.clone(), freshness))
    }
}

fn is_of_the_body(name: &header::HeaderName) -> bool {
    [header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::CONTENT_TYPE, header::CONTENT_RANGE]
        .contains(name)
}
