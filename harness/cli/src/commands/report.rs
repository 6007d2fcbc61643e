//! `squall report RUN`: renders again from the run folder alone.

use crate::exit::Exit;
use anyhow::{Context, Result};
use std::io::IsTerminal;
use std::path::Path;

pub fn report(run: &Path) -> Result<Exit> {
    let records = squall_report::read(run)?;
    let judged = squall_report::judge_run(records, squall_report::read_info(run));
    finish(run, &judged)?;
    Ok(Exit::of(judged.exit_code))
}

/// Writes every format into the run folder and ends the terminal's output with the verdicts.
///
/// # Errors
/// Where a file cannot be written.
pub fn finish(run: &Path, judged: &squall_report::RunReport) -> Result<()> {
    squall_report::write(run, judged)
        .with_context(|| format!("cannot write the report into {}", run.display()))?;
    let page = run.join("report.html");
    print!("{}", squall_report::terminal(judged, &page, colour()));
    Ok(())
}

/// Writes what the verdict stands in and nothing that takes time: the run's user is in a hurry.
///
/// # Errors
/// Where the file cannot be written.
pub fn hurry(run: &Path, judged: &squall_report::RunReport) -> Result<()> {
    const VERDICT: &str = "run.json";
    let path = run.join(VERDICT);
    let what = || format!("cannot write {}", path.display());
    let mut bytes = Vec::new();
    for format in squall_report::format::FORMATS.iter().filter(|format| format.file == VERDICT) {
        (format.write)(judged, &mut bytes).with_context(what)?;
    }
    std::fs::write(&path, bytes).with_context(what)?;
    println!("The facts are kept; `squall report {}` writes the report.", run.display());
    Ok(())
}

/// Whether standard output takes colours.
pub fn colour() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}
