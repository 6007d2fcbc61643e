//! Toxics and switches of links: which of the two ways to the fault proxy each change takes.

use super::{toxiproxy, toxiproxy_client};
use crate::stage::Control;
use squall_model::lever::Toxic;
use squall_model::plan::Plan;
use std::collections::BTreeMap;

/// How toxics are added and proxies switched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// Plain HTTP over the harness's own sockets: the only way in the simulation.
    Plain,
    /// The `toxiproxy_rust` client, and plain HTTP for what it lacks.
    Client,
}

/// The links of one drill.
pub(super) struct Links {
    route: Route,
    /// (link, name in the plan) → name at the proxy, where the client chose another.
    aliases: BTreeMap<(String, String), String>,
}

impl Links {
    pub(super) fn new(route: Route) -> Self {
        Links { route, aliases: BTreeMap::new() }
    }

    pub(super) async fn add(
        &mut self,
        control: &Control,
        link: &str,
        toxic: &Toxic,
    ) -> Result<(), String> {
        let name = match self.route {
            Route::Plain => None,
            Route::Client => toxiproxy_client::add(control, link, toxic).await?,
        };
        match name {
            Some(name) => {
                self.aliases.insert((link.to_owned(), toxic.name.clone()), name);
                Ok(())
            }
            None => toxiproxy::add(control, link, toxic).await,
        }
    }

    pub(super) async fn remove(
        &mut self,
        control: &Control,
        link: &str,
        name: &str,
    ) -> Result<(), String> {
        let alias = self.aliases.remove(&(link.to_owned(), name.to_owned()));
        toxiproxy::remove(control, link, alias.as_deref().unwrap_or(name)).await
    }

    pub(super) async fn switch(
        &self,
        control: &Control,
        link: &str,
        on: bool,
    ) -> Result<(), String> {
        if self.route == Route::Client {
            toxiproxy_client::switch(control, link, on).await?;
            return toxiproxy::is_enabled(control, link, on).await;
        }
        toxiproxy::switch(control, link, on).await
    }

    /// Every link of the node. Goes on after a failure: the others are switched all the same.
    pub(super) async fn switch_all(
        &self,
        control: &Control,
        plan: &Plan,
        node: &str,
        on: bool,
    ) -> Result<(), String> {
        let mut first = Ok(());
        for link in plan.stack.links.iter().filter(|l| l.from == node || l.to == node) {
            let switched = self.switch(control, &link.id(), on).await;
            first = first.and(switched);
        }
        first
    }
}
