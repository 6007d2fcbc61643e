//! The machine under a node: what its kernel and its disk keep from one life to the next.

use super::conn::Conn;
use super::disk::Files;
use super::gate::Life;
use super::listener::Listening;
use super::locked;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

/// Where the ports the system gives out begin, as IANA has it.
const FIRST_EPHEMERAL: u16 = 49_152;

#[derive(Debug)]
pub(super) struct Host {
    pub(super) name: String,
    /// Of the harness itself: no fault reaches it.
    pub(super) immune: bool,
    pub(super) files: Arc<Files>,
    cut: AtomicBool,
    powered: AtomicBool,
    kernel: Mutex<Kernel>,
}

#[derive(Debug)]
struct Kernel {
    life: Arc<Life>,
    next_port: u16,
    /// The instant of the last connect, and how many there were in it.
    dials: (u64, u32),
    listeners: BTreeMap<u16, Arc<Listening>>,
    conns: BTreeMap<u64, Arc<Conn>>,
}

impl Host {
    pub(super) fn new(name: &str, immune: bool) -> Arc<Host> {
        Arc::new(Host {
            name: name.to_owned(),
            immune,
            files: Arc::default(),
            cut: AtomicBool::new(false),
            powered: AtomicBool::new(true),
            kernel: Mutex::new(Kernel {
                life: Life::new(1),
                next_port: FIRST_EPHEMERAL,
                dials: (0, 0),
                listeners: BTreeMap::new(),
                conns: BTreeMap::new(),
            }),
        })
    }

    pub(super) fn is_cut(&self) -> bool {
        self.cut.load(Relaxed)
    }

    pub(super) fn is_powered(&self) -> bool {
        self.powered.load(Relaxed)
    }

    /// The life that is, or was last.
    pub(super) fn life(&self) -> Arc<Life> {
        Arc::clone(&locked(&self.kernel).life)
    }

    /// The living life; a new one where the last has ended, with the power on.
    pub(super) fn boot(&self) -> Arc<Life> {
        let life = {
            let mut kernel = locked(&self.kernel);
            if kernel.life.is_dead() {
                kernel.life = Life::new(kernel.life.number + 1);
            }
            Arc::clone(&kernel.life)
        };
        if !self.powered.swap(true, Relaxed) {
            self.conns().iter().for_each(|conn| conn.flush());
        }
        life
    }

    /// As by SIGKILL: the kernel closes every socket and goes on.
    pub(super) fn end_process(&self) {
        self.close_listeners();
        for conn in self.conns() {
            conn.close_at(self);
        }
        self.life().end();
    }

    /// Silence from now on; what was not synced is gone.
    pub(super) fn end_power(&self) {
        self.powered.store(false, Relaxed);
        for conn in self.conns() {
            conn.lose_at(self);
        }
        self.close_listeners();
        self.files.lose_unsynced();
        self.life().end();
    }

    pub(super) fn set_cut(&self, cut: bool) {
        self.cut.store(cut, Relaxed);
        if !cut {
            self.conns().iter().for_each(|conn| conn.flush());
        }
    }

    /// Lets go of every socket, so that nothing keeps this host alive in a circle.
    pub(super) fn dissolve(&self) {
        self.life().end();
        let (listeners, conns) = {
            let mut kernel = locked(&self.kernel);
            (std::mem::take(&mut kernel.listeners), std::mem::take(&mut kernel.conns))
        };
        listeners.values().for_each(|listening| drop(listening.close()));
        drop(conns);
    }

    /// Keeps `listening` at its port, or at a free one for 0. None: the port is taken.
    pub(super) fn listen(&self, port: u16) -> Option<Arc<Listening>> {
        let mut kernel = locked(&self.kernel);
        let port = match port {
            0 => kernel.free_port(),
            port if kernel.listeners.contains_key(&port) => return None,
            port => port,
        };
        let listening = Arc::new(Listening::new(port));
        kernel.listeners.insert(port, Arc::clone(&listening));
        Some(listening)
    }

    pub(super) fn listening(&self, port: u16) -> Option<Arc<Listening>> {
        locked(&self.kernel).listeners.get(&port).cloned()
    }

    /// Frees the port, unless a later life listens there by now.
    pub(super) fn unlisten(&self, listening: &Arc<Listening>) {
        let mut kernel = locked(&self.kernel);
        if kernel.listeners.get(&listening.port).is_some_and(|at| Arc::ptr_eq(at, listening)) {
            kernel.listeners.remove(&listening.port);
        }
    }

    /// A port for an outgoing connection. Repeats once they have all been given out.
    pub(super) fn client_port(&self) -> u16 {
        locked(&self.kernel).free_port()
    }

    /// Counts a connect; how many there have been in this instant.
    pub(super) fn dials_at(&self, now_us: u64) -> u32 {
        let mut kernel = locked(&self.kernel);
        let (instant, count) = kernel.dials;
        kernel.dials = (now_us, if instant == now_us { count.saturating_add(1) } else { 1 });
        kernel.dials.1
    }

    pub(super) fn keep(&self, conn: &Arc<Conn>) {
        locked(&self.kernel).conns.insert(conn.id, Arc::clone(conn));
    }

    pub(super) fn forget(&self, conn: u64) {
        let forgotten = locked(&self.kernel).conns.remove(&conn);
        drop(forgotten);
    }

    fn conns(&self) -> Vec<Arc<Conn>> {
        locked(&self.kernel).conns.values().cloned().collect()
    }

    fn close_listeners(&self) {
        let listeners = std::mem::take(&mut locked(&self.kernel).listeners);
        for listening in listeners.values() {
            listening.close().into_iter().for_each(|stream| stream.reset());
        }
    }
}

impl Kernel {
    fn free_port(&mut self) -> u16 {
        loop {
            let port = self.next_port;
            self.next_port = port.checked_add(1).unwrap_or(FIRST_EPHEMERAL);
            if !self.listeners.contains_key(&port) {
                return port;
            }
        }
    }
}
