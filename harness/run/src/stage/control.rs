//! JSON over HTTP to control ports, beside the links and never through a fault proxy.

use super::{Directory, PROXY};
use bytes::Bytes;
use http::{Method, StatusCode};
use serde::de::DeserializeOwned;
use squall_wire::http::Client;
use std::time::Duration;

/// How long a control port may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Talks to control ports with the run's token.
#[derive(Clone)]
pub(crate) struct Control {
    client: Client,
    directory: Directory,
    token: String,
}

impl Control {
    pub(crate) fn new(client: Client, directory: Directory, token: &str) -> Self {
        Control { client, directory, token: token.to_owned() }
    }

    /// The run's own, for those who want it in a shape of theirs.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Any answer of `node`'s control port, whatever its status.
    pub(crate) async fn call(
        &self,
        node: &str,
        method: Method,
        path: &str,
        body: Option<serde_json::Value>,
    ) -> Result<(StatusCode, Bytes), String> {
        let address = self
            .directory
            .control(node)
            .ok_or_else(|| format!("{node} has no control port that is known"))?;
        let mut request = http::Request::builder().method(method).uri(path);
        // The fault proxy speaks plain Toxiproxy, which knows no token.
        if node != PROXY {
            let bearer = format!("Bearer {}", self.token);
            request = request.header(http::header::AUTHORIZATION, bearer);
        }
        let bytes = match body {
            Some(value) => {
                request = request.header(http::header::CONTENT_TYPE, "application/json");
                Bytes::from(value.to_string())
            }
            None => Bytes::new(),
        };
        let request = request.body(bytes).map_err(|error| error.to_string())?;
        let response =
            self.client.send(&address, request, PATIENCE).await.map_err(|e| e.to_string())?;
        Ok((response.status(), response.into_body()))
    }

    /// A call that must be answered with a 2xx.
    pub(crate) async fn ask(
        &self,
        node: &str,
        method: Method,
        path: &str,
        body: Option<serde_json::Value>,
    ) -> Result<Bytes, String> {
        let (status, answer) = self.call(node, method, path, body).await?;
        if status.is_success() {
            return Ok(answer);
        }
        let text = String::from_utf8_lossy(&answer);
        Err(format!("{node} answered {status} to {path}: {}", text.trim()))
    }

    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        node: &str,
        path: &str,
    ) -> Result<T, String> {
        let answer = self.ask(node, Method::GET, path, None).await?;
        serde_json::from_slice(&answer)
            .map_err(|error| format!("{node} answered something unreadable to {path}: {error}"))
    }
}

/// A name as one segment of a path: everything but letters, digits and `-._~` percent-encoded.
pub(crate) fn segment(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(byte as char);
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
