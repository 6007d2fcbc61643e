//! Connects and verifies.

use super::{ClientStream, Clock, HTTP, TlsError, provider};
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use squall_platform::{Node, Stream};
use std::sync::Arc;
use tokio_rustls::TlsConnector;

/// Trusts one authority. Clones share it.
#[derive(Clone)]
pub struct Connector(TlsConnector);

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connector")
    }
}

impl Connector {
    /// Servers must show a certificate that is signed with the one in `trust` (PEM) and holds by the
    /// clock of `node`.
    ///
    /// # Errors
    /// [`TlsError::Unfit`]: that is no certificate.
    pub fn new(node: &Node, trust: &str) -> Result<Connector, TlsError> {
        let unfit = |why: &dyn std::fmt::Display| TlsError::Unfit(format!("what to trust: {why}"));
        let authority =
            CertificateDer::from_pem_slice(trust.as_bytes()).map_err(|why| unfit(&why))?;
        let mut roots = RootCertStore::empty();
        roots.add(authority).map_err(|why| unfit(&why))?;
        let clock = Arc::new(Clock(node.clone()));
        let mut config = ClientConfig::builder_with_details(provider(), clock)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|why| unfit(&why))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        config.alpn_protocols = vec![HTTP.to_vec()];
        Ok(Connector(TlsConnector::from(Arc::new(config))))
    }

    /// The handshake with the server of that name, at the far end of `stream`.
    ///
    /// # Errors
    /// [`TlsError`]; nothing was said to the peer but the handshake.
    pub async fn connect(
        &self,
        name: &str,
        stream: Stream,
    ) -> Result<ClientStream<Stream>, TlsError> {
        let asked = ServerName::try_from(name.to_owned())
            .map_err(|why| TlsError::Unfit(format!("\"{name}\": {why}")))?;
        self.0.connect(asked, stream).await.map_err(|error| {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
            match inner {
                Some(rustls::Error::InvalidCertificate(why)) => {
                    TlsError::Untrusted { name: name.to_owned(), why: why.to_string() }
                }
                _ => TlsError::Broken(error),
            }
        })
    }
}
