//! The way of one fetch: a place in the queue, a worker, then the store, somebody else's fetch, or
//! the origin.
//!
//! Whoever gives up while waiting has cost nothing, nor has who waited for `queue_timeout`. That one
//! is shorter than the balancer's `fetch_timeout` for a reason: were it not, an overloaded replica
//! would come to begin each fetch just before the balancer gives up on it, and do nearly all of its
//! work for nobody. What a worker has begun it ends, so that it can be kept.

use super::Cache;
use super::answer::{self, Way};
use super::conditional;
use super::directives::Directives;
use super::flights::{Boarded, Landed};
use super::origin::{Failed, Fetched, Wanted};
use crate::forward::{self, Asked, Target};
use crate::pool::Worker;
use http::{HeaderValue, Method, StatusCode, header};
use prometheus_client::metrics::counter::Counter;
use squall_platform::time;
use squall_wire::http::{Request, Response, reply};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Counts a fetch that is dropped before a worker begins it.
struct Waiting(Option<Counter>);

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(abandoned) = &self.0 {
            abandoned.inc();
        }
    }
}

/// One request to the `http` port.
pub(super) async fn answer(cache: Arc<Cache>, request: Request) -> Response {
    match forward::read(&request) {
        Ok(Asked::Health) => cache.standing(),
        Ok(Asked::Fetch(target)) => cache.queued(target, request).await,
        Err(refusal) => {
            cache.counts.refused.inc();
            *refusal
        }
    }
}

impl Cache {
    async fn queued(self: Arc<Self>, target: Target, request: Request) -> Response {
        self.counts.fetches.inc();
        self.events.arrived(&target.url.to_string(), &self.settings.get());
        let Some(address) = self.links.get(&target.host).cloned() else {
            self.counts.unreachable.inc();
            let why = format!("no host {} can be reached from here", target.host);
            return reply::error(StatusCode::BAD_GATEWAY, &why);
        };
        let Some(turn) = self.pool.turn() else {
            self.counts.full.inc();
            let mut refusal =
                reply::error(StatusCode::SERVICE_UNAVAILABLE, "too many fetches wait");
            refusal.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            return refusal;
        };
        let mut waiting = Waiting(Some(self.counts.abandoned.clone()));
        let worker = time::timeout(self.queue_timeout, turn.come()).await;
        waiting.0 = None;
        let worker = match worker {
            Ok(Some(worker)) => worker,
            Ok(None) => return stopped(),
            Err(_) => {
                self.counts.expired.inc();
                let why = "no worker was free in time";
                return reply::error(StatusCode::GATEWAY_TIMEOUT, why);
            }
        };
        let (head, _) = request.into_parts();
        let (method, version, headers) = (head.method, head.version, head.headers);
        let wanted = Wanted { target, address, method, version, headers };
        let (tell, told) = oneshot::channel();
        let node = self.node.clone();
        node.spawn(async move {
            let _ = tell.send(self.served(&wanted, worker).await);
        });
        told.await.unwrap_or_else(|_| stopped())
    }

    async fn served(&self, wanted: &Wanted, mut worker: Worker) -> Response {
        let directives = Directives::of(&wanted.headers);
        if conditional::for_the_origin(&wanted.headers) {
            return self.passed(wanted, worker).await;
        }
        if let Some(hit) = self.hit(wanted, &directives, Way::Hit) {
            self.counts.hits.inc();
            worker.spend(self.settings.get().hit).await;
            return hit;
        }
        if directives.has("only-if-cached") {
            self.counts.not_cached.inc();
            return reply::error(StatusCode::GATEWAY_TIMEOUT, "only-if-cached, and it is not");
        }
        if wanted.method == Method::HEAD {
            return self.passed(wanted, worker).await;
        }
        // Whose answer may be for him alone, or who insists on a new one, asks for himself.
        let alone = ["no-cache", "no-store", "max-age"].iter().any(|name| directives.has(name))
            || wanted.headers.contains_key(header::AUTHORIZATION);
        if alone {
            return self.fetched(wanted, worker).await.0;
        }
        let receiver = match self.flights.board(&wanted.target.url.to_string()) {
            Boarded::Leads(lead) => {
                let (response, landed) = self.fetched_for(wanted, &mut worker).await;
                lead.land(&landed);
                worker.spend(self.settings.get().miss).await;
                return response;
            }
            Boarded::Follows(receiver) => receiver,
        };
        match worker.wait(receiver).await {
            Ok(Landed::Failed(status, why)) => {
                self.counts.collapsed.inc();
                self.failed(&Failed(status, why))
            }
            Ok(Landed::Kept) => match self.hit(wanted, &directives, Way::Collapsed) {
                Some(hit) => {
                    self.counts.collapsed.inc();
                    worker.spend(self.settings.get().hit).await;
                    hit
                }
                None => self.fetched(wanted, worker).await.0,
            },
            Ok(Landed::Unshared) | Err(_) => self.fetched(wanted, worker).await.0,
        }
    }

    /// From the store, where what is there may be given out.
    fn hit(&self, wanted: &Wanted, directives: &Directives, way: Way) -> Option<Response> {
        let now_us = self.node.unix_us();
        let kept = self.store().find(&wanted.target.url.to_string(), &wanted.headers)?;
        let asked = (&wanted.method, &wanted.headers);
        let fresh = kept.freshness.serves(directives, now_us);
        fresh.then(|| answer::of(&kept, asked, way, (self.node.name(), now_us)))
    }

    /// By the origin, for this one alone.
    async fn fetched(&self, wanted: &Wanted, mut worker: Worker) -> (Response, Landed) {
        let outcome = self.fetched_for(wanted, &mut worker).await;
        worker.spend(self.settings.get().miss).await;
        outcome
    }

    async fn fetched_for(&self, wanted: &Wanted, worker: &mut Worker) -> (Response, Landed) {
        let url = wanted.target.url.to_string();
        let kept = self.store().find(&url, &wanted.headers);
        let fetched = worker.wait(self.fetch(wanted, kept)).await;
        let (kept, way) = match fetched {
            Ok(Fetched::Holds(kept)) => (kept, Way::Revalidated),
            Ok(Fetched::New(kept, true)) => (kept, Way::Stored),
            Ok(Fetched::New(kept, false)) => (kept, Way::NotStored),
            Err(failed) => {
                let response = self.failed(&failed);
                return (response, Landed::Failed(failed.0, failed.1));
            }
        };
        match way {
            Way::Revalidated => self.counts.revalidated.inc(),
            _ => self.counts.misses.inc(),
        };
        let mut landed = Landed::Unshared;
        if way != Way::NotStored {
            let evicted = self.store().keep(&url, &wanted.headers, kept.clone());
            if let Some(evicted) = evicted {
                landed = Landed::Kept;
                self.counts.stored.inc();
                self.counts.evicted.inc_by(evicted);
            }
        }
        let now = (self.node.name(), self.node.unix_us());
        (answer::of(&kept, (&wanted.method, &wanted.headers), way, now), landed)
    }

    async fn passed(&self, wanted: &Wanted, mut worker: Worker) -> Response {
        self.counts.passed.inc();
        let mut response = match worker.wait(self.pass(wanted)).await {
            Ok(response) => response,
            Err(failed) => self.failed(&failed),
        };
        if wanted.method != Method::HEAD {
            response.headers_mut().remove(header::CONTENT_LENGTH);
        }
        answer::status(response.headers_mut(), self.node.name(), "fwd=request");
        worker.spend(self.settings.get().miss).await;
        response
    }

    fn failed(&self, failed: &Failed) -> Response {
        match failed.0 {
            StatusCode::GATEWAY_TIMEOUT => self.counts.late.inc(),
            _ => self.counts.unreachable.inc(),
        };
        reply::error(failed.0, &failed.1)
    }

    /// What the balancer asks for, on the port that fetches come over: it costs no worker.
    fn standing(&self) -> Response {
        match self.settings.get().in_service() {
            true => reply::text(StatusCode::OK, "in service"),
            false => reply::text(StatusCode::SERVICE_UNAVAILABLE, "standing by"),
        }
    }
}

fn stopped() -> Response {
    reply::error(StatusCode::SERVICE_UNAVAILABLE, "the cache has stopped")
}
