//! Feature and stack text in, plans and mistakes out: what the crate promises, from outside.

mod by_setting;
mod counts;
mod external;
mod front;
mod mistakes;
mod names;
mod openslo;
mod plans;
mod selection;
mod steps;
mod templates;

use squall_plan::{Mistakes, Options, Suite, load};
use std::path::{Path, PathBuf};

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub fn options() -> Options {
    Options {
        tags: None,
        scenario: None,
        engine: None,
        seed: None,
        stack: None,
        stacks_dir: Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stacks"),
    }
}

/// Compiles one feature text on the stacks of the tests; paths are left out of what it reports.
pub fn compile(text: &str) -> Result<Suite, Mistakes> {
    compile_in(&options().stacks_dir, text)
}

/// [`compile`] on other stacks.
pub fn compile_in(stacks: &Path, text: &str) -> Result<Suite, Mistakes> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.feature");
    std::fs::write(&file, text).expect("a written feature");
    load(&[file], &Options { stacks_dir: stacks.to_owned(), ..options() })
}

/// `line:column message (help)` of every mistake.
pub fn mistakes(text: &str) -> Vec<String> {
    mistakes_in(&options().stacks_dir, text)
}

/// [`mistakes`] on other stacks.
pub fn mistakes_in(stacks: &Path, text: &str) -> Vec<String> {
    let Err(mistakes) = compile_in(stacks, text) else { return Vec::new() };
    mistakes
        .all()
        .iter()
        .map(|m| {
            let help = m.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
            format!("{}:{} {}{help}", m.line, m.column, m.message)
        })
        .collect()
}
