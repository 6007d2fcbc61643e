//! What an image needs of Python: a folder with a `requirements.txt` gets what that names as `packages/`
//! in its build context, fetched by this machine's pip. Inside a container nothing is fetched, where this
//! machine's mirrors and certificates are not known.
//!
//! Packages are those of the base image's Python, whatever runs here; what is published as source alone
//! comes as source. Requirements of requirements are not followed: the file names them all, so what is
//! fetched, and with it the image's tag, is the same tomorrow.

use super::build;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// A line for each package, with its version.
const LIST: &str = "requirements.txt";
/// Where a Dockerfile finds them.
const PACKAGES: &str = "packages";
/// The Python of [`super::base`]'s release.
const VERSION: &str = "3.11";
/// Names of platforms whose compiled packages run on that release, without the machine's.
const PLATFORMS: [&str; 3] = ["manylinux_2_28", "manylinux_2_17", "manylinux2014"];

/// The packages that `folder` asks for, ready for its context; none without a list. `cache` keeps them.
///
/// # Errors
/// Where pip is missing or cannot fetch them, with the remedy.
pub(super) async fn packages(
    folder: &Path,
    cache: &Path,
    say: &dyn Fn(&str),
) -> Result<Option<build::Extra>, String> {
    let list = folder.join(LIST);
    if !list.is_file() {
        return Ok(None);
    }
    let failed = |error: std::io::Error| format!("{}: {error}", list.display());
    let kept = cache.join(name(&std::fs::read(&list).map_err(failed)?));
    if !kept.is_dir() {
        say(&format!("fetching the Python packages of {}", list.display()));
        std::fs::create_dir_all(cache).map_err(failed)?;
        let fetched = tempfile::tempdir_in(cache).map_err(failed)?;
        fetch(&list, fetched.path()).await?;
        // Another process may have been faster; its packages are the same.
        let _ = std::fs::rename(fetched.path(), &kept);
    }
    Ok(Some(build::Extra { name: PACKAGES, folder: kept }))
}

/// Of the folder that keeps what a list names: all that decides about what is fetched.
fn name(list: &[u8]) -> String {
    let what = [list, VERSION.as_bytes(), std::env::consts::ARCH.as_bytes()].concat();
    Sha256::digest(what).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

async fn fetch(list: &Path, into: &Path) -> Result<(), String> {
    let platforms = PLATFORMS.map(|name| format!("--platform={name}_{}", std::env::consts::ARCH));
    let output = Command::new("python3")
        .args(["-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"])
        .args(["--implementation=cp", &format!("--python-version={VERSION}")])
        .args(platforms)
        .arg("--dest")
        .arg(into)
        .arg("--requirement")
        .arg(list)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| {
            format!(
                "python3, whose pip fetches what {} names, cannot be started ({error}); \
                 `apt-get install python3-pip`",
                list.display()
            )
        })?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{}: {}", list.display(), why(&String::from_utf8_lossy(&output.stderr))))
}

/// What pip said, and what to do about it.
fn why(said: &str) -> String {
    if said.contains("No module named pip") {
        return "python3 has no pip, which fetches what it names; `apt-get install python3-pip`"
            .to_owned();
    }
    let line = said.lines().rev().find(|line| line.starts_with("ERROR")).or(said.lines().last());
    format!(
        "pip could not fetch what it names: {}; where a mirror or a certificate of its own is needed, \
         `python3 -m pip config` says so to it",
        line.unwrap_or("it does not say why")
    )
}

/// Below the folder that cargo builds into.
pub(super) fn cache(target: &Path) -> PathBuf {
    target.join("python")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_folder_without_a_list_needs_nothing_and_one_that_was_fetched_nobody() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = tempfile::tempdir().expect("a folder");
        let silent = |said: &str| panic!("{said}");
        let none = packages(folder.path(), cache.path(), &silent).await.expect("none");
        assert!(none.is_none());
        std::fs::write(folder.path().join(LIST), "x==1\n").expect("a list");
        let kept = cache.path().join(name(b"x==1\n"));
        std::fs::create_dir(&kept).expect("a kept folder");
        let found = packages(folder.path(), cache.path(), &silent).await.expect("packages");
        assert_eq!(found.map(|extra| (extra.name, extra.folder)), Some((PACKAGES, kept)));
        assert_ne!(name(b"x==1\n"), name(b"x==2\n"));
    }

    #[test]
    fn what_pip_could_not_do_is_said_with_its_remedy() {
        assert!(why("/usr/bin/python3: No module named pip\n").contains("apt-get install"));
        let told = why("WARNING: x\nERROR: No matching distribution found for y==1\nbye\n");
        assert!(told.contains("No matching distribution found for y==1"), "{told}");
        assert!(why("").contains("does not say why"));
    }
}
