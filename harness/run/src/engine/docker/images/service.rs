//! The service image: `squall-node`, the libraries that it is linked with, and nothing else.
//!
//! The program is the one that cargo builds beside this very squall, so an image costs no build of its
//! own. Its libraries are the machine's: they are those that it was linked against.

use super::build;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

const PROGRAM: &str = "squall-node";

/// Brings it up to date with the checkout, which takes no time where nothing changed. Gives its path.
///
/// # Errors
/// Where cargo is missing or fails.
pub(super) async fn build(checkout: &Path, say: &dyn Fn(&str)) -> Result<PathBuf, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // As this program itself was built; optimised builds share nothing with the others.
    let (profile, folder) =
        if cfg!(debug_assertions) { ("dev", "debug") } else { ("release", "release") };
    let target = super::target(checkout);
    let program = target.join(folder).join(PROGRAM);
    if !program.is_file() {
        say("compiling the service image's program; this takes minutes the first time");
    }
    let output = Command::new(cargo)
        .current_dir(checkout)
        // All of the workspace is named, or its dependencies would be built anew with fewer features.
        .args(["build", "--quiet", "--locked", "--workspace", "--bin", PROGRAM])
        .args(["--profile", profile, "--target-dir"])
        .arg(&target)
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

/// The build context: the program, and its libraries at the very paths that the loader looks at.
pub(super) async fn context(program: &Path) -> Result<Vec<u8>, String> {
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |error: std::io::Error| format!("{path}: {error}")
    };
    let dockerfile = format!("FROM scratch\nCOPY root /\nENTRYPOINT [\"/squall/{PROGRAM}\"]\n");
    let mut archive = tar::Builder::new(Vec::new());
    build::append(&mut archive, Path::new("Dockerfile"), dockerfile.as_bytes(), false)
        .map_err(failed(program))?;
    let own = (program.to_owned(), Path::new("root/squall").join(PROGRAM));
    let libraries = libraries(program).await?.into_iter().map(|path| {
        let inside = Path::new("root").join(path.strip_prefix("/").unwrap_or(&path));
        (path, inside)
    });
    for (path, inside) in std::iter::once(own).chain(libraries) {
        let bytes = std::fs::read(&path).map_err(failed(&path))?;
        build::append(&mut archive, &inside, &bytes, true).map_err(failed(&path))?;
    }
    archive.into_inner().map_err(failed(program))
}

/// What the program's loader loads with it, itself included; none where it is linked statically.
async fn libraries(program: &Path) -> Result<BTreeSet<PathBuf>, String> {
    let output = Command::new("ldd").arg(program).stdin(Stdio::null()).output().await;
    let output = output.map_err(|error| {
        format!("cannot start ldd, which names the libraries of {}: {error}", program.display())
    })?;
    let text = String::from_utf8_lossy(&output.stdout);
    let missing = text.lines().find(|line| line.contains("not found"));
    match missing {
        Some(line) => Err(format!("{} lacks a library: {}", program.display(), line.trim())),
        None => Ok(text.lines().filter_map(library).collect()),
    }
}

/// `libc.so.6 => /lib/libc.so.6 (0x…)` or `/lib64/ld-linux.so.2 (0x…)`; the kernel's own has no file.
fn library(line: &str) -> Option<PathBuf> {
    let named = line.split_once("=>").map_or(line, |(_, path)| path);
    let path = named.split_whitespace().next()?;
    path.starts_with('/').then(|| PathBuf::from(path))
}

#[cfg(test)]
mod tests {
    use super::library;
    use std::path::PathBuf;

    #[test]
    fn libraries_are_those_with_a_file() {
        let path = |line: &str| library(line);
        let libc = "\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f715733e000)";
        assert_eq!(path(libc), Some(PathBuf::from("/lib/x86_64-linux-gnu/libc.so.6")));
        let loader = "\t/lib64/ld-linux-x86-64.so.2 (0x00007f71586d7000)";
        assert_eq!(path(loader), Some(PathBuf::from("/lib64/ld-linux-x86-64.so.2")));
        assert_eq!(path("\tlinux-vdso.so.1 (0x00007f71586d5000)"), None);
        assert_eq!(path("\tstatically linked"), None);
        assert_eq!(path("\tnot a dynamic executable"), None);
    }
}
