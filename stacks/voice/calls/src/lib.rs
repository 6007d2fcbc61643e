//! The voice stack: a call platform that runs call scripts, the fleet of caching proxies that it
//! fetches sound through, and the telemetry of that fleet.

pub mod balancer;
pub mod cache;
pub mod calls;
mod forward;
pub mod origin;
mod pool;
pub mod telemetry;

/// Why a role could not start.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error(transparent)]
    Role(#[from] squall_role::RoleError),
    #[error(transparent)]
    Store(#[from] squall_role::store::StoreError),
}
