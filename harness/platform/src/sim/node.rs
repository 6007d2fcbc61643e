//! One life of a simulated node, as its service sees it.

use super::address;
use super::dial::dial;
use super::disk::SimDisk;
use super::gate::Life;
use super::host::Host;
use super::listener::SimListener;
use super::world::Shared;
use crate::{Disk, Listener, Rng, Stream, Task, rng};
use std::future::Future;
use std::io::{self, ErrorKind};
use std::sync::Arc;

/// See [`crate::Node`].
#[derive(Debug)]
pub struct SimNode {
    shared: Arc<Shared>,
    host: Arc<Host>,
    life: Arc<Life>,
}

impl SimNode {
    pub(super) fn new(shared: Arc<Shared>, host: Arc<Host>, life: Arc<Life>) -> SimNode {
        SimNode { shared, host, life }
    }

    pub(crate) fn name(&self) -> &str {
        &self.host.name
    }

    pub(crate) fn unix_us(&self) -> u64 {
        self.shared.start_unix_us.saturating_add(self.shared.now_us())
    }

    /// A later life draws anew, or it would give out the identifiers of the first again.
    pub(crate) fn rng(&self, stream: &str) -> Rng {
        match self.life.number {
            1 => rng::derive(self.shared.seed, &self.host.name, stream),
            life => rng::derive(self.shared.seed, &format!("{}#{life}", self.host.name), stream),
        }
    }

    pub(crate) fn disk(&self) -> Disk {
        Disk::Sim(SimDisk::new(Arc::clone(&self.host.files), Arc::clone(&self.life)))
    }

    pub(crate) async fn bind(&self, address: &str) -> io::Result<Listener> {
        self.alive()?;
        let (name, port) = address::parse(address, &self.host.name)?;
        if name != self.host.name {
            return Err(ErrorKind::AddrNotAvailable.into());
        }
        let listening = self.host.listen(port).ok_or(ErrorKind::AddrInUse)?;
        let host = Arc::clone(&self.host);
        Ok(Listener::Sim(SimListener::new(Arc::clone(&self.shared), host, listening)))
    }

    pub(crate) async fn connect(&self, address: &str) -> io::Result<Stream> {
        self.alive()?;
        dial(&self.shared, &self.host, address).await.map(Stream::Sim)
    }

    pub(crate) fn spawn<F>(&self, future: F) -> Task
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Task::new(self.life.spawn(&self.shared.runtime, future))
    }

    /// Only what a service left behind, such as a `Drop`, can ask after its death.
    fn alive(&self) -> io::Result<()> {
        if self.life.is_dead() {
            return Err(io::Error::new(ErrorKind::NotConnected, "the node is dead"));
        }
        Ok(())
    }
}
