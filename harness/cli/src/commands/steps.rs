//! `squall steps`: the step catalogue, printed and kept as features/README.md.

use crate::exit::Exit;
use anyhow::{Context, Result};
use std::path::Path;

pub fn steps() -> Result<Exit> {
    let catalogue = squall_plan::markdown();
    print!("{catalogue}");
    let features = Path::new("features");
    if features.is_dir() {
        let page = features.join("README.md");
        std::fs::write(&page, &catalogue)
            .with_context(|| format!("cannot write {}", page.display()))?;
    }
    Ok(Exit::Met)
}
