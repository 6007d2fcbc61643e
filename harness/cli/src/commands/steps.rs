//! `squall steps`: the step catalogue, printed and kept as features/README.md.

use crate::exit::Exit;
use crate::print::print;
use anyhow::{Context, Result};
use std::path::Path;

pub fn steps() -> Result<Exit> {
    let catalogue = squall_plan::markdown();
    print(&catalogue)?;
    let page = Path::new("features/README.md");
    if page.parent().is_some_and(Path::is_dir) {
        keep(page, &catalogue)?;
    }
    Ok(Exit::Met)
}

/// Writes the page anew, unless somebody wrote it by hand.
fn keep(page: &Path, catalogue: &str) -> Result<()> {
    let head = |text: &str| text.lines().take(3).map(str::to_owned).collect::<Vec<_>>();
    let written = std::fs::read_to_string(page).unwrap_or_default();
    if !written.is_empty() && head(&written) != head(catalogue) {
        eprintln!("squall: {} is not the catalogue and stays as it is", page.display());
        return Ok(());
    }
    std::fs::write(page, catalogue).with_context(|| format!("cannot write {}", page.display()))
}
