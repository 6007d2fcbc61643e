//! A build context as an archive, and the daemon's build of it.

use super::super::daemon::said;
use super::LABEL;
use bollard::Docker;
use bollard::query_parameters::BuildImageOptionsBuilder;
use futures::StreamExt;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Lines of the build's output that are shown when it fails.
const LAST_LINES: usize = 15;

/// A folder that belongs into a context beside the image's own files.
#[derive(Debug)]
pub(super) struct Extra {
    /// What it is called there.
    pub(super) name: &'static str,
    pub(super) folder: PathBuf,
}

/// The folder's files, in the order of their names, and then those of `extra`: the same files give the
/// same archive.
pub(super) fn context(folder: &Path, extra: Option<&Extra>) -> Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    if !folder.join("Dockerfile").is_file() {
        return Err(format!("{} has no Dockerfile", folder.display()));
    }
    let mut archive = tar::Builder::new(Vec::new());
    append_all(&mut archive, folder, Path::new("")).map_err(failed)?;
    if let Some(extra) = extra {
        append_all(&mut archive, &extra.folder, Path::new(extra.name)).map_err(failed)?;
    }
    archive.into_inner().map_err(failed)
}

/// Every file of `folder`, below `inside`.
fn append_all(
    archive: &mut tar::Builder<Vec<u8>>,
    folder: &Path,
    inside: &Path,
) -> std::io::Result<()> {
    for path in files(folder)? {
        let name = inside.join(path.strip_prefix(folder).unwrap_or(&path));
        append(archive, &name, &std::fs::read(&path)?, is_executable(&path)?)?;
    }
    Ok(())
}

pub(super) fn append(
    archive: &mut tar::Builder<Vec<u8>>,
    name: &Path,
    bytes: &[u8],
    executable: bool,
) -> std::io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(if executable { 0o755 } else { 0o644 });
    archive.append_data(&mut header, name, bytes)
}

fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        // `file_type` follows no links.
        match entry.file_type()? {
            kind if kind.is_dir() => found.extend(files(&entry.path())?),
            kind if kind.is_file() => found.push(entry.path()),
            _ => {}
        }
    }
    found.sort();
    Ok(found)
}

fn is_executable(path: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o100 != 0)
}

/// Whether the folder's Dockerfile begins with the image `base`.
pub(super) fn starts_from(folder: &Path, base: &str) -> Result<bool, String> {
    let path = folder.join("Dockerfile");
    let text =
        std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(text.lines().any(|line| line.strip_prefix("FROM ").is_some_and(|from| from.trim() == base)))
}

/// Leaves no container of the build, and no image where it fails.
pub(super) async fn run(
    docker: &Docker,
    tag: &str,
    repository: &str,
    context: Vec<u8>,
) -> Result<(), String> {
    let options = BuildImageOptionsBuilder::default()
        .t(tag)
        .rm(true)
        .forcerm(true)
        .labels(&HashMap::from([(LABEL, repository)]))
        .build();
    let body = bollard::body_full(context.into());
    let mut output = Box::pin(docker.build_image(options, None, Some(body)));
    let mut said_so_far = String::new();
    while let Some(step) = output.next().await {
        match step {
            Ok(info) => said_so_far.push_str(&info.stream.unwrap_or_default()),
            Err(error) => {
                let lines: Vec<&str> =
                    said_so_far.lines().filter(|l| !l.trim().is_empty()).collect();
                let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n");
                return Err(format!("image {tag} could not be built: {}\n{last}", said(error)));
            }
        }
    }
    Ok(())
}
