//! The service image: `squall-node`, linked statically, and nothing else.

use super::build;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// Name of the program, of its package, and of the profile that it is built with.
const PROGRAM: &str = "squall-node";
const PROFILE: &str = "image";

/// Compiles it, which takes minutes the first time and none when nothing changed. Gives its path.
///
/// # Errors
/// Where cargo is missing or fails.
pub(super) async fn build(checkout: &Path, say: &dyn Fn(&str)) -> Result<PathBuf, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let target = triple()?;
    let folder = super::target(checkout);
    let program = folder.join(&target).join(PROFILE).join(PROGRAM);
    if !program.is_file() {
        say("compiling the service image's program; this takes minutes the first time");
    }
    let output = Command::new(cargo)
        .current_dir(checkout)
        .args(["build", "--quiet", "--locked", "--package", PROGRAM, "--profile", PROFILE])
        .args(["--target", &target, "--target-dir"])
        .arg(&folder)
        // A target of its own, named or not, is a folder of its own: the flags rebuild nothing else.
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| format!("cannot start cargo, which builds the service image: {error}"))?;
    if output.status.success() {
        return Ok(program);
    }
    let why = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = why.lines().filter(|line| line.starts_with("error")).take(3).collect();
    Err(format!("{PROGRAM} could not be compiled: {}", lines.join("; ")))
}

/// Of this very program: the same machine runs the containers.
fn triple() -> Result<String, String> {
    match std::env::consts::ARCH {
        arch @ ("x86_64" | "aarch64") => Ok(format!("{arch}-unknown-linux-gnu")),
        other => Err(format!("the service image is made for x86_64 and aarch64, not {other}")),
    }
}

pub(super) fn context(program: &Path) -> Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", program.display());
    let bytes = std::fs::read(program).map_err(failed)?;
    let dockerfile = format!(
        "FROM scratch\nCOPY {PROGRAM} /squall/{PROGRAM}\nENTRYPOINT [\"/squall/{PROGRAM}\"]\n"
    );
    let mut archive = tar::Builder::new(Vec::new());
    build::append(&mut archive, Path::new("Dockerfile"), dockerfile.as_bytes(), false)
        .and_then(|()| build::append(&mut archive, Path::new(PROGRAM), &bytes, true))
        .and_then(|()| archive.into_inner())
        .map_err(failed)
}
