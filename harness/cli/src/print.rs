//! Text for standard output that somebody may stop reading half-way, as `head` does.

use anyhow::{Context, Result};
use std::io::{ErrorKind, Write};

/// A reader that has gone has seen what it wanted.
pub fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}
