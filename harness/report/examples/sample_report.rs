//! Writes a report of made-up data, to look at the page: `cargo run --example sample_report DIR`.
//!
//! The data says on every page that it is a sample; it is no result of any drill.

#[path = "../tests/report/sample/mod.rs"]
#[allow(dead_code, clippy::unwrap_used)]
mod sample;

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = std::env::args().nth(1).ok_or("a folder to write into, please")?;
    std::fs::create_dir_all(&dir)?;
    let run = sample::run(&[sample::long(), sample::with_failover(), sample::calm()]);
    squall_report::write(Path::new(&dir), &run)?;
    print!("{}", squall_report::terminal(&run, Path::new(&dir), true));
    Ok(())
}
