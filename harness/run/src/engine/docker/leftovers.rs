//! What marks a container or a network as a run's own, and the search for those of dead runs.
//!
//! Nothing without these labels is ever touched, and nothing whose run lives.

use super::daemon::said;
use crate::engine::journal::{Identity, lives};
use bollard::Docker;
use bollard::query_parameters::{
    ListContainersOptionsBuilder, ListNetworksOptionsBuilder, RemoveContainerOptionsBuilder,
};
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

/// What dead runs have left at the daemon. Changes nothing.
///
/// # Errors
/// What the daemon said.
pub(super) async fn left_over(docker: &Docker) -> Result<Vec<Leftover>, String> {
    let ours = HashMap::from([("label", vec![OWNER])]);
    let all = ListContainersOptionsBuilder::default().all(true).filters(&ours).build();
    let containers = docker.list_containers(Some(all)).await.map_err(said)?;
    let networks = ListNetworksOptionsBuilder::default().filters(&ours).build();
    let networks = docker.list_networks(Some(networks)).await.map_err(said)?;
    let containers = containers.into_iter().filter(|found| is_orphan(found.labels.as_ref()));
    let networks = networks.into_iter().filter(|found| is_orphan(found.labels.as_ref()));
    let mut left: Vec<Leftover> = containers
        .filter_map(|found| {
            let name = found.names?.into_iter().next()?.trim_start_matches('/').to_owned();
            Some(Leftover { kind: Kind::Container, name })
        })
        .collect();
    left.extend(
        networks.filter_map(|found| Some(Leftover { kind: Kind::Network, name: found.name? })),
    );
    left.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
    Ok(left)
}

/// Removes what [`left_over`] finds and says what it was.
///
/// # Errors
/// What the daemon said of a thing that it did not remove. The others are removed all the same.
pub(super) async fn sweep(docker: &Docker) -> Result<Vec<Leftover>, String> {
    let left = left_over(docker).await?;
    let mut troubles = Vec::new();
    for one in &left {
        let force = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
        let removed = match one.kind {
            Kind::Container => docker.remove_container(&one.name, Some(force)).await,
            Kind::Network => docker.remove_network(&one.name).await,
        };
        // Somebody else may have been quicker.
        if let Err(error) = removed.or_else(gone_is_fine) {
            troubles.push(format!("{one}: {}", said(error)));
        }
    }
    if troubles.is_empty() { Ok(left) } else { Err(troubles.join("; ")) }
}

/// 404: it is gone; 409: its removal is under way.
pub(super) fn gone_is_fine(error: bollard::errors::Error) -> Result<(), bollard::errors::Error> {
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

fn is_orphan(labels: Option<&HashMap<String, String>>) -> bool {
    let owner = labels.and_then(|labels| labels.get(OWNER));
    let owner: Option<Identity> = owner.and_then(|owner| serde_json::from_str(owner).ok());
    owner.is_some_and(|owner| !lives(&owner))
}
