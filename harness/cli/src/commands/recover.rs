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
    let ended: usize = dead.iter().map(|drill| drill.living.len()).sum();
    let removed = containers::sweep()?;
    if removed > 0 {
        println!("{removed} containers and networks removed");
    }
    match (dead.len(), ended) {
        (0, _) => println!("nothing is left over under {out}/"),
        (_, 0) => println!("nothing had to be ended; nothing else is left over under {out}/"),
        (_, 1) => println!("1 process ended; nothing else is left over under {out}/"),
        (_, n) => println!("{n} processes ended; nothing else is left over under {out}/"),
    }
    Ok(Exit::Met)
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
