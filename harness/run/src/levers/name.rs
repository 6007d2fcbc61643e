//! Names at the run's name server: where they lead, and whether they resolve.

use crate::stage::{Control, NAMES, segment};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use squall_model::plan::Plan;

/// A name that no fault touches, for probes beside the others.
pub(crate) const BESIDE: &str = "beside.squall";

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Record {
    address: String,
}

/// From now on `name` leads to `address`.
pub(crate) async fn lead(control: &Control, name: &str, address: &str) -> Result<(), String> {
    let (path, wanted) =
        (format!("/records/{}", segment(name)), Record { address: address.into() });
    control.ask(NAMES, Method::PUT, &path, Some(serde_json::json!(wanted))).await?;
    let seen: Record = control.get(NAMES, &path).await?;
    if seen == wanted {
        return Ok(());
    }
    Err(format!("the name {name} leads to {}, not {address}", seen.address))
}

/// The name server fails, or answers again, for the name behind a link.
pub(super) async fn set_broken(
    control: &Control,
    plan: &Plan,
    link: &str,
    broken: bool,
) -> Result<(), String> {
    let found = plan.stack.links.iter().find(|known| known.id() == link);
    let found = found.filter(|link| plan.stack.is_by_name(link));
    let link = found.ok_or_else(|| format!("the target of {link} is not found by name"))?;
    let path = format!("/broken/{}", segment(&link.domain_name()));
    let method = if broken { Method::PUT } else { Method::DELETE };
    control.ask(NAMES, method, &path, None).await?;
    match control.call(NAMES, Method::GET, &path, None).await? {
        (StatusCode::NO_CONTENT, _) if broken => Ok(()),
        (StatusCode::NOT_FOUND, _) if !broken => Ok(()),
        (status, _) => Err(format!("{path} reads back as {status}")),
    }
}
