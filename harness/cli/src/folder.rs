//! The folder of one run: created new under the output folder, with a slug for a name.

use anyhow::{Context, Result};
use jiff::Timestamp;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Longest slug; file systems allow 255 bytes for the whole name.
const SLUG: usize = 60;

/// Makes `<out>/<utc-time>-<slug>`; a second run in the same second gets a number.
///
/// # Errors
/// Where the folder cannot be made.
pub fn create(out: &Path, started: Timestamp, title: &str) -> Result<PathBuf> {
    fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let name = format!("{}-{}", started.strftime("%Y%m%dT%H%M%SZ"), slug(title));
    for turn in 1..1000 {
        let path = out.join(if turn == 1 { name.clone() } else { format!("{name}-{turn}") });
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).context(format!("cannot make {}", path.display())),
        }
    }
    anyhow::bail!("{} holds a thousand runs of this second", out.display())
}

/// Points `<out>/latest` at the run. A file of that name that is no link is left alone.
pub fn point_latest(out: &Path, run: &Path) -> Result<()> {
    let latest = out.join("latest");
    let target = run.file_name().context("a run folder has a name")?;
    match fs::symlink_metadata(&latest) {
        Ok(found) if !found.file_type().is_symlink() => return Ok(()),
        Ok(_) | Err(_) => {}
    }
    // Made aside and renamed, so that a reader never finds it missing.
    let aside = out.join(format!(".latest-{}", std::process::id()));
    let _ = fs::remove_file(&aside);
    std::os::unix::fs::symlink(target, &aside)
        .and_then(|()| fs::rename(&aside, &latest))
        .with_context(|| format!("cannot point {} at the run", latest.display()))
}

/// Letters and digits in lower case, everything else one hyphen.
fn slug(title: &str) -> String {
    let mut out = String::new();
    for c in title.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else if !out.ends_with('-') && !out.is_empty() {
            out.push('-');
        }
        if out.len() >= SLUG {
            break;
        }
    }
    let out = out.trim_end_matches('-');
    if out.is_empty() { "run".to_owned() } else { out.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_stays_in_its_folder() {
        assert_eq!(slug("Regional queue loss: \"Singapore\""), "regional-queue-loss-singapore");
        assert_eq!(slug("../../etc/passwd\n"), "etc-passwd");
        assert_eq!(slug("🌩"), "run");
        assert!(slug(&"x".repeat(400)).len() <= SLUG);
    }

    #[test]
    fn two_runs_of_one_second_get_two_folders_and_latest_points_at_the_newer() {
        let out = tempfile::tempdir().expect("a folder");
        let now = Timestamp::UNIX_EPOCH;
        let first = create(out.path(), now, "a").expect("the first");
        let second = create(out.path(), now, "a").expect("the second");
        assert_ne!(first, second);
        point_latest(out.path(), &first).expect("a link");
        point_latest(out.path(), &second).expect("a link");
        let latest = out.path().join("latest").canonicalize().expect("a target");
        assert_eq!(latest, second.canonicalize().expect("the second"));
    }
}
