//! The way to the Docker daemon, and what to say where there is none.

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

/// A client of the daemon that `DOCKER_HOST` names, or of this machine's own, in the version of the
/// API that it speaks.
///
/// # Errors
/// [`DaemonError::Away`] where none answers.
pub async fn reach() -> Result<Docker, DaemonError> {
    let away = |error: bollard::errors::Error| DaemonError::Away(one_line(&error.to_string()));
    let docker = Docker::connect_with_defaults().map_err(away)?;
    let docker = docker.negotiate_version().await.map_err(away)?;
    let version = docker.version().await.map_err(away)?;
    match version.os {
        Some(os) if os != "linux" => Err(DaemonError::Foreign(os)),
        _ => Ok(docker),
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
