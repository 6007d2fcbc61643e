//! Toxiproxy's HTTP API over the harness's own sockets, every change read back.

use crate::stage::{Control, PROXY, segment};
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;
use squall_model::lever::{Stream, Toxic};
use std::collections::BTreeMap;

/// A proxy as the API shows it.
#[derive(Debug, Deserialize)]
pub(crate) struct ProxyView {
    pub(crate) listen: String,
    pub(crate) upstream: String,
    pub(crate) enabled: bool,
    #[serde(default)]
    pub(crate) toxics: Vec<Named>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Named {
    pub(crate) name: String,
}

/// A toxic as the API shows it. Attributes that were left out come back as zero.
#[derive(Debug, Deserialize)]
struct ToxicView {
    #[serde(rename = "type")]
    kind: String,
    stream: String,
    toxicity: f64,
    #[serde(default)]
    attributes: BTreeMap<String, i64>,
}

pub(crate) async fn add(control: &Control, link: &str, toxic: &Toxic) -> Result<(), String> {
    let body = json!({
        "name": toxic.name,
        "type": toxic.kind,
        "stream": toxic.stream,
        "toxicity": toxic.toxicity,
        "attributes": toxic.attributes,
    });
    control.ask(PROXY, Method::POST, &toxics(link), Some(body)).await?;
    is_there(control, link, &toxic.name, toxic).await
}

/// The toxic stands at the proxy under `name` with everything that `toxic` says.
pub(crate) async fn is_there(
    control: &Control,
    link: &str,
    name: &str,
    toxic: &Toxic,
) -> Result<(), String> {
    let path = format!("{}/{}", toxics(link), segment(name));
    let seen: ToxicView = control.get(PROXY, &path).await?;
    let stream = match toxic.stream {
        Stream::Upstream => "upstream",
        Stream::Downstream => "downstream",
    };
    let same_attributes = toxic
        .attributes
        .iter()
        .all(|(key, value)| seen.attributes.get(key).copied().unwrap_or(0) == *value);
    // The API keeps toxicity as a 32-bit float.
    let same_toxicity = (seen.toxicity - toxic.toxicity).abs() < 1e-6;
    if seen.kind == toxic.kind
        && seen.stream.eq_ignore_ascii_case(stream)
        && same_toxicity
        && same_attributes
    {
        return Ok(());
    }
    Err(format!("toxic {name} on {link} reads back as {seen:?}"))
}

/// Whether any toxic has this name at the proxy.
pub(crate) async fn exists(control: &Control, link: &str, name: &str) -> Result<bool, String> {
    let path = format!("{}/{}", toxics(link), segment(name));
    match control.call(PROXY, Method::GET, &path, None).await? {
        (StatusCode::OK, _) => Ok(true),
        (StatusCode::NOT_FOUND, _) => Ok(false),
        (status, _) => Err(format!("toxic {name} on {link}: {status}")),
    }
}

pub(crate) async fn remove(control: &Control, link: &str, name: &str) -> Result<(), String> {
    let path = format!("{}/{}", toxics(link), segment(name));
    // A toxic that is gone already is what removing asks for: an undo may come twice.
    let (status, body) = control.call(PROXY, Method::DELETE, &path, None).await?;
    if !status.is_success() && status != StatusCode::NOT_FOUND {
        return Err(format!("{status} {}", String::from_utf8_lossy(&body).trim()));
    }
    match control.call(PROXY, Method::GET, &path, None).await? {
        (StatusCode::NOT_FOUND, _) => Ok(()),
        (status, _) => Err(format!("toxic {name} on {link} still answers {status}")),
    }
}

pub(crate) async fn switch(control: &Control, link: &str, on: bool) -> Result<(), String> {
    let body = json!({ "enabled": on });
    control.ask(PROXY, Method::POST, &proxy(link), Some(body)).await?;
    is_enabled(control, link, on).await
}

pub(crate) async fn is_enabled(control: &Control, link: &str, on: bool) -> Result<(), String> {
    let seen: ProxyView = control.get(PROXY, &proxy(link)).await?;
    if seen.enabled == on {
        return Ok(());
    }
    Err(format!("the proxy of {link} reads back as enabled: {}", seen.enabled))
}

pub(crate) async fn set_upstream(
    control: &Control,
    link: &str,
    upstream: &str,
) -> Result<(), String> {
    let body = json!({ "upstream": upstream });
    control.ask(PROXY, Method::POST, &proxy(link), Some(body)).await?;
    let seen: ProxyView = control.get(PROXY, &proxy(link)).await?;
    if seen.upstream == upstream {
        return Ok(());
    }
    Err(format!("the proxy of {link} leads to {}, not {upstream}", seen.upstream))
}

/// The proxy of a link, if there is one.
pub(crate) async fn find(control: &Control, link: &str) -> Result<Option<ProxyView>, String> {
    let path = proxy(link);
    match control.call(PROXY, Method::GET, &path, None).await? {
        (StatusCode::NOT_FOUND, _) => Ok(None),
        (StatusCode::OK, body) => serde_json::from_slice(&body)
            .map(Some)
            .map_err(|error| format!("unreadable answer to {path}: {error}")),
        (status, _) => Err(format!("{path}: {status}")),
    }
}

/// No toxic, switched on, leading where it led.
pub(crate) async fn put_back(control: &Control, link: &str, upstream: &str) -> Result<(), String> {
    let seen = find(control, link).await?.ok_or("it is gone")?;
    for toxic in &seen.toxics {
        remove(control, link, &toxic.name).await?;
    }
    if seen.upstream != upstream {
        set_upstream(control, link, upstream).await?;
    }
    switch(control, link, true).await
}

pub(crate) async fn delete(control: &Control, link: &str) -> Result<(), String> {
    control.call(PROXY, Method::DELETE, &proxy(link), None).await?;
    match find(control, link).await? {
        None => Ok(()),
        Some(_) => Err("it is still there".to_owned()),
    }
}

fn proxy(link: &str) -> String {
    format!("/proxies/{}", segment(link))
}

fn toxics(link: &str) -> String {
    format!("{}/toxics", proxy(link))
}
