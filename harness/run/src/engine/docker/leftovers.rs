//! What marks a container or a network as a run's own, and the search for those of dead runs.
//!
//! Nothing without these labels is ever touched, and nothing whose run lives.

use super::daemon::said;
use crate::engine::journal::{Identity, lives};
use bollard::Docker;
use bollard::query_parameters::{
    ListContainersOptionsBuilder, ListNetworksOptionsBuilder, RemoveContainerOptionsBuilder,
};
use futures::future;
use std::collections::HashMap;

/// The process that a thing belongs to, as JSON of its [`Identity`].
const OWNER: &str = "squall.owner";
/// The node that a container is; empty for a network.
const NODE: &str = "squall.node";

/// Of one drill.
#[derive(Clone, Debug)]
pub(super) struct Labels {
    owner: String,
    prefix: String,
}

impl Labels {
    /// `id` tells the drills apart whose things lie at one daemon.
    pub(super) fn new(owner: &Identity, id: &str) -> Labels {
        let owner = serde_json::to_string(owner).unwrap_or_default();
        Labels { owner, prefix: format!("squall-{id}") }
    }

    /// What a thing of this drill is called in Docker.
    pub(super) fn name(&self, what: &str) -> String {
        format!("{}-{what}", self.prefix)
    }

    pub(super) fn all(&self, node: &str) -> HashMap<String, String> {
        [(OWNER, self.owner.as_str()), (NODE, node)]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into()
    }
}

/// A container or network of a run that is dead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    pub kind: Kind,
    pub name: String,
}

/// Containers first: a network that has some cannot be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Container,
    Network,
}

impl std::fmt::Display for Leftover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.kind {
            Kind::Container => "container",
            Kind::Network => "network",
        };
        write!(f, "{kind} {}", self.name)
    }
}

/// What dead runs have left at the daemon.
pub(super) async fn of_the_dead(docker: &Docker) -> Result<Vec<Leftover>, String> {
    let is_dead = |owner: &Identity| !lives(owner);
    find(docker, |owner, _| serde_json::from_str(owner).is_ok_and(|owner| is_dead(&owner))).await
}

/// What one drill has there, whoever made it: also what was under way when it was given up.
pub(super) async fn of(docker: &Docker, labels: &Labels) -> Result<Vec<Leftover>, String> {
    let prefix = labels.name("");
    find(docker, |owner, name| owner == labels.owner && name.starts_with(&prefix)).await
}

/// Things with our labels by owner and name; containers first, for a network that has some stays.
async fn find(
    docker: &Docker,
    wanted: impl Fn(&str, &str) -> bool,
) -> Result<Vec<Leftover>, String> {
    let ours = HashMap::from([("label", vec![OWNER])]);
    let all = ListContainersOptionsBuilder::default().all(true).filters(&ours).build();
    let containers = docker.list_containers(Some(all)).await.map_err(said)?;
    let networks = ListNetworksOptionsBuilder::default().filters(&ours).build();
    let networks = docker.list_networks(Some(networks)).await.map_err(said)?;
    let containers = containers.into_iter().filter_map(|found| {
        let name = found.names?.into_iter().next()?.trim_start_matches('/').to_owned();
        Some((Kind::Container, name, found.labels?))
    });
    let networks =
        networks.into_iter().filter_map(|it| Some((Kind::Network, it.name?, it.labels?)));
    let mut found: Vec<Leftover> = containers
        .chain(networks)
        .filter(|(_, name, labels)| labels.get(OWNER).is_some_and(|owner| wanted(owner, name)))
        .map(|(kind, name, _)| Leftover { kind, name })
        .collect();
    found.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
    Ok(found)
}

/// Away with all of it, containers side by side.
///
/// # Errors
/// What the daemon said of a thing that it did not remove. The others are removed all the same.
pub(super) async fn remove(docker: &Docker, things: &[Leftover]) -> Result<(), String> {
    let mut troubles = Vec::new();
    for kind in [Kind::Container, Kind::Network] {
        let these = things.iter().filter(|thing| thing.kind == kind);
        let removals = these.map(|thing| async move {
            let removed = match kind {
                Kind::Container => {
                    let force = RemoveContainerOptionsBuilder::default().force(true).v(true);
                    docker.remove_container(&thing.name, Some(force.build())).await
                }
                Kind::Network => docker.remove_network(&thing.name).await,
            };
            // Somebody else may have been quicker.
            removed.or_else(gone_is_fine).map_err(|error| format!("{thing}: {}", said(error)))
        });
        troubles.extend(future::join_all(removals).await.into_iter().filter_map(Result::err));
    }
    if troubles.is_empty() { Ok(()) } else { Err(troubles.join("; ")) }
}

/// 404: it is gone; 409: its removal is under way.
fn gone_is_fine(error: bollard::errors::Error) -> Result<(), bollard::errors::Error> {
    match &error {
        bollard::errors::Error::DockerResponseServerError { status_code: 404, .. } => Ok(()),
        bollard::errors::Error::DockerResponseServerError { status_code: 409, message }
            if message.contains("already in progress") =>
        {
            Ok(())
        }
        _ => Err(error),
    }
}
