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

/// Whether standard output takes colours.
pub fn colour() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}
