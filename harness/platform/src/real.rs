//! The operating system's side.

use crate::{Disk, Listener, Rng, Stream, Targets, Task, rng};
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::{TcpListener, TcpStream};

#[derive(Debug)]
pub(crate) struct RealNode {
    name: String,
    data: PathBuf,
    seed: u64,
    /// Whom it may connect to; anybody where it is `None`.
    targets: Option<Targets>,
}

impl RealNode {
    pub(crate) fn new(name: &str, data: PathBuf, seed: u64, targets: Option<Targets>) -> Self {
        RealNode { name: name.to_owned(), data, seed, targets }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn unix_us(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64)
    }

    pub(crate) fn rng(&self, stream: &str) -> Rng {
        rng::derive(self.seed, &self.name, stream)
    }

    pub(crate) fn disk(&self) -> Disk {
        Disk::Real(self.data.clone())
    }

    pub(crate) async fn bind(&self, address: &str) -> io::Result<Listener> {
        TcpListener::bind(address).await.map(Listener::Real)
    }

    pub(crate) async fn connect(&self, address: &str) -> io::Result<Stream> {
        let stream = match &self.targets {
            None => TcpStream::connect(address).await?,
            Some(targets) => TcpStream::connect(&*targets.resolve(address).await?).await?,
        };
        stream.set_nodelay(true)?;
        Ok(Stream::Real(stream))
    }

    pub(crate) fn spawn<F>(&self, future: F) -> Task
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Task::new(tokio::spawn(future))
    }

    pub(crate) async fn blocking<T, F>(&self, work: F) -> T
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        match tokio::task::spawn_blocking(work).await {
            Ok(value) => value,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}

pub(crate) async fn accept(listener: &TcpListener) -> io::Result<Stream> {
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok(Stream::Real(stream))
}

pub(crate) fn reset(stream: TcpStream) {
    linger_zero(&stream);
}

pub(crate) fn reset_half(half: &tokio::net::tcp::OwnedWriteHalf) {
    let stream: &TcpStream = half.as_ref();
    // The other half keeps the descriptor, so closing with a linger of zero would come too late,
    // and a FIN before it. Dissolving the association sends RST at once.
    let _ = rustix::net::connect_unspec(stream);
}

/// Best effort: the peer of a socket that is gone already needs no reset.
fn linger_zero(stream: &TcpStream) {
    let _ = socket2::SockRef::from(stream).set_linger(Some(std::time::Duration::ZERO));
}
