//! The client: a keep-alive pool per address, and errors that say whether a request may have
//! been received.
//!
//! A request is sent a second time only where the first connection gave it back untouched. A target
//! that is known by name is looked up for each connection anew, and no connection to it grows old.

mod fetch;

use super::body;
use super::names::{ByName, Names, Wire};
use super::{Request, Response};
use bytes::Bytes;
use http::{HeaderValue, Uri, header};
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use squall_model::node_config::NodeConfig;
use squall_platform::{Node, time};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use time::Instant;
use tokio::io::{AsyncRead, AsyncWrite};

pub use fetch::{Answer, FetchError, Fetching};

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
    names: Option<Arc<Names>>,
    hosts: Arc<Mutex<BTreeMap<String, Host>>>,
}

#[derive(Debug)]
struct Host {
    header: HeaderValue,
    idle: Vec<(Instant, Sender)>,
}

type Message = http::Request<Full<Bytes>>;

/// The writing end of a connection.
#[derive(Debug)]
struct Sender {
    half: SendRequest<Full<Bytes>>,
    /// Not used from then on.
    until: Option<Instant>,
}

impl Sender {
    fn is_old(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() >= until)
    }
}

/// One attempt on one connection.
enum Attempt {
    Answered(Response),
    /// The connection was gone before anything was written.
    Untouched(Box<Message>, hyper::Error),
}

impl Client {
    pub fn new(node: Node, idle_per_host: usize) -> Client {
        Client { node, idle_per_host, names: None, hosts: Arc::default() }
    }

    /// A client that also reaches what `config` tells it to find by name.
    ///
    /// # Errors
    /// What the configuration says to trust is no certificate.
    pub fn of(node: &Node, config: &NodeConfig, idle_per_host: usize) -> Result<Client, String> {
        let names = Some(Arc::new(Names::of(node, config)?));
        Ok(Client { names, ..Client::new(node.clone(), idle_per_host) })
    }

    /// Sends `request` to `address` (`host:port`, or `http://name` and `https://name`) and reads the
    /// whole answer. `Host` is added where it is missing; of the URI only path and query are sent.
    ///
    /// # Errors
    /// [`HttpError`], which is about the transport alone: every status is an answer.
    pub async fn send(
        &self,
        address: &str,
        request: Request,
        timeout: Duration,
    ) -> Result<Response, HttpError> {
        let message = self.prepare(address, request)?;
        self.exchange(address, message, timeout).await
    }

    /// Sends `request` to the proxy at `address`, in absolute form (RFC 9112, section 3.2.2): its URI
    /// goes out whole, and `Host` is that URI's.
    ///
    /// # Errors
    /// As [`Client::send`]; a URI without a host is [`HttpError::NotSent`].
    pub async fn forward(
        &self,
        address: &str,
        request: Request,
        timeout: Duration,
    ) -> Result<Response, HttpError> {
        let request = self.for_its_host(address, request)?;
        self.exchange(address, request.map(Full::new), timeout).await
    }

    /// With `Host` from the request's own URL, which is a whole one.
    fn for_its_host(&self, address: &str, mut request: Request) -> Result<Request, HttpError> {
        // Known by its address from now on, as a connection is put back under it.
        self.host_header(address)?;
        let host = request.uri().authority().map_or("", |authority| authority.as_str());
        if host.is_empty() {
            return Err(not_sent(address, "a whole URL is asked for"));
        }
        let host = HeaderValue::from_str(host).map_err(|why| not_sent(address, why))?;
        request.headers_mut().insert(header::HOST, host);
        Ok(request)
    }

    async fn exchange(
        &self,
        address: &str,
        mut message: Message,
        timeout: Duration,
    ) -> Result<Response, HttpError> {
        let deadline = Instant::now() + timeout;
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
        let named = ByName::of(address).map_or(address, |to| to.name);
        let header = HeaderValue::from_str(named).map_err(|why| not_sent(address, why))?;
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
            if sender.is_old() {
                continue;
            }
            if sender.half.is_ready() {
                return Some(sender);
            }
            let settled = deadline.min(Instant::now() + SETTLE);
            if !sender.half.is_closed()
                && matches!(time::timeout_at(settled, sender.half.ready()).await, Ok(Ok(())))
            {
                return Some(sender);
            }
        }
    }

    fn put_back(&self, address: &str, sender: Sender) {
        if sender.half.is_closed() || sender.is_old() {
            return;
        }
        let mut hosts = self.lock();
        let Some(host) = hosts.get_mut(address) else { return };
        if host.idle.len() < self.idle_per_host {
            host.idle.push((Instant::now(), sender));
        }
    }

    async fn connect(&self, address: &str, deadline: Instant) -> Result<Sender, HttpError> {
        let wire = time::timeout_at(deadline, self.dial(address))
            .await
            .map_err(|_| not_sent(address, "connecting took too long"))??;
        let half = match wire {
            Wire::Plain(stream) => self.converse(stream).await,
            Wire::Tls(stream) => self.converse(*stream).await,
        };
        let lifetime = ByName::of(address).and(self.names.as_ref()).map(|names| names.lifetime);
        let until = lifetime.map(|lifetime| Instant::now() + lifetime);
        Ok(Sender { half: half.map_err(|why| not_sent(address, why))?, until })
    }

    async fn dial(&self, address: &str) -> Result<Wire, HttpError> {
        match (ByName::of(address), &self.names) {
            (Some(to), Some(names)) => names.connect(to).await,
            (Some(_), None) => Err(not_sent(address, "this client looks no names up")),
            (None, _) => {
                let stream = self.node.connect(address).await;
                stream.map(Wire::Plain).map_err(|why| not_sent(address, why))
            }
        }
    }

    async fn converse<S>(&self, stream: S) -> hyper::Result<SendRequest<Full<Bytes>>>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (half, connection) = http1::handshake(TokioIo::new(stream)).await?;
        self.node.spawn(async move {
            // Whoever waits for an answer on it is told by the sender's half.
            let _ = connection.await;
        });
        Ok(half)
    }

    async fn attempt(
        &self,
        address: &str,
        mut sender: Sender,
        message: Message,
    ) -> Result<Attempt, HttpError> {
        let unknown =
            |why: &dyn std::fmt::Display| HttpError::Indeterminate(format!("{address}: {why}"));
        let (head, incoming) = match sender.half.try_send_request(message).await {
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
