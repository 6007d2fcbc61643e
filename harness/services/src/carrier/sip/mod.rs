//! The telephone network behind a SIP trunk (RFC 3261 over TCP): every number has a phone that rings
//! for the carrier's `receipt_delay`, is answered, and presses a key now and then until its caller
//! hangs up. What it hears is told in INFO requests (see [`squall_wire::sip::Heard`]); there is no
//! sound. [`session`] carries one connection, [`requests`] answers, [`phone`] does what phones do.
//!
//! Codes are SIP statuses. A call is taken with 100, a behaviour that holds answers back holds back
//! what follows. A dialog belongs to the connection it came by and ends with it. There are no
//! registrations, no authentication, no re-INVITE (488) and no receipts: who calls knows how it ended.

mod phone;
mod requests;
mod session;

use super::Carrier;
use super::dialect::{Codes, Dialect, number};
use squall_platform::running::{Done, Stopping};
use squall_platform::{Listener, Rng, accept};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};

/// Connections open at once; more wait to be accepted.
const CONNECTIONS: usize = 1_000;

pub(super) static DIALECT: Dialect = Dialect {
    port: "sip",
    lands_at_once: true,
    receipts: false,
    codes: Codes {
        throttled: 503,
        queue_full: 503,
        system_error: 500,
        rejected: 603,
        read: |raw| number(raw).filter(|code| (400..=699).contains(code)),
        show: |code| code.to_string(),
    },
    serve,
};

/// What the connections share.
struct Network {
    carrier: Arc<Carrier>,
    /// Of dialogs: drawn, so that nobody can guess one.
    tags: Mutex<Rng>,
    /// Calls of all connections.
    calls: AtomicUsize,
}

fn serve(carrier: Arc<Carrier>, listener: Listener, stopping: Stopping, done: Done) {
    let node = carrier.node.clone();
    let tags = Mutex::new(node.rng("sip tags"));
    let network = Arc::new(Network { carrier, tags, calls: AtomicUsize::new(0) });
    let stop = stopping.clone();
    accept(&node, listener, CONNECTIONS, stopping, done, move |stream| {
        session::run(network.clone(), stream, stop.clone())
    });
}
