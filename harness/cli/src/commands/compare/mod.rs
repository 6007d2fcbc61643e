//! `squall compare`: stacks side by side, from run folders or played for it.

mod cells;
mod manifest;
mod play;
mod runs;

use crate::args;
use crate::commands::report;
use crate::exit::Exit;
use anyhow::{Context, Result, bail};
use squall_model::comparison::{self, Claims, Comparison};
use squall_report::comparison::{Compared, Info, Source};
use std::path::Path;

pub fn compare(args: &args::Compare) -> Result<Exit> {
    match (&args.resume, args.stacks.as_slice()) {
        (Some(folder), []) if args.paths.is_empty() => play::resume(folder, args),
        (Some(_), _) => {
            bail!("--resume goes on with what the comparison was begun with; name nothing else")
        }
        (None, []) => runs::compare(args),
        (None, [_]) => bail!("a comparison takes two stacks: --stacks a,b"),
        (None, _) => play::begin(args),
    }
}

/// What was played → the comparison's files, the terminal's last lines and the exit.
fn finish(
    folder: &Path,
    sources: &[Source],
    interleaved: bool,
    info: Info,
    baseline: Option<&str>,
) -> Result<Exit> {
    let (columns, plays) = squall_report::comparison::plays(sources)?;
    let wanted = check_baseline(&columns, baseline)?;
    let comparison = comparison::compare(&columns, &plays, interleaved)?;
    let compared = Compared { comparison, info };
    squall_report::comparison::write(folder, &compared)
        .with_context(|| format!("cannot write the comparison into {}", folder.display()))?;
    let page = folder.join("comparison.html");
    print!("{}", squall_report::comparison::terminal(&compared, &page, report::colour()));
    let missing = !compared.info.missing.is_empty();
    let worse = wanted.map(|baseline| worse_than(&compared.comparison, baseline));
    Ok(match worse {
        Some(Some(words)) => {
            println!("worse than the baseline: {words}");
            Exit::Breached
        }
        Some(None) if compared.comparison.claims != Claims::Made => {
            println!("whether any is worse than the baseline cannot be decided");
            Exit::Inconclusive
        }
        _ if missing => Exit::Inconclusive,
        _ => Exit::Met,
    })
}

/// The column that `--fail-on-worse` names.
fn check_baseline(columns: &[String], baseline: Option<&str>) -> Result<Option<usize>> {
    let Some(baseline) = baseline else { return Ok(None) };
    match columns.iter().position(|column| column == baseline) {
        Some(column) => Ok(Some(column)),
        None => bail!(
            "--fail-on-worse {baseline}: no such stack here; there are {}",
            columns.join(", ")
        ),
    }
}

/// The first claimed difference in which another stack fares worse.
fn worse_than(comparison: &Comparison, baseline: usize) -> Option<String> {
    for row in &comparison.drills {
        for line in row.measures.iter().chain(&row.objectives) {
            let worse = line.differences.iter().find(|it| it.claimed && it.better == baseline);
            if let Some(it) = worse {
                let other = if it.one == baseline { it.other } else { it.one };
                let stack = &comparison.stacks.get(other)?.stack;
                return Some(format!("{stack}, {}: {}", row.scenario, line.name));
            }
        }
    }
    None
}
