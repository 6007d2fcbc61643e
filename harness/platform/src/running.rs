//! A started service: where it listens, and how to ask it to stop.
//!
//! Many tasks of a service wait for one stop. They are woken in the order in which they began to
//! wait; tokio's `watch` would wake them in an order drawn anew in each process, and one seed would
//! no longer give one history.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use tokio::sync::{Notify, mpsc};

/// What every role hands back once it is ready to serve.
#[derive(Debug)]
pub struct Running {
    /// Port name → bound address.
    pub addresses: BTreeMap<String, String>,
    pub stop: Stop,
    /// Resolves when the service has finished its graceful stop.
    pub stopped: Stopped,
}

/// Asks for a graceful stop.
#[derive(Clone, Debug)]
pub struct Stop(Arc<Wish>);

/// The service's side of [`Stop`].
#[derive(Clone, Debug)]
pub struct Stopping(Arc<Wish>);

#[derive(Debug, Default)]
struct Wish {
    asked: AtomicBool,
    told: Notify,
}

/// Told by the service when it is done; keep [`Done`] alive until then.
#[derive(Debug)]
pub struct Stopped(mpsc::Receiver<Infallible>);

/// Dropped by the service's last task.
#[derive(Clone, Debug)]
pub struct Done(#[allow(dead_code)] mpsc::Sender<Infallible>);

/// The four ends of one service's stop.
pub fn stop_pair() -> (Stop, Stopping, Done, Stopped) {
    let (stop, stopping) = stop();
    let (done, stopped) = mpsc::channel(1);
    (stop, stopping, Done(done), Stopped(stopped))
}

/// A stop alone, for tasks whose end is waited for in another way.
pub fn stop() -> (Stop, Stopping) {
    let wish = Arc::new(Wish::default());
    (Stop(wish.clone()), Stopping(wish))
}

impl Stop {
    pub fn ask(&self) {
        self.0.asked.store(true, SeqCst);
        self.0.told.notify_waiters();
    }
}

impl Stopping {
    /// Resolves when the stop is asked for; never, if nobody can ask any more.
    pub async fn asked(&mut self) {
        // Made before the look: whoever asks in between finds this one waiting.
        let told = self.0.told.notified();
        if !self.is_asked() {
            told.await;
        }
    }

    pub fn is_asked(&self) -> bool {
        self.0.asked.load(SeqCst)
    }
}

impl Stopped {
    pub async fn wait(&mut self) {
        while self.0.recv().await.is_some() {}
    }
}
