//! The loop that every server has: accept, and carry each connection in a task of its own.

use crate::running::{Done, Stopping};
use crate::{Listener, Node, Stream, time};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Pause after a failed accept (the descriptors ran out), so that it does not spin.
const PAUSE: Duration = Duration::from_millis(50);

/// Calls `carry` with each connection to `listener` until `stopping` is asked; `done` is dropped with
/// the last of them. At most `most` are open at once: more wait in the listener's queue.
pub fn accept<F>(
    node: &Node,
    mut listener: Listener,
    most: usize,
    mut stopping: Stopping,
    done: Done,
    mut carry: impl FnMut(Stream) -> F + Send + 'static,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let spawner = node.clone();
    node.spawn(async move {
        let places = Arc::new(Semaphore::new(most));
        loop {
            let Ok(place) = places.clone().acquire_owned().await else { return };
            let accepted = tokio::select! {
                biased;
                () = stopping.asked() => return,
                accepted = listener.accept() => accepted,
            };
            let Ok(stream) = accepted else {
                time::sleep(PAUSE).await;
                continue;
            };
            let (connection, done) = (carry(stream), done.clone());
            spawner.spawn(async move {
                connection.await;
                drop((place, done));
            });
        }
    });
}
