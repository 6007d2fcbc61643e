//! The voice stack's roles in a simulated world, wired without proxies.

#![allow(clippy::unwrap_used)]

mod balancer;
mod cache;
mod calls;
mod crowd;
mod fleet;
mod hostile;
mod loopback;
mod origin;
mod saturation;
