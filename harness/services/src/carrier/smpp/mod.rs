//! The SMPP v3.4 front: an SMSC with one account and any number of binds.
//!
//! [`session`] speaks to one ESME, [`dispatch`] sends receipts to whichever receiver has room.
//! submit_multi, data_sm and scheduled delivery are refused; nothing can be cancelled or replaced,
//! for what is accepted has been delivered.

mod dispatch;
mod session;

use super::Carrier;
use dispatch::Receivers;
use squall_platform::running::{Done, Stopping};
use squall_platform::{Listener, time};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Connections open at once; more wait to be accepted.
const CONNECTIONS: usize = 1_000;

/// Pause after a failed accept (the descriptors ran out), so that it does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

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

pub(super) fn serve(
    carrier: Arc<Carrier>,
    mut listener: Listener,
    mut stopping: Stopping,
    done: Done,
) {
    let node = carrier.node.clone();
    let smsc = Arc::new(Smsc { carrier, receivers: Mutex::default() });
    node.spawn(dispatch::run(smsc.clone(), stopping.clone(), done.clone()));
    let spawner = node.clone();
    node.spawn(async move {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let Ok(place) = places.clone().acquire_owned().await else { return };
            let accepted = tokio::select! {
                biased;
                () = stopping.asked() => return,
                accepted = listener.accept() => accepted,
            };
            let Ok(stream) = accepted else {
                time::sleep(ACCEPT_PAUSE).await;
                continue;
            };
            let (smsc, stopping, done) = (smsc.clone(), stopping.clone(), done.clone());
            spawner.spawn(async move {
                session::run(smsc, stream, stopping).await;
                drop((place, done));
            });
        }
    });
}

/// The message id of a place in the log.
fn message_id(id: u64) -> String {
    format!("{id:010}")
}
