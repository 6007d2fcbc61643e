//! The answering side of frames connections.

use crate::message::{self, Answer, Ask, Reply};
use bytes::Bytes;
use squall_platform::running::{Done, Stopping};
use squall_platform::{Listener, Node, Stream, accept};
use squall_wire::frames::{self, ControlFlow, Side};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Connections open at once on one port: a node has a handful of peers.
const CONNECTIONS: usize = 1_000;

/// Who asked, and how to answer. Cheap to clone; dropping it does not end the connection.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    /// Unique over the life of the process.
    pub id: u64,
    outgoing: mpsc::UnboundedSender<Bytes>,
}

impl Peer {
    /// An answer to a peer that is gone goes nowhere.
    pub(crate) fn reply(&self, number: u64, what: Reply) {
        let _ = self.outgoing.send(message::encode(&Answer { number, what }));
    }
}

/// A role's side of its frames port. Neither call may block.
pub(crate) trait Asked: Send + Sync + 'static {
    fn asked(&self, peer: &Peer, ask: Ask);
    fn gone(&self, peer: u64) {
        let _ = peer;
    }
}

/// Serves `listener` until `stopping`; open connections end with it.
pub(crate) fn frames(
    node: &Node,
    listener: Listener,
    stopping: Stopping,
    done: Done,
    asked: Arc<dyn Asked>,
) {
    let (stop, mut ids) = (stopping.clone(), 0u64..);
    accept(node, listener, CONNECTIONS, stopping, done, move |stream| {
        let id = ids.next().unwrap_or(u64::MAX);
        let (stop, asked) = (stop.clone(), asked.clone());
        async move {
            connection(id, stream, stop, &*asked).await;
            asked.gone(id);
        }
    });
}

async fn connection(id: u64, stream: Stream, mut stopping: Stopping, asked: &dyn Asked) {
    let (outgoing, mut answers) = mpsc::unbounded_channel();
    let peer = Peer { id, outgoing };
    let on_frame = |frame: Bytes| match message::decode::<Ask>(&frame) {
        Some(ask) => {
            asked.asked(&peer, ask);
            ControlFlow::Continue(())
        }
        // Whoever does not speak the language is not talked to.
        None => ControlFlow::Break(()),
    };
    tokio::select! {
        biased;
        _ = frames::exchange(stream, Side::Serving, &mut answers, on_frame) => {}
        () = stopping.asked() => {}
    }
}
