//! What the user wants of a run that is under way.

use tokio::sync::watch;

/// Only ever grows. The undo is done whatever is wished for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wish {
    #[default]
    GoOn,
    /// Heal, read every log to its end, stop every node.
    Stop,
    /// Heal, and leave out what takes time: the rest of the logs, graceful stops.
    Hurry,
}

impl Wish {
    /// For a run that nobody stops.
    pub fn none() -> watch::Receiver<Wish> {
        watch::channel(Wish::GoOn).1
    }
}

/// Resolves when at least `wish` is wished for; never where nobody is left to wish.
///
/// One task of a drill waits here at a time: `watch` wakes several in an order of its own.
pub(crate) async fn wished(wishes: &mut watch::Receiver<Wish>, wish: Wish) {
    if wishes.wait_for(|now| *now >= wish).await.is_err() {
        std::future::pending::<()>().await;
    }
}
