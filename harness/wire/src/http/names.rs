//! Targets that are known by name alone: found through the name server, spoken to in TLS where their
//! address says `https`.

use super::client::HttpError;
use crate::dns::Resolver;
use crate::tls::{ClientStream, Connector};
use squall_model::node_config::NodeConfig;
use squall_model::units::Micros;
use squall_platform::{Node, Stream};
use std::time::Duration;

/// A connection is not used for longer, where the stack has no timer `connection_lifetime`: else a
/// name that leads elsewhere, or a certificate that changed, would never be met.
const LIFETIME: Micros = Micros::from_secs(10);

/// What a client needs for them.
#[derive(Debug)]
pub(super) struct Names {
    node: Node,
    resolver: Option<Resolver>,
    tls: Option<Connector>,
    pub(super) lifetime: Duration,
}

/// `http://name` or `https://name`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ByName<'a> {
    service: &'a str,
    pub(super) name: &'a str,
}

/// A connection to a named target.
pub(super) enum Wire {
    Plain(Stream),
    Tls(Box<ClientStream<Stream>>),
}

impl<'a> ByName<'a> {
    /// `None`: a plain `host:port`.
    pub(super) fn of(address: &'a str) -> Option<ByName<'a>> {
        let (service, name) = address.split_once("://")?;
        Some(ByName { service, name })
    }
}

impl Names {
    pub(super) fn of(node: &Node, config: &NodeConfig) -> Result<Names, String> {
        let tls = config.trust.as_deref().map(|trust| Connector::new(node, trust)).transpose();
        let resolver = config
            .names
            .as_ref()
            .map(|names| Resolver::new(node.clone(), &names.server, &names.search));
        Ok(Names {
            node: node.clone(),
            resolver,
            tls: tls.map_err(|why| why.to_string())?,
            lifetime: config.timer("connection_lifetime", LIFETIME).std(),
        })
    }

    /// # Errors
    /// [`HttpError::NotSent`]: no request goes out before the name is found and its owner proven.
    pub(super) async fn connect(&self, to: ByName<'_>) -> Result<Wire, HttpError> {
        let failed = |why: &dyn std::fmt::Display| {
            HttpError::NotSent(format!("{}://{}: {why}", to.service, to.name))
        };
        let resolver = self.resolver.as_ref().ok_or_else(|| failed(&"no name server is known"))?;
        let place = resolver.find(to.service, to.name).await.map_err(|why| failed(&why))?;
        let stream = self.node.connect(&place.address()).await.map_err(|why| failed(&why))?;
        match (to.service, &self.tls) {
            ("http", _) => Ok(Wire::Plain(stream)),
            ("https", Some(tls)) => {
                let stream = tls.connect(to.name, stream).await.map_err(|why| failed(&why))?;
                Ok(Wire::Tls(Box::new(stream)))
            }
            ("https", None) => Err(failed(&"no certificate to trust is known")),
            _ => Err(failed(&"only http and https are spoken")),
        }
    }
}
