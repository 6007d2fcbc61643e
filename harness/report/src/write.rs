//! Every report file of a run, each written beside its place and then moved there, so that a reader
//! never sees half a file.

use crate::format::FORMATS;
use crate::run::RunReport;
use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}; the facts are kept: `squall report` writes the files again")]
pub struct WriteError {
    pub path: PathBuf,
    pub source: io::Error,
}

/// Writes every format of the table into `dir`, which exists, and returns the paths in that order.
///
/// # Errors
/// The first file that could not be written.
pub fn write(dir: &Path, run: &RunReport) -> Result<Vec<PathBuf>, WriteError> {
    let mut written = Vec::with_capacity(FORMATS.len());
    for format in FORMATS {
        written.push(place(dir, format.file, |out| (format.write)(run, out))?);
    }
    Ok(written)
}

/// Writes one file of `dir` beside its place and moves it there.
pub(crate) fn place(
    dir: &Path,
    file: &str,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<PathBuf, WriteError> {
    let path = dir.join(file);
    let draft = dir.join(format!(".{file}.draft"));
    let outcome = fill(&draft, write)
        .and_then(|()| fs::rename(&draft, &path))
        .map_err(|source| WriteError { path: path.clone(), source });
    if outcome.is_err() {
        // The error that matters is the one at hand.
        let _ = fs::remove_file(&draft);
    }
    outcome.map(|()| path)
}

/// `create_new` follows no link that somebody laid there.
fn fill(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut out = BufWriter::new(OpenOptions::new().write(true).create_new(true).open(path)?);
    write(&mut out)?;
    out.flush()
}
