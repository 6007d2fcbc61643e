//! Which certificate a carrier shows to new connections.

use crate::stage::Control;
use http::Method;
use serde::{Deserialize, Serialize};

const PATH: &str = "/certificate";

#[derive(Debug, Serialize, Deserialize)]
struct Shown {
    expired: bool,
}

pub(super) async fn show(control: &Control, carrier: &str, expired: bool) -> Result<(), String> {
    let body = serde_json::json!(Shown { expired });
    control.ask(carrier, Method::PUT, PATH, Some(body)).await?;
    let seen: Shown = control.get(carrier, PATH).await?;
    if seen.expired == expired {
        return Ok(());
    }
    Err(format!("the certificate of {carrier} reads back as {seen:?}"))
}
