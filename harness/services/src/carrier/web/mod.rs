//! What the HTTP fronts have in common: health, submits, message ids, and one dispatcher of
//! [`callbacks`]. What a request or an answer looks like is each front's own.

mod callbacks;

use super::answer::Code;
use super::desk::Submission;
use super::promises::Owed;
use super::{Carrier, control};
use futures::future::BoxFuture;
use http::header;
use squall_platform::rng::{Draw, derive};
use squall_platform::running::{Done, Stopping};
use squall_platform::{Listener, time};
use squall_wire::http::{self as wire, Handler, Limits, Request, Response};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// A vendor's API in front of the desk.
pub(super) trait Front: Send + Sync + 'static {
    fn carrier(&self) -> &Arc<Carrier>;

    /// Answers a request of the API.
    fn answer(self: Arc<Self>, request: Request) -> BoxFuture<'static, Response>;

    /// The receipt that is owed, and the `host:port` it goes to. `None`: a URL that cannot be called.
    fn receipt(&self, owed: &Owed) -> Option<(String, Request)>;
}

struct Api(Arc<dyn Front>);

pub(super) fn serve(front: Arc<dyn Front>, listener: Listener, stopping: Stopping, done: Done) {
    let node = front.carrier().node.clone();
    node.spawn(callbacks::run(front.clone(), stopping.clone(), done.clone()));
    let (tls, limits) = (front.carrier().tls.clone(), Limits::default());
    let api = Arc::new(Api(front));
    match tls {
        Some(tls) => wire::serve_tls(&node, (listener, tls), limits, stopping, done, api),
        None => wire::serve(&node, listener, limits, stopping, done, api),
    }
}

impl Handler for Api {
    fn handle(&self, request: Request) -> BoxFuture<'static, Response> {
        let front = self.0.clone();
        if request.uri().path() == "/health" {
            return Box::pin(async move { control::health(front.carrier()) });
        }
        front.answer(request)
    }
}

/// The product of the User-Agent without its version: by our convention the name of the node that
/// submits.
pub(super) fn product(request: &Request) -> &str {
    let agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    agent.and_then(|agent| agent.split(['/', ' ', '\t']).next()).unwrap_or("")
}

/// Decides about the parts of one message and writes what was decided. Returns when the answer may
/// leave, with the id or the refusal of each part.
///
/// # Errors
/// What the disk says; then nothing may be answered but a failure.
pub(super) async fn submit(
    carrier: &Carrier,
    now_us: u64,
    parts: Vec<Submission<'_>>,
) -> io::Result<Vec<Result<u64, Code>>> {
    let mut wait = Duration::ZERO;
    let mut results = Vec::with_capacity(parts.len());
    {
        let mut desk = carrier.desk();
        for part in parts {
            let decision = desk.submit(now_us, part);
            wait = wait.max(decision.answer_after);
            results.push(decision.result);
        }
        desk.write()?;
        if desk.dispatcher_sleeps_too_long() {
            carrier.wake.notify_one();
        }
    }
    if !wait.is_zero() {
        time::sleep(wait).await;
    }
    Ok(results)
}

/// Message ids of 128 bits: a number of the carrier's own above the message's place in the log, so
/// that two carriers of one run give different ones, and the lives of one carrier go on counting.
pub(super) struct Ids(u64);

impl Ids {
    /// The same in every life of the node, unlike draws from the node itself.
    pub(super) fn of(carrier: &Carrier) -> Ids {
        Ids(derive(carrier.seed, carrier.node.name(), "sid").random())
    }

    pub(super) fn number(&self, id: u64) -> u128 {
        u128::from(self.0) << 64 | u128::from(id)
    }

    /// `None` for another carrier's.
    pub(super) fn place(&self, number: u128) -> Option<u64> {
        ((number >> 64) as u64 == self.0).then_some(number as u64)
    }
}
