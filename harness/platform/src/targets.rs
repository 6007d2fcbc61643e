//! The only addresses that a node may connect to, checked after a name was looked up.
//!
//! What is connected to is the very address that was checked, so a name that leads elsewhere a moment
//! later leads nobody astray.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};

/// An allow-list. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    allowed: Arc<RwLock<BTreeSet<SocketAddr>>>,
}

impl Targets {
    pub fn new(allowed: impl IntoIterator<Item = SocketAddr>) -> Targets {
        Targets { allowed: Arc::new(RwLock::new(allowed.into_iter().collect())) }
    }

    /// From now on `address` is allowed too.
    pub fn add(&self, address: SocketAddr) {
        self.allowed.write().unwrap_or_else(PoisonError::into_inner).insert(address);
    }

    pub fn allows(&self, address: SocketAddr) -> bool {
        self.allowed.read().unwrap_or_else(PoisonError::into_inner).contains(&address)
    }

    /// Looks `address` up and gives what of it is allowed.
    ///
    /// # Errors
    /// `PermissionDenied` where nothing of it is; what the resolver says of an unknown name.
    pub async fn resolve(&self, address: &str) -> io::Result<Vec<SocketAddr>> {
        let found: Vec<SocketAddr> = tokio::net::lookup_host(address).await?.collect();
        let allowed: Vec<SocketAddr> =
            found.iter().copied().filter(|at| self.allows(*at)).collect();
        if allowed.is_empty() {
            let found = found.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(", ");
            let what = format!("{address} is {found}, which is not allowed");
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, what));
        }
        Ok(allowed)
    }
}
