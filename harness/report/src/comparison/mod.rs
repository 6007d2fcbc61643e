//! Stacks side by side: from run folders to the page that says which of them survives what.
//!
//! The figures are [`squall_model::comparison`]'s; here they are read, put into words and written.

mod folder;
mod html;
mod json;
mod markdown;
mod sentences;
mod terminal;

pub use folder::{PlaysError, Source, plays};
pub use json::{ComparisonJson, schema};
pub use terminal::terminal;

use crate::write::{WriteError, place};
use squall_model::comparison::Comparison;
use std::io::{self, Write};
use std::path::Path;

/// A comparison with what the figures do not say.
#[derive(Clone, Debug)]
pub struct Compared {
    pub comparison: Comparison,
    pub info: Info,
}

/// Who compared, when, and what is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Info {
    pub squall: String,
    /// RFC 3339, in UTC; empty where runs of several times were compared.
    pub started: String,
    /// The command line that was typed, `squall` included.
    pub command: Vec<String>,
    /// Repeats that were asked for; 0 where what was there was compared.
    pub asked: u32,
    /// Drills that were not played, each with the reason.
    pub missing: Vec<String>,
}

type Render = fn(&Compared, &mut dyn Write) -> io::Result<()>;

/// File name → what fills it.
const FILES: [(&str, Render); 3] = [
    ("comparison.html", html::write),
    ("comparison.md", markdown::write),
    ("comparison.json", json::write),
];

/// Writes every format into `dir`, which exists.
///
/// # Errors
/// The first file that could not be written.
pub fn write(dir: &Path, compared: &Compared) -> Result<(), WriteError> {
    FILES
        .iter()
        .try_for_each(|(file, render)| place(dir, file, |out| render(compared, out)).map(|_| ()))
}
