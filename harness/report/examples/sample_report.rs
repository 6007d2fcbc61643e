//! Writes a report of made-up data, to look at the page: `cargo run --example sample_report DIR`.
//!
//! The data says on every page that it is a sample; it is no result of any drill.

#[path = "../tests/report/sample.rs"]
#[allow(dead_code, clippy::unwrap_used)]
mod sample;

use squall_report::{DrillReport, RunInfo, RunReport, write};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = std::env::args().nth(1).ok_or("a folder to write into, please")?;
    std::fs::create_dir_all(&dir)?;
    let samples = [sample::long(), sample::with_failover(), sample::calm()];
    let drills = samples.iter().map(|sample| {
        let (judged, record) = sample::judged(sample);
        DrillReport::new(judged, record)
    });
    let info = RunInfo {
        squall: "0.1.0".into(),
        engine: "sim".into(),
        seed: 42,
        started: "2026-11-22T09:14:05Z".into(),
        wall_ms: 47_000,
        command: ["squall", "run", "features/incidents"].map(str::to_owned).into(),
        undo_verified: true,
    };
    let run = RunReport::new(drills, info);
    write(Path::new(&dir), &run)?;
    print!("{}", squall_report::terminal(&run, Path::new(&dir), true));
    Ok(())
}
