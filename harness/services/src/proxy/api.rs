//! The HTTP API: routes to the registry, and answers in Toxiproxy's shapes.
//!
//! One operation at a time, each in a task of its own: a client that goes away in the middle leaves
//! nothing half done. No operation waits for a connection.

use super::fault::ApiError;
use super::registry::Registry;
use super::route::{Route, Routed, route};
use super::toxic::Toxic;
use super::{answer, input, metrics};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use serde::Serialize;
use squall_platform::Node;
use squall_platform::rng::{Draw, Rng};
use squall_wire::http::{Request, Response};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex as Lock, PoisonError};
use tokio::sync::{Mutex, oneshot};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-toxiproxy-request-id");

pub(super) struct Api {
    node: Node,
    pub(super) registry: Mutex<Registry>,
    seed: u64,
    metrics: bool,
    ids: Lock<(Rng, u32)>,
}

impl Api {
    pub(super) fn new(node: Node, registry: Registry, seed: u64, metrics: bool) -> Api {
        let ids = Lock::new((node.rng("request ids"), 0));
        Api { node, registry: Mutex::new(registry), seed, metrics, ids }
    }

    pub(super) async fn answer(self: Arc<Self>, request: Request) -> Response {
        let known = match route(request.uri().path()) {
            Routed::Known(Route::Metrics) if !self.metrics => return answer::not_found(),
            Routed::Known(known) => known,
            Routed::Unknown => return answer::not_found(),
            Routed::Moved(to) => return answer::moved(&to),
            Routed::Malformed => return answer::malformed(),
        };
        if !known.allows(request.method()) {
            return answer::wrong_method();
        }
        let mut response = match is_browser(&request) {
            true => answer::browser(),
            false => self.clone().carry_out(known, request).await,
        };
        if let Ok(id) = HeaderValue::from_str(&self.request_id()) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    }

    async fn carry_out(self: Arc<Self>, known: Route, request: Request) -> Response {
        let (tell, told) = oneshot::channel();
        let api = self.clone();
        self.node.spawn(async move {
            let done = api.operate(known, &request).await;
            let _ = tell.send(done.unwrap_or_else(|error| answer::error(&error)));
        });
        told.await.unwrap_or_else(|_| {
            answer::error(&ApiError::network("the operation was cut off".to_owned()))
        })
    }

    async fn operate(&self, known: Route, request: &Request) -> Result<Response, ApiError> {
        let mut registry = self.registry.lock().await;
        let (method, body) = (request.method(), request.body());
        match (known, method) {
            (Route::Version, _) => Ok(answer::version()),
            (Route::Seed, _) => Ok(answer::json(StatusCode::OK, &SeedView { seed: self.seed })),
            (Route::Metrics, _) => Ok(answer::metrics(metrics::text(&registry))),
            (Route::Proxies, &Method::GET) => Ok(all(&registry)),
            (Route::Proxies, _) => {
                let input = input::proxy(&input::body(body)?)?;
                let entry = registry.create(input).await?;
                Ok(answer::json(StatusCode::CREATED, &entry.view(&entry.link.toxics())))
            }
            (Route::Populate, _) => Ok(populate(&mut registry, body).await),
            (Route::Reset, _) => registry.reset().await.map(|()| answer::no_content()),
            (Route::Proxy(name), &Method::GET) => shown(&registry, &name),
            (Route::Proxy(name), &Method::DELETE) => {
                registry.delete(&name).await.map(|()| answer::no_content())
            }
            (Route::Proxy(name), _) => {
                registry.find(&name)?;
                let input = input::proxy(&input::body(body)?)?;
                registry.update(&name, input).await?;
                shown(&registry, &name)
            }
            (Route::Toxics(proxy), &Method::GET) => {
                let lists = registry.find(&proxy)?.link.toxics();
                let views: Vec<_> = lists.iter().flatten().map(|toxic| toxic.view()).collect();
                Ok(answer::json(StatusCode::OK, &views))
            }
            (Route::Toxics(proxy), _) => {
                registry.find(&proxy)?;
                let taken = |name: &str| registry.find_toxic(&proxy, name).is_ok();
                let input = input::toxic(&input::body(body)?, taken)?;
                registry.add_toxic(&proxy, input).map(|toxic| one(&toxic))
            }
            (Route::Toxic(proxy, name), &Method::GET) => {
                registry.find_toxic(&proxy, &name).map(|toxic| one(&toxic))
            }
            (Route::Toxic(proxy, name), &Method::DELETE) => {
                registry.remove_toxic(&proxy, &name).map(|()| answer::no_content())
            }
            (Route::Toxic(proxy, name), _) => {
                let toxic = registry.find_toxic(&proxy, &name)?;
                let body = input::body(body)?;
                let (toxicity, attributes) =
                    input::toxic_update(&body, toxic.kind, toxic.toxicity, &toxic.attributes)?;
                registry.change_toxic(&proxy, &toxic, toxicity, attributes).map(|t| one(&t))
            }
        }
    }

    /// Twenty characters that sort by time, as an xid is: seconds, five drawn octets, a count.
    fn request_id(&self) -> String {
        let (drawn, count) = {
            let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
            ids.1 = ids.1.wrapping_add(1);
            (ids.0.random::<u64>() & 0xFF_FFFF_FFFF, ids.1 & 0xFF_FFFF)
        };
        let seconds = (self.node.unix_us() / 1_000_000) as u32;
        let id = u128::from(seconds) << 64 | u128::from(drawn) << 24 | u128::from(count);
        // 96 bits in 20 digits of 5: the last has four bits of padding.
        let digit = |at: u32| {
            b"0123456789abcdefghijklmnopqrstuv"[((id << 4) >> (95 - at * 5)) as usize & 31]
        };
        (0..20).map(|at| char::from(digit(at))).collect()
    }
}

/// A web page must not drive the proxy, whatever the browser lets it try.
fn is_browser(request: &Request) -> bool {
    let agent = request.headers().get(header::USER_AGENT);
    agent.is_some_and(|agent| agent.as_bytes().starts_with(b"Mozilla/"))
        || request.headers().contains_key(header::ORIGIN)
}

fn all(registry: &Registry) -> Response {
    let lists: Vec<_> =
        registry.proxies.values().map(|entry| (entry, entry.link.toxics())).collect();
    let views: BTreeMap<_, _> =
        lists.iter().map(|(entry, toxics)| (&entry.name, entry.view(toxics))).collect();
    answer::json(StatusCode::OK, &views)
}

fn shown(registry: &Registry, name: &str) -> Result<Response, ApiError> {
    let entry = registry.find(name)?;
    Ok(answer::json(StatusCode::OK, &entry.view(&entry.link.toxics())))
}

fn one(toxic: &Toxic) -> Response {
    answer::json(StatusCode::OK, &toxic.view())
}

async fn populate(registry: &mut Registry, body: &[u8]) -> Response {
    let (names, result) = match input::body(body).and_then(|value| input::proxies(&value)) {
        Ok(inputs) => registry.populate(inputs).await,
        Err(error) => (Vec::new(), Err(error)),
    };
    let lists: Vec<_> = names
        .iter()
        .filter_map(|name| registry.find(name).ok())
        .map(|entry| (entry, entry.link.toxics()))
        .collect();
    let proxies: Vec<_> = lists.iter().map(|(entry, toxics)| entry.view(toxics)).collect();
    let error = result.err();
    let status = error.as_ref().map_or(StatusCode::CREATED, ApiError::status);
    // An empty slice was never made in Go, and prints as null.
    let proxies = (!proxies.is_empty()).then_some(proxies);
    answer::json(status, &Populated { error, proxies })
}

#[derive(Serialize)]
struct Populated<P: Serialize> {
    #[serde(flatten)]
    error: Option<ApiError>,
    proxies: P,
}

#[derive(Serialize)]
struct SeedView {
    seed: u64,
}
