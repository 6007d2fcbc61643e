//! A container's output: into the run folder, and word of its first line to whoever waits for it.

use super::daemon::said;
use bollard::Docker;
use bollard::container::LogOutput;
use bollard::query_parameters::AttachContainerOptionsBuilder;
use futures::StreamExt;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How the line begins with which a built-in role says that it listens.
const READY: &[u8] = b"{\"addresses\"";

/// Follows the output of a container that is about to be started, until that life ends. The receiver
/// is told when a built-in role listens, and dropped where it ends before.
pub(super) async fn follow(
    docker: &Docker,
    container: &str,
    path: PathBuf,
) -> Result<(JoinHandle<()>, oneshot::Receiver<()>), String> {
    let options =
        AttachContainerOptionsBuilder::default().stream(true).stdout(true).stderr(true).build();
    let attached = docker.attach_container(container, Some(options)).await.map_err(said)?;
    let (tell, ready) = oneshot::channel();
    let mut file = File::options()
        .append(true)
        .create(true)
        .open(&path)
        .map_err(|error| format!("{}: {error}", path.display()))?;
    let mut output = attached.output;
    let mut tell = Some(tell);
    let following = tokio::spawn(async move {
        while let Some(Ok(output)) = output.next().await {
            if let LogOutput::StdOut { message } = &output
                && message.starts_with(READY)
                && let Some(tell) = tell.take()
            {
                let _ = tell.send(());
            }
            let _ = file.write_all(&output.into_bytes());
        }
    });
    Ok((following, ready))
}
