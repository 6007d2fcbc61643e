//! `squall compare RUN…`: from run folders alone; nothing is played.

use super::cells::so_far;
use super::finish;
use super::manifest::Manifest;
use crate::args;
use crate::exit::Exit;
use crate::folder;
use anyhow::{Result, bail};
use squall_report::comparison::{Info, Source};
use std::path::{Path, PathBuf};

pub fn compare(args: &args::Compare) -> Result<Exit> {
    match args.paths.as_slice() {
        [] => bail!("name run folders to compare, or --stacks a,b and features to play"),
        [one] if Manifest::is_in(one) => again(one, args),
        several => beside(several, args),
    }
}

/// A comparison's own folder: written again, as far as it was played.
fn again(folder: &Path, args: &args::Compare) -> Result<Exit> {
    let manifest = Manifest::read(folder)?;
    let (sources, missing) = so_far(folder, &manifest.cells());
    if sources.is_empty() {
        bail!(
            "nothing of {} has been played; go on with: squall compare --resume {0}",
            folder.display()
        );
    }
    let info = manifest.info(missing);
    finish(folder, &sources, true, info, args.fail_on_worse.as_deref())
}

/// Runs that were played each on its own.
fn beside(runs: &[PathBuf], args: &args::Compare) -> Result<Exit> {
    let mut sources = Vec::new();
    for run in runs {
        if Manifest::is_in(run) {
            bail!(
                "{} is a comparison already; compare it alone, or name run folders",
                run.display()
            );
        }
        sources.push(Source { folder: run.clone(), shown: run.display().to_string(), stack: None });
    }
    // Read before anything is made.
    squall_report::comparison::plays(&sources)?;
    let folder = folder::create(&args.out, jiff::Timestamp::now(), "compare")?;
    let info = Info {
        squall: env!("CARGO_PKG_VERSION").to_owned(),
        command: crate::commands::run::typed(),
        ..Info::default()
    };
    finish(&folder, &sources, false, info, args.fail_on_worse.as_deref())
}
