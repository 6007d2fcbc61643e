//! A node: the door through which one service reaches the world.

use crate::{Alarm, Disk, Listener, Rng, Stream, Targets, real, sim};
use std::future::Future;
use std::io;
use std::sync::Arc;

/// One node of a stack, real or simulated. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Node {
    inner: Arc<Inner>,
}

#[derive(Debug)]
enum Inner {
    Real(real::RealNode),
    Sim(sim::SimNode),
}

/// A task started through [`Node::spawn`]. Dropping it lets the task run on.
#[derive(Debug)]
pub struct Task {
    handle: tokio::task::JoinHandle<()>,
}

impl Task {
    pub(crate) fn new(handle: tokio::task::JoinHandle<()>) -> Self {
        Task { handle }
    }

    /// Ends the task at its next await.
    pub fn abort(&self) {
        self.handle.abort();
    }

    pub fn is_finished(&self) -> bool {
        self.handle.is_finished()
    }

    /// Waits for the task's end, however it ended.
    pub async fn join(self) {
        let _ = self.handle.await;
    }
}

impl Node {
    /// A node on the operating system, with its files under `data` and its draws from `seed`.
    pub fn real(name: &str, data: std::path::PathBuf, seed: u64) -> Node {
        Node { inner: Arc::new(Inner::Real(real::RealNode::new(name, data, seed, None))) }
    }

    /// As [`Node::real`], and connecting to none but `targets`.
    pub fn real_within(name: &str, data: std::path::PathBuf, seed: u64, targets: Targets) -> Node {
        let node = real::RealNode::new(name, data, seed, Some(targets));
        Node { inner: Arc::new(Inner::Real(node)) }
    }

    pub(crate) fn sim(node: sim::SimNode) -> Node {
        Node { inner: Arc::new(Inner::Sim(node)) }
    }

    pub fn name(&self) -> &str {
        match &*self.inner {
            Inner::Real(node) => node.name(),
            Inner::Sim(node) => node.name(),
        }
    }

    /// Microseconds since the Unix epoch, by the node's wall clock.
    pub fn unix_us(&self) -> u64 {
        match &*self.inner {
            Inner::Real(node) => node.unix_us(),
            Inner::Sim(node) => node.unix_us(),
        }
    }

    /// A generator of its own for `stream`: same seed, node and stream, same draws.
    ///
    /// After a kill a simulated node draws anew, or it would give out the identifiers of its first
    /// life again. On the real side whoever starts the process again gives it another seed.
    pub fn rng(&self, stream: &str) -> Rng {
        match &*self.inner {
            Inner::Real(node) => node.rng(stream),
            Inner::Sim(node) => node.rng(stream),
        }
    }

    /// The node's directory of files; outlives a kill.
    pub fn disk(&self) -> Disk {
        match &*self.inner {
            Inner::Real(node) => node.disk(),
            Inner::Sim(node) => node.disk(),
        }
    }

    /// Listens on `host:port`. Port 0 asks for a free one, see [`Listener::local_addr`].
    ///
    /// In the simulation a node's host is its own name; `0.0.0.0`, `127.0.0.1` and `localhost` mean
    /// itself too.
    ///
    /// # Errors
    /// `AddrInUse`, `AddrNotAvailable` for another node's host, or what the operating system says.
    pub async fn bind(&self, address: &str) -> io::Result<Listener> {
        match &*self.inner {
            Inner::Real(node) => node.bind(address).await,
            Inner::Sim(node) => node.bind(address).await,
        }
    }

    /// Connects to `host:port`, with TCP_NODELAY set.
    ///
    /// # Errors
    /// `ConnectionRefused` where nobody listens; never resolves where the peer is cut off (time out
    /// with [`crate::time::timeout`]). In the simulation a refusal takes 1 ms, all else no time.
    pub async fn connect(&self, address: &str) -> io::Result<Stream> {
        match &*self.inner {
            Inner::Real(node) => node.connect(address).await,
            Inner::Sim(node) => node.connect(address).await,
        }
    }

    /// A timer that is exact where time is real. Must be called on a runtime.
    pub fn alarm(&self) -> Alarm {
        match &*self.inner {
            Inner::Real(_) => Alarm::exact(),
            Inner::Sim(_) => Alarm::tokio(),
        }
    }

    /// Starts a task of this node: it dies, freezes and thaws with it.
    pub fn spawn<F>(&self, future: F) -> Task
    where
        F: Future<Output = ()> + Send + 'static,
    {
        match &*self.inner {
            Inner::Real(node) => node.spawn(future),
            Inner::Sim(node) => node.spawn(future),
        }
    }

    /// Runs work that blocks on the disk: on a thread of its own on the real side, in place in the
    /// simulation.
    pub async fn blocking<T, F>(&self, work: F) -> T
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        match &*self.inner {
            Inner::Real(node) => node.blocking(work).await,
            Inner::Sim(_) => work(),
        }
    }
}
