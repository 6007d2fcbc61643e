//! The harness's handle on the world: its clock, its nodes, and what befalls them.

use super::dial::Stalled;
use super::host::Host;
use super::locked;
use super::node::SimNode;
use crate::Node;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::runtime::{Builder, Handle};
use tokio::time::Instant;

/// The harness's handle on the simulated world: it makes nodes, kills, freezes and cuts them off.
#[derive(Clone, Debug)]
pub struct World {
    shared: Arc<Shared>,
}

/// How a node dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// As by SIGKILL: its sockets close, what it wrote stays.
    Process,
    /// Silence: peers hear nothing, and only synced bytes stay.
    Power,
}

/// What a node is in, for reading a fault back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeState {
    pub alive: bool,
    pub frozen: bool,
    pub cut: bool,
}

/// What all parts of one world share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) seed: u64,
    pub(super) start_unix_us: u64,
    pub(super) runtime: Handle,
    pub(super) stalled: Stalled,
    origin: Instant,
    ids: AtomicU64,
    hosts: Mutex<BTreeMap<String, Arc<Host>>>,
}

impl Shared {
    /// Virtual microseconds since the world began.
    pub(super) fn now_us(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    pub(super) fn next_id(&self) -> u64 {
        self.ids.fetch_add(1, Relaxed)
    }

    pub(super) fn host(&self, name: &str) -> Option<Arc<Host>> {
        locked(&self.hosts).get(name).cloned()
    }

    fn host_or_new(&self, name: &str, immune: bool) -> Arc<Host> {
        let mut hosts = locked(&self.hosts);
        if let Some(host) = hosts.get(name) {
            return Arc::clone(host);
        }
        let host = Host::new(name, immune);
        hosts.insert(name.to_owned(), Arc::clone(&host));
        host
    }
}

impl World {
    /// Builds the paused runtime, runs `drill` in it to its end and drops the world.
    ///
    /// Blocks the calling thread, which must not be one of another tokio runtime. Idle virtual time
    /// passes at once.
    ///
    /// # Panics
    /// Where the operating system cannot give a runtime; when `drill` panics; and after a virtual
    /// year, which is reached at once when `drill` waits for what no timer and no task will bring.
    pub fn run<T, F, Fut>(seed: u64, start_unix_us: u64, drill: F) -> T
    where
        F: FnOnce(World) -> Fut,
        Fut: Future<Output = T>,
    {
        let runtime = Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime without I/O needs nothing from the operating system");
        let outcome = runtime.block_on(async {
            let world = World {
                shared: Arc::new(Shared {
                    seed,
                    start_unix_us,
                    runtime: Handle::current(),
                    stalled: Stalled::default(),
                    origin: Instant::now(),
                    ids: AtomicU64::new(0),
                    hosts: Mutex::default(),
                }),
            };
            let _end = End(Arc::clone(&world.shared));
            within_a_year(drill(world)).await
        });
        // Not a plain drop: that would wait for work somebody gave to a thread.
        runtime.shutdown_background();
        outcome
    }

    /// The node `name`: made on first use; after a kill a new life of it on the same disk.
    pub fn node(&self, name: &str) -> Node {
        self.boot(name, false)
    }

    /// A node of the harness itself, such as the sender of the messages: no fault reaches it.
    pub fn harness_node(&self, name: &str) -> Node {
        self.boot(name, true)
    }

    fn boot(&self, name: &str, immune: bool) -> Node {
        let host = self.shared.host_or_new(name, immune);
        let was_off = !host.is_powered();
        let life = host.boot();
        if was_off {
            self.shared.stalled.wake_all();
        }
        Node::sim(SimNode::new(Arc::clone(&self.shared), host, life))
    }

    /// Virtual microseconds since the world began.
    pub fn now_us(&self) -> u64 {
        self.shared.now_us()
    }

    /// Microseconds since the Unix epoch, by the world's one wall clock.
    pub fn unix_us(&self) -> u64 {
        self.shared.start_unix_us.saturating_add(self.now_us())
    }

    /// What `name` is in; nothing for a node never made.
    pub fn state(&self, name: &str) -> Option<NodeState> {
        let host = self.shared.host(name)?;
        let life = host.life();
        let alive = !life.is_dead();
        Some(NodeState { alive, frozen: alive && life.is_frozen(), cut: host.is_cut() })
    }

    /// Ends the node's life: its tasks never run again. Read the outcome back with
    /// [`World::state`]; a node that is dead, or the harness's own, stays as it is.
    pub fn kill(&self, name: &str, death: Death) {
        self.strike(name, |host| {
            if host.life().is_dead() {
                return;
            }
            match death {
                Death::Process => host.end_process(),
                Death::Power => host.end_power(),
            }
            // Whoever waited for a place in a queue of the dead is refused now.
            self.shared.stalled.wake_all();
        });
    }

    /// The node is not polled any more; what is sent to it waits in its buffers.
    pub fn freeze(&self, name: &str) {
        self.strike(name, |host| host.life().freeze());
    }

    pub fn thaw(&self, name: &str) {
        self.strike(name, |host| host.life().thaw());
    }

    /// Nothing passes between this node and any other; what was under way is delivered after
    /// [`World::mend`], as TCP would send it again.
    pub fn cut(&self, name: &str) {
        self.strike(name, |host| host.set_cut(true));
    }

    pub fn mend(&self, name: &str) {
        self.strike(name, |host| {
            host.set_cut(false);
            self.shared.stalled.wake_all();
        });
    }

    fn strike(&self, name: &str, fault: impl FnOnce(&Host)) {
        if let Some(host) = self.shared.host(name)
            && !host.immune
        {
            fault(&host);
        }
    }
}

/// Without an end of time, a drill that waits for nothing would hang its thread.
async fn within_a_year<T>(drill: impl Future<Output = T>) -> T {
    let outcome = tokio::time::timeout(Duration::from_secs(365 * 24 * 3600), drill).await;
    outcome.expect("the simulated drill waits for something that never happens")
}

/// Ends the world when the drill is over, however it ended.
struct End(Arc<Shared>);

impl Drop for End {
    fn drop(&mut self) {
        let hosts = std::mem::take(&mut *locked(&self.0.hosts));
        hosts.values().for_each(|host| host.dissolve());
        self.0.stalled.wake_all();
    }
}
