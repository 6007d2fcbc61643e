//! The two networks of a drill.

use super::daemon::said;
use super::leftovers::Labels;
use bollard::Docker;
use bollard::models::{
    EndpointSettings, NetworkConnectRequest, NetworkCreateRequest, NetworkDisconnectRequest,
};
use std::collections::HashMap;

/// Options of Docker's bridge driver.
const NO_TALK_AMONG_CONTAINERS: (&str, &str) = ("com.docker.network.bridge.enable_icc", "false");
const NO_WAY_OUT: (&str, &str) = ("com.docker.network.bridge.enable_ip_masquerade", "false");

#[derive(Clone, Debug)]
pub(super) struct Networks {
    /// Name of the network that links run over.
    pub(super) links: String,
    /// Name of the network for the harness alone.
    pub(super) beside: String,
    /// The harness's own address on `links`.
    pub(super) gateway: String,
}

impl Networks {
    /// Where one of them cannot be made the other may be there.
    pub(super) async fn create(docker: &Docker, labels: &Labels) -> Result<Networks, String> {
        let mut networks = Networks {
            links: labels.name("links"),
            beside: labels.name("beside"),
            gateway: String::new(),
        };
        networks.create_both(docker, labels).await.map(|()| networks)
    }

    async fn create_both(&mut self, docker: &Docker, labels: &Labels) -> Result<(), String> {
        let links = NetworkCreateRequest {
            name: self.links.clone(),
            internal: Some(true),
            labels: Some(labels.all("")),
            ..NetworkCreateRequest::default()
        };
        let options = [NO_TALK_AMONG_CONTAINERS, NO_WAY_OUT];
        let beside = NetworkCreateRequest {
            name: self.beside.clone(),
            options: Some(options.map(|(key, value)| (key.to_owned(), value.to_owned())).into()),
            labels: Some(labels.all("")),
            ..NetworkCreateRequest::default()
        };
        for request in [links, beside] {
            let name = request.name.clone();
            let made = docker.create_network(request).await;
            made.map_err(|error| format!("network {name}: {}", said(error)))?;
        }
        let seen = docker.inspect_network(&self.links, None).await.map_err(said)?;
        self.gateway = seen
            .ipam
            .and_then(|ipam| ipam.config)
            .into_iter()
            .flatten()
            .find_map(|config| config.gateway)
            .ok_or_else(|| format!("network {} has no gateway", self.links))?;
        Ok(())
    }

    /// Puts a container on `links`.
    pub(super) async fn join(
        &self,
        docker: &Docker,
        container: &str,
        alias: &str,
    ) -> Result<(), String> {
        let request = NetworkConnectRequest {
            container: container.to_owned(),
            endpoint_config: Some(EndpointSettings {
                aliases: Some(vec![alias.to_owned()]),
                ..EndpointSettings::default()
            }),
        };
        docker.connect_network(&self.links, request).await.map_err(said)
    }

    /// Takes a container from `links`.
    pub(super) async fn part(&self, docker: &Docker, container: &str) -> Result<(), String> {
        let request =
            NetworkDisconnectRequest { container: container.to_owned(), force: Some(true) };
        docker.disconnect_network(&self.links, request).await.map_err(said)
    }

    /// The address of a container on one of the networks, as its inspection shows it.
    pub(super) fn address(
        seen: &HashMap<String, EndpointSettings>,
        network: &str,
    ) -> Option<String> {
        seen.get(network)?.ip_address.clone().filter(|address| !address.is_empty())
    }
}
