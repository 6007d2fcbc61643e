//! From the selection on the command line to compiled drills, or to the mistakes in them.

use crate::args;
use anyhow::Result;
use squall_plan::{Options, Suite, file_and_line, load};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// What the selection came to. Mistakes are printed already.
pub enum Picked {
    Drills(Suite),
    Mistakes,
}

/// Compiles what is selected; by default all of `features/`, for `engine` where one is decided.
pub fn drills(selection: &args::Selection, engine: Option<&str>) -> Result<Picked> {
    let features = features(selection);
    let options = Options {
        tags: selection.tags.clone(),
        scenario: selection.scenario.clone(),
        engine: engine.map(str::to_owned),
        seed: selection.seed,
        stack: selection.stack.clone(),
        stacks_dir: stacks_dir(&features),
    };
    match load(&features, &options) {
        Ok(suite) => Ok(Picked::Drills(suite)),
        Err(mistakes) => {
            let terminal = std::io::stderr().is_terminal();
            let colour = terminal && std::env::var_os("NO_COLOR").is_none();
            eprintln!("{}", mistakes.fancy(colour));
            Ok(Picked::Mistakes)
        }
    }
}

fn features(selection: &args::Selection) -> Vec<PathBuf> {
    match selection.features.as_slice() {
        [] => vec![PathBuf::from("features")],
        some => some.to_vec(),
    }
}

/// Where the stacks of the selected features are described.
pub fn stacks(selection: &args::Selection) -> PathBuf {
    stacks_dir(&features(selection))
}

/// `stacks/` of the working directory, or else the one nearest above the first feature.
fn stacks_dir(features: &[PathBuf]) -> PathBuf {
    let here = PathBuf::from("stacks");
    if here.is_dir() {
        return here;
    }
    let first = features.first().and_then(|path| file_and_line(path).0.canonicalize().ok());
    first
        .iter()
        .flat_map(|path| path.ancestors())
        .map(|folder: &Path| folder.join("stacks"))
        .find(|folder| folder.is_dir())
        .unwrap_or(here)
}

/// Whether the very file was selected, and not only a folder that holds it.
pub fn is_named(selection: &args::Selection, file: &str) -> bool {
    let same = |path: &PathBuf| file_and_line(path).0 == Path::new(file);
    selection.features.iter().any(same)
}
