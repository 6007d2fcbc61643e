//! The way to the Docker daemon, and what to say where there is none.

use super::leftovers::{self, Leftover};
use bollard::Docker;
use thiserror::Error;

#[derive(Debug, Error)]
pub enum DaemonError {
    #[error(
        "no Docker daemon answers ({0}); start one, or play on an engine that needs none: --engine sim or --engine local"
    )]
    Away(String),
    #[error("the Docker daemon runs {0} containers; Squall needs linux")]
    Foreign(String),
}

/// A daemon that answers, in the version of the API that it speaks.
pub struct Daemon {
    pub(super) docker: Docker,
    /// Of the engine, as it tells it.
    pub version: String,
}

/// The daemon that `DOCKER_HOST` names, or this machine's own.
///
/// # Errors
/// [`DaemonError::Away`] where none answers.
pub async fn reach() -> Result<Daemon, DaemonError> {
    let away = |error: bollard::errors::Error| DaemonError::Away(one_line(&error.to_string()));
    let docker = Docker::connect_with_defaults().map_err(away)?;
    let docker = docker.negotiate_version().await.map_err(away)?;
    let told = docker.version().await.map_err(away)?;
    match told.os {
        Some(os) if os != "linux" => Err(DaemonError::Foreign(os)),
        _ => Ok(Daemon { docker, version: told.version.unwrap_or_default() }),
    }
}

impl Daemon {
    /// What dead runs have left. Changes nothing.
    ///
    /// # Errors
    /// What the daemon said.
    pub async fn left_over(&self) -> Result<Vec<Leftover>, String> {
        leftovers::of_the_dead(&self.docker).await
    }

    /// Removes what [`Daemon::left_over`] finds and says what it was.
    ///
    /// # Errors
    /// What the daemon said of a thing that it did not remove. The others are removed all the same.
    pub async fn sweep(&self) -> Result<Vec<Leftover>, String> {
        let left = self.left_over().await?;
        leftovers::remove(&self.docker, &left).await.map(|()| left)
    }
}

/// What the daemon said of a request, in one line.
pub(super) fn said(error: bollard::errors::Error) -> String {
    match error {
        bollard::errors::Error::DockerResponseServerError { message, .. } => one_line(&message),
        error => one_line(&error.to_string()),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
