//! Behaviours of mock carriers, set over their control API and read back.

use crate::stage::{Control, segment};
use http::Method;
use serde::Deserialize;
use squall_model::behaviour::Behaviour;
use std::collections::BTreeMap;

/// A behaviour in force and its draws so far.
#[derive(Debug, Deserialize)]
pub(crate) struct BehaviourView {
    pub(crate) behaviour: Behaviour,
    pub(crate) drawn: u64,
    pub(crate) hit: u64,
}

/// Everything in force at a carrier, by name.
pub(crate) async fn in_force(
    control: &Control,
    carrier: &str,
) -> Result<BTreeMap<String, BehaviourView>, String> {
    control.get(carrier, "/behaviours").await
}

pub(crate) async fn set(
    control: &Control,
    carrier: &str,
    name: &str,
    behaviour: &Behaviour,
) -> Result<(), String> {
    let body = serde_json::to_value(behaviour).map_err(|error| error.to_string())?;
    let path = format!("/behaviours/{}", segment(name));
    control.ask(carrier, Method::PUT, &path, Some(body)).await?;
    match in_force(control, carrier).await?.get(name) {
        Some(seen) if seen.behaviour == *behaviour => Ok(()),
        seen => Err(format!("behaviour {name} of {carrier} reads back as {seen:?}")),
    }
}

pub(crate) async fn clear(control: &Control, carrier: &str, name: &str) -> Result<(), String> {
    let path = format!("/behaviours/{}", segment(name));
    // One that was never set answers 404; what counts is the read-back.
    let (_, _) = control.call(carrier, Method::DELETE, &path, None).await?;
    match in_force(control, carrier).await?.contains_key(name) {
        false => Ok(()),
        true => Err(format!("behaviour {name} of {carrier} is still in force")),
    }
}
