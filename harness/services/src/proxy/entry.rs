//! One proxy: its listener, started and stopped, and the link to its connections.

use super::address;
use super::link::{Link, Route};
use super::toxic::ToxicView;
use serde::Serialize;
use squall_platform::{Listener, Node, Task, time};
use std::sync::Arc;
use std::time::Duration;

/// Pause after a failed accept (the descriptors ran out), so that it does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    /// The bound address once it was started, before that the text given.
    pub(super) listen: String,
    /// The address asked for, resolved, where it was started from one.
    asked: Option<String>,
    pub(super) upstream: String,
    pub(super) link: Arc<Link>,
    accepting: Option<Task>,
}

impl Entry {
    pub(super) fn new(name: String, listen: String, upstream: String, link: Link) -> Entry {
        Entry { name, listen, asked: None, upstream, link: Arc::new(link), accepting: None }
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.accepting.is_some()
    }

    /// Whether listening on `listen` would be listening somewhere else.
    ///
    /// # Errors
    /// Go's text, where `listen` cannot be read.
    pub(super) fn listens_elsewhere(&self, listen: &str) -> Result<bool, String> {
        if listen == self.listen {
            return Ok(false);
        }
        let resolved = address::resolve(listen)?;
        let fixed = !resolved.ends_with(":0");
        Ok(resolved != self.listen && !(fixed && self.asked.as_deref() == Some(&resolved)))
    }

    /// Starts to listen. `route` is made for the bound address.
    ///
    /// # Errors
    /// Go's text; the proxy stays stopped.
    pub(super) async fn start(
        &mut self,
        node: &Node,
        route: impl FnOnce(&Entry) -> Route,
    ) -> Result<(), String> {
        let resolved =
            address::resolve(&self.listen).map_err(|why| format!("listen tcp: {why}"))?;
        let listener = address::listen(node, &resolved).await?;
        self.listen = listener.local_addr();
        self.asked = Some(resolved);
        let accepting = accept(node.clone(), listener, self.link.clone(), Arc::new(route(self)));
        self.accepting = Some(node.spawn(accepting));
        Ok(())
    }

    /// Stops to listen and closes what is open. The port is free when this returns.
    pub(super) async fn stop(&mut self) {
        if let Some(accepting) = self.accepting.take() {
            accepting.abort();
            accepting.join().await;
        }
        self.link.close_all();
    }

    pub(super) fn view<'a>(&'a self, toxics: &'a super::link::Toxics) -> ProxyView<'a> {
        ProxyView {
            name: &self.name,
            listen: &self.listen,
            upstream: &self.upstream,
            enabled: self.is_enabled(),
            logger: Empty {},
            toxics: toxics.iter().flatten().map(|toxic| toxic.view()).collect(),
        }
    }
}

async fn accept(node: Node, mut listener: Listener, link: Arc<Link>, route: Arc<Route>) {
    loop {
        match listener.accept().await {
            Ok(client) => link.carry(&node, client, route.clone()),
            Err(_) => time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// A proxy as the API shows it, keys in Toxiproxy's order; `Logger` is what every real one emits.
#[derive(Serialize)]
pub(super) struct ProxyView<'a> {
    name: &'a str,
    listen: &'a str,
    upstream: &'a str,
    enabled: bool,
    #[serde(rename = "Logger")]
    logger: Empty,
    toxics: Vec<ToxicView<'a>>,
}

#[derive(Serialize)]
struct Empty {}
