//! A stub resolver: asks one server, keeps answers for as long as they say.
//!
//! A failure is not kept, and nothing is asked twice: who wants to try again does.

use super::message::{self, Place};
use squall_platform::Node;
use squall_platform::time::{self, Instant};
use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU16, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// For one answer.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DnsError {
    #[error("{name} does not resolve: {why}")]
    Unresolved { name: String, why: &'static str },
    #[error("\"{0}\" is no name")]
    Unfit(String),
    #[error("the answer about {0} cannot be read")]
    Unreadable(String),
    #[error("{name} does not resolve: {server} {why}")]
    Unreachable { name: String, server: String, why: String },
}

/// Clones share what is known.
#[derive(Clone, Debug)]
pub struct Resolver {
    node: Node,
    server: String,
    search: String,
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    known: Mutex<BTreeMap<String, (Instant, Place)>>,
    asked: AtomicU16,
}

impl Resolver {
    /// Asks `server` (`host:port`) for names that end in `search`.
    pub fn new(node: Node, server: &str, search: &str) -> Resolver {
        let (server, search) = (server.to_owned(), search.to_owned());
        Resolver { node, server, search, inner: Arc::default() }
    }

    /// Where `service` (`http`, `https`) of `name` is.
    ///
    /// # Errors
    /// [`DnsError`].
    pub async fn find(&self, service: &str, name: &str) -> Result<Place, DnsError> {
        let asked = format!("_{service}._tcp.{name}.{}", self.search);
        let now = Instant::now();
        if let Some((_, place)) = self.known().get(&asked).filter(|(until, _)| *until > now) {
            return Ok(place.clone());
        }
        let id = self.inner.asked.fetch_add(1, Relaxed);
        let question = message::question(id, &asked)?;
        let unreachable = |why: String| {
            let server = self.server.clone();
            DnsError::Unreachable { name: asked.clone(), server, why }
        };
        let answer = match time::timeout(PATIENCE, self.ask(&question)).await {
            Ok(answer) => answer.map_err(|error| unreachable(error.to_string()))?,
            Err(_) => {
                return Err(unreachable(format!("did not answer within {} s", PATIENCE.as_secs())));
            }
        };
        let (place, ttl_s) = message::place(id, &asked, &answer)?;
        let until = Instant::now() + Duration::from_secs(ttl_s.into());
        self.known().insert(asked, (until, place.clone()));
        Ok(place)
    }

    /// A connection for each question: they are few, and none meets another's end.
    async fn ask(&self, question: &[u8]) -> io::Result<Vec<u8>> {
        let mut stream = self.node.connect(&self.server).await?;
        super::write(&mut stream, question).await?;
        super::read(&mut stream).await?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    /// A panic elsewhere leaves it in order: each entry is put in whole.
    fn known(&self) -> MutexGuard<'_, BTreeMap<String, (Instant, Place)>> {
        self.inner.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
