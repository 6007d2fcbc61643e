//! `squall recover`: ends what an interrupted run left behind.

use crate::exit::Exit;
use anyhow::{Context, Result};
use squall_run::engine::journal;
use std::path::Path;

/// Output folders are found by name: run where `squall run` was run.
pub const REPORTS: &str = "reports";

pub fn recover() -> Result<Exit> {
    match sweep(Path::new(REPORTS))? {
        0 => println!("nothing is left over under {REPORTS}"),
        n => println!("{n} processes ended; nothing else is left"),
    }
    Ok(Exit::Met)
}

/// Ends the children of dead runs under `out`, names each on standard error, and counts them.
///
/// # Errors
/// Where a journal cannot be read or a process cannot be ended.
pub fn sweep(out: &Path) -> Result<usize> {
    let ended = journal::sweep(out)
        .with_context(|| format!("cannot clear up after earlier runs in {}", out.display()))?;
    for node in &ended {
        eprintln!("squall: ended {node}, left over from a run that died");
    }
    Ok(ended.len())
}
