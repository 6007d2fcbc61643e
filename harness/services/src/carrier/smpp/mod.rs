//! The SMPP v3.4 front: an SMSC with one account and any number of binds.
//!
//! [`session`] speaks to one ESME, [`dispatch`] sends receipts to whichever receiver has room.
//! submit_multi, data_sm and scheduled delivery are refused; nothing can be cancelled or replaced,
//! for what is accepted has been delivered.

mod dispatch;
mod session;

use super::Carrier;
use super::dialect::{Codes, Dialect, number};
use dispatch::Receivers;
use squall_platform::running::{Done, Stopping};
use squall_platform::{Listener, accept};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Connections open at once; more wait to be accepted.
const CONNECTIONS: usize = 1_000;

struct Smsc {
    carrier: Arc<Carrier>,
    /// Locked before the desk wherever both are.
    receivers: Mutex<Receivers>,
}

impl Smsc {
    fn receivers(&self) -> MutexGuard<'_, Receivers> {
        self.receivers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Codes are values of command_status.
pub(super) static DIALECT: Dialect = Dialect {
    port: "smpp",
    lands_at_once: true,
    receipts: true,
    codes: Codes {
        throttled: 0x58,
        queue_full: 0x14,
        system_error: 0x08,
        rejected: 0x45,
        read: |raw| number(raw).filter(|code| (0x01..=0x4FF).contains(code)),
        show: |code| format!("0x{code:02X}"),
    },
    serve,
};

fn serve(carrier: Arc<Carrier>, listener: Listener, stopping: Stopping, done: Done) {
    let node = carrier.node.clone();
    let smsc = Arc::new(Smsc { carrier, receivers: Mutex::default() });
    node.spawn(dispatch::run(smsc.clone(), stopping.clone(), done.clone()));
    let stop = stopping.clone();
    accept(&node, listener, CONNECTIONS, stopping, done, move |stream| {
        session::run(smsc.clone(), stream, stop.clone())
    });
}

/// The message id of a place in the log.
fn message_id(id: u64) -> String {
    format!("{id:010}")
}
