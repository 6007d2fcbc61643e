//! Accepts, and shows the certificate in force: the valid one, or one that has run out.

use super::{Clock, HTTP, ServerStream, TlsError, provider};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use squall_model::node_config::{Certificate, Identity};
use squall_platform::{Node, Stream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tokio_rustls::TlsAcceptor;

/// Clones share which certificate is in force.
#[derive(Clone)]
pub struct Acceptor {
    acceptor: TlsAcceptor,
    shown: Arc<Shown>,
}

#[derive(Debug)]
struct Shown {
    valid: Arc<CertifiedKey>,
    expired: Arc<CertifiedKey>,
    is_expired: AtomicBool,
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let shown = if self.is_expired.load(Relaxed) { &self.expired } else { &self.valid };
        Some(shown.clone())
    }
}

impl Acceptor {
    /// Shows the valid certificate.
    ///
    /// # Errors
    /// [`TlsError::Unfit`]: a certificate or key cannot be read, or they do not belong together.
    pub fn new(node: &Node, identity: &Identity) -> Result<Acceptor, TlsError> {
        let shown = Arc::new(Shown {
            valid: read(&identity.valid)?,
            expired: read(&identity.expired)?,
            is_expired: AtomicBool::new(false),
        });
        let clock = Arc::new(Clock(node.clone()));
        let mut config = ServerConfig::builder_with_details(provider(), clock)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|why| TlsError::Unfit(why.to_string()))?
            .with_no_client_auth()
            .with_cert_resolver(shown.clone());
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        config.alpn_protocols = vec![HTTP.to_vec()];
        Ok(Acceptor { acceptor: TlsAcceptor::from(Arc::new(config)), shown })
    }

    /// From now on new connections are shown the one that has run out, or the valid one again.
    pub fn show_expired(&self, expired: bool) {
        self.shown.is_expired.store(expired, Relaxed);
    }

    pub fn is_expired(&self) -> bool {
        self.shown.is_expired.load(Relaxed)
    }

    /// # Errors
    /// [`TlsError::Broken`]: the peer did not go through with the handshake.
    pub async fn accept(&self, stream: Stream) -> Result<ServerStream<Stream>, TlsError> {
        Ok(self.acceptor.accept(stream).await?)
    }
}

fn read(pem: &Certificate) -> Result<Arc<CertifiedKey>, TlsError> {
    let unfit = |what: &str, why: &dyn std::fmt::Display| {
        TlsError::Unfit(format!("the {what} of this server: {why}"))
    };
    let chain = CertificateDer::from_pem_slice(pem.certificate.as_bytes())
        .map_err(|why| unfit("certificate", &why))?;
    let key =
        PrivateKeyDer::from_pem_slice(pem.key.as_bytes()).map_err(|why| unfit("key", &why))?;
    CertifiedKey::from_der(vec![chain], key, &provider())
        .map(Arc::new)
        .map_err(|why| unfit("key", &why))
}
