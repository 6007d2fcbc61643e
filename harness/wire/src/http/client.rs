//! The client: a keep-alive pool per address, and errors that say whether a request may have
//! been received.
//!
//! A request is sent a second time only where the first connection gave it back untouched.

use super::body;
use super::{Request, Response};
use bytes::Bytes;
use http::{HeaderValue, Uri, header};
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use squall_platform::{Node, time};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use time::Instant;

/// Well below a server's patience with an idle connection ([`super::Limits::header_timeout`]): a
/// request must not meet the server's FIN half-way.
const IDLE: Duration = Duration::from_secs(5);

/// How long a pooled connection may take to finish its former exchange.
const SETTLE: Duration = Duration::from_secs(1);

/// Octets of an answer's body.
const ANSWER: usize = 64 << 20;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// Certainly not received: the connection was refused, failed or timed out before.
    #[error("not sent: {0}")]
    NotSent(String),
    /// May have been received: no answer in time, a reset, a cut-off answer.
    #[error("sent, outcome unknown: {0}")]
    Indeterminate(String),
}

/// Clones share one pool.
#[derive(Clone, Debug)]
pub struct Client {
    node: Node,
    idle_per_host: usize,
    hosts: Arc<Mutex<BTreeMap<String, Host>>>,
}

#[derive(Debug)]
struct Host {
    header: HeaderValue,
    idle: Vec<(Instant, Sender)>,
}

type Message = http::Request<Full<Bytes>>;
type Sender = SendRequest<Full<Bytes>>;

/// One attempt on one connection.
enum Attempt {
    Answered(Response),
    /// The connection was gone before anything was written.
    Untouched(Box<Message>, hyper::Error),
}

impl Client {
    pub fn new(node: Node, idle_per_host: usize) -> Client {
        Client { node, idle_per_host, hosts: Arc::default() }
    }

    /// Sends `request` to `address` (`host:port`) and reads the whole answer. `Host` is added where
    /// it is missing; of the URI only path and query are sent.
    ///
    /// # Errors
    /// [`HttpError`], which is about the transport alone: every status is an answer.
    pub async fn send(
        &self,
        address: &str,
        request: Request,
        timeout: Duration,
    ) -> Result<Response, HttpError> {
        let deadline = Instant::now() + timeout;
        let mut message = self.prepare(address, request)?;
        loop {
            let (sender, pooled) = match self.take(address, deadline).await {
                Some(sender) => (sender, true),
                None => (self.connect(address, deadline).await?, false),
            };
            match time::timeout_at(deadline, self.attempt(address, sender, message)).await {
                Ok(Ok(Attempt::Answered(response))) => return Ok(response),
                Ok(Ok(Attempt::Untouched(back, _))) if pooled => message = *back,
                Ok(Ok(Attempt::Untouched(_, why))) => return Err(not_sent(address, why)),
                Ok(Err(error)) => return Err(error),
                Err(_) => {
                    return Err(HttpError::Indeterminate(format!(
                        "{address}: no answer within {} ms",
                        timeout.as_millis()
                    )));
                }
            }
        }
    }

    fn prepare(&self, address: &str, mut request: Request) -> Result<Message, HttpError> {
        let host = self.host_header(address)?;
        request.headers_mut().entry(header::HOST).or_insert(host);
        if request.uri().authority().is_some() {
            let mut parts = http::uri::Parts::default();
            parts.path_and_query = request.uri().path_and_query().cloned();
            *request.uri_mut() = Uri::from_parts(parts).map_err(|why| not_sent(address, why))?;
        }
        Ok(request.map(Full::new))
    }

    fn host_header(&self, address: &str) -> Result<HeaderValue, HttpError> {
        let mut hosts = self.lock();
        if let Some(host) = hosts.get(address) {
            return Ok(host.header.clone());
        }
        let header = HeaderValue::from_str(address).map_err(|why| not_sent(address, why))?;
        hosts.insert(address.to_owned(), Host { header: header.clone(), idle: Vec::new() });
        Ok(header)
    }

    /// The pooled connection used last, if one still stands.
    async fn take(&self, address: &str, deadline: Instant) -> Option<Sender> {
        loop {
            let mut sender = {
                let mut hosts = self.lock();
                let idle = &mut hosts.get_mut(address)?.idle;
                let (since, sender) = idle.pop()?;
                if since.elapsed() > IDLE {
                    // All others have been idle for longer.
                    idle.clear();
                    return None;
                }
                sender
            };
            if sender.is_ready() {
                return Some(sender);
            }
            let settled = deadline.min(Instant::now() + SETTLE);
            if !sender.is_closed()
                && matches!(time::timeout_at(settled, sender.ready()).await, Ok(Ok(())))
            {
                return Some(sender);
            }
        }
    }

    fn put_back(&self, address: &str, sender: Sender) {
        if sender.is_closed() {
            return;
        }
        let mut hosts = self.lock();
        let Some(host) = hosts.get_mut(address) else { return };
        if host.idle.len() < self.idle_per_host {
            host.idle.push((Instant::now(), sender));
        }
    }

    async fn connect(&self, address: &str, deadline: Instant) -> Result<Sender, HttpError> {
        let stream = time::timeout_at(deadline, self.node.connect(address))
            .await
            .map_err(|_| not_sent(address, "connecting took too long"))?
            .map_err(|why| not_sent(address, why))?;
        let (sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|why| not_sent(address, why))?;
        self.node.spawn(async move {
            // Whoever waits for an answer on it is told by the sender's half.
            let _ = connection.await;
        });
        Ok(sender)
    }

    async fn attempt(
        &self,
        address: &str,
        mut sender: Sender,
        message: Message,
    ) -> Result<Attempt, HttpError> {
        let unknown =
            |why: &dyn std::fmt::Display| HttpError::Indeterminate(format!("{address}: {why}"));
        let (head, incoming) = match sender.try_send_request(message).await {
            Ok(response) => response.into_parts(),
            Err(mut error) => {
                return match error.take_message() {
                    Some(back) => Ok(Attempt::Untouched(Box::new(back), error.into_error())),
                    None => Err(unknown(&error.into_error())),
                };
            }
        };
        let body = body::read(incoming, ANSWER).await.map_err(|why| unknown(&why))?;
        self.put_back(address, sender);
        Ok(Attempt::Answered(http::Response::from_parts(head, body)))
    }

    /// A panic elsewhere leaves the pool in order: it is only ever pushed to and popped from.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Host>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn not_sent(address: &str, why: impl std::fmt::Display) -> HttpError {
    HttpError::NotSent(format!("{address}: {why}"))
}
