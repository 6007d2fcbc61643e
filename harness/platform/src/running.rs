//! A started service: where it listens, and how to ask it to stop.

use std::collections::BTreeMap;
use tokio::sync::watch;

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
pub struct Stop(watch::Sender<bool>);

/// The service's side of [`Stop`].
#[derive(Clone, Debug)]
pub struct Stopping(watch::Receiver<bool>);

/// Told by the service when it is done; keep [`Done`] alive until then.
#[derive(Debug)]
pub struct Stopped(watch::Receiver<()>);

/// Dropped by the service's last task.
#[derive(Clone, Debug)]
pub struct Done(#[allow(dead_code)] std::sync::Arc<watch::Sender<()>>);

/// The four ends of one service's stop.
pub fn stop_pair() -> (Stop, Stopping, Done, Stopped) {
    let (ask, asked) = watch::channel(false);
    let (done, stopped) = watch::channel(());
    (Stop(ask), Stopping(asked), Done(std::sync::Arc::new(done)), Stopped(stopped))
}

impl Stop {
    pub fn ask(&self) {
        self.0.send_replace(true);
    }
}

impl Stopping {
    /// Resolves when the stop is asked for; never, if nobody can ask any more.
    pub async fn asked(&mut self) {
        if self.0.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }
}

impl Stopped {
    pub async fn wait(&mut self) {
        while self.0.changed().await.is_ok() {}
    }
}
