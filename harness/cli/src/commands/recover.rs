//! `squall recover`: ends what interrupted runs left behind, and says which runs those were.

use super::containers;
use crate::args::Reports;
use crate::exit::Exit;
use anyhow::{Context, Result};
use squall_run::engine::journal::{self, DeadDrill};
use std::path::Path;

pub fn recover(args: &Reports) -> Result<Exit> {
    let out = args.out.display();
    let dead = sweep(&args.out)?;
    let left = put_back(&args.out)?;
    let ended: usize = dead.iter().map(|drill| drill.living.len()).sum();
    let removed = containers::sweep()?;
    if removed > 0 {
        println!("{removed} containers and networks removed");
    }
    if left {
        return Ok(Exit::NotUndone);
    }
    match (dead.len(), ended) {
        (0, _) => println!("nothing is left over under {out}/"),
        (_, 0) => println!("nothing had to be ended; nothing else is left over under {out}/"),
        (_, 1) => println!("1 process ended; nothing else is left over under {out}/"),
        (_, n) => println!("{n} processes ended; nothing else is left over under {out}/"),
    }
    Ok(Exit::Met)
}

/// Puts back what dead runs under `out` changed of stacks that somebody else has started, and tells of
/// each on standard error; true where something of it could not be.
///
/// # Errors
/// Where a note cannot be read.
pub fn put_back(out: &Path) -> Result<bool> {
    let deserted = squall_run::engine::external::put_back(out)
        .with_context(|| format!("cannot clear up after earlier runs in {}", out.display()))?;
    for one in &deserted {
        let (folder, name) = (one.folder.display(), &one.name);
        match one.left.as_slice() {
            [] => eprintln!("squall: the run of {folder} died: \"{name}\" is as it was before"),
            left => eprintln!(
                "squall: the run of {folder} died, not undone: {}; if \"{name}\" is gone for good, delete {}",
                left.join("; "),
                one.note().display(),
            ),
        }
    }
    Ok(deserted.iter().any(|one| !one.left.is_empty()))
}

/// Ends the children of dead runs under `out` and tells of each on standard error.
///
/// # Errors
/// Where a journal cannot be read or a process cannot be ended.
pub fn sweep(out: &Path) -> Result<Vec<DeadDrill>> {
    let dead = journal::sweep(out)
        .with_context(|| format!("cannot clear up after earlier runs in {}", out.display()))?;
    for drill in &dead {
        let what = match drill.living.as_slice() {
            [] => "its processes died with it".to_owned(),
            living => format!("ended {}", living.join(", ")),
        };
        eprintln!("squall: the run of {} died: {what}", drill.folder.display());
    }
    Ok(dead)
}
