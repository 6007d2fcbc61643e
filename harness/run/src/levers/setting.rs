//! Settings of running nodes, set over their admin port and read back.

use crate::stage::{Control, segment};
use http::Method;
use serde_json::json;
use std::collections::BTreeMap;

pub(crate) async fn set(
    control: &Control,
    node: &str,
    key: &str,
    value: &str,
) -> Result<(), String> {
    let path = format!("/settings/{}", segment(key));
    control.ask(node, Method::PUT, &path, Some(json!({ "value": value }))).await?;
    let seen: BTreeMap<String, String> = control.get(node, "/settings").await?;
    match seen.get(key) {
        Some(seen) if seen == value => Ok(()),
        seen => Err(format!("setting {key} of {node} reads back as {seen:?}")),
    }
}
