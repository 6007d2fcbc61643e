//! The name server of a run: tells clients where the targets are that they know by name alone.
//!
//! DNS over TCP on the port `dns`, answers from the [`zone`], which the port `control` changes. It is
//! the authority for all it knows and asks nobody else.

mod control;
mod zone;

use crate::{ServiceError, listen};
use control::Control;
use squall_model::node_config::NodeConfig;
use squall_platform::running::{Stopping, stop_pair};
use squall_platform::{Node, Running, Stream, accept, time};
use squall_wire::dns;
use squall_wire::http::{Limits, serve};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use zone::Zone;

/// Connections open at once; more wait to be accepted.
const CONNECTIONS: usize = 4096;

/// A connection without a question for so long is closed, as RFC 7766 lets a server do.
const IDLE: Duration = Duration::from_secs(60);

/// Starts a name server that knows no name yet. Ports: `dns` and `control`.
///
/// # Errors
/// [`ServiceError`]: an address is missing, or cannot be bound.
pub async fn start(node: Node, config: NodeConfig) -> Result<Running, ServiceError> {
    let mut addresses = BTreeMap::new();
    let questions = listen(&node, &config, "dns", &mut addresses).await?;
    let control = listen(&node, &config, "control", &mut addresses).await?;
    let zone = Arc::new(Zone::default());
    let (stop, stopping, done, stopped) = stop_pair();
    let handler = Arc::new(Control { zone: zone.clone(), token: config.token });
    serve(&node, control, Limits::default(), stopping.clone(), done.clone(), handler);
    let stops = stopping.clone();
    accept(&node, questions, CONNECTIONS, stopping, done, move |stream| {
        connection(stream, zone.clone(), stops.clone())
    });
    Ok(Running { addresses, stop, stopped })
}

async fn connection(mut stream: Stream, zone: Arc<Zone>, mut stopping: Stopping) {
    loop {
        let question = tokio::select! {
            biased;
            () = stopping.asked() => return,
            question = time::timeout(IDLE, dns::read(&mut stream)) => question,
        };
        let Ok(Ok(Some(question))) = question else { return };
        // Who sends what is no question is not talked to.
        let Some(answer) = dns::answer(&question, |name| zone.find(name)) else { return };
        if dns::write(&mut stream, &answer).await.is_err() {
            return;
        }
    }
}
