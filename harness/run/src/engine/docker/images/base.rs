//! Debian's small base image under its usual name, made with mmdebstrap where it is not there.

use super::super::daemon::said;
use bollard::Docker;
use bollard::query_parameters::CreateImageOptionsBuilder;
use futures::StreamExt;
use tokio::process::Command;

/// What Dockerfiles of the stacks begin with.
pub(super) const TAG: &str = "debian:bookworm-slim";
const RELEASE: &str = "bookworm";

/// # Errors
/// Where mmdebstrap is missing or cannot reach Debian's packages, with the remedy.
pub(super) async fn ensure(docker: &Docker, say: &dyn Fn(&str)) -> Result<(), String> {
    if docker.inspect_image(TAG).await.is_ok() {
        return Ok(());
    }
    say(&format!("making image {TAG} from Debian's packages"));
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let archive = folder.path().join("base.tar");
    let output = Command::new("mmdebstrap")
        .args(["--quiet", "--variant=minbase", "--include=ca-certificates", RELEASE])
        .arg(&archive)
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| {
            format!(
                "image {TAG} is not here and mmdebstrap, which makes it, cannot be started ({error}); \
                 `apt-get install mmdebstrap`, or `docker pull {TAG}` where a registry answers"
            )
        })?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        let why = why.lines().last().unwrap_or("it does not say why");
        return Err(format!("mmdebstrap could not make {TAG}: {why}"));
    }
    let bytes = std::fs::read(&archive).map_err(|error| format!("the base image: {error}"))?;
    let (repository, tag) = TAG.split_once(':').unwrap_or((TAG, "latest"));
    let options =
        CreateImageOptionsBuilder::default().from_src("-").repo(repository).tag(tag).build();
    let body = bollard::body_full(bytes.into());
    let mut imported = Box::pin(docker.create_image(Some(options), Some(body), None));
    while let Some(step) = imported.next().await {
        step.map_err(|error| format!("image {TAG} could not be imported: {}", said(error)))?;
    }
    Ok(())
}
