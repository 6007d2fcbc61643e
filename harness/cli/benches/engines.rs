//! What the docker engine costs over the local one: the same drill on both in turn, through the whole
//! program. `cargo bench -p squall --bench engines`, after `squall images`; one line a figure.
//!
//! How long from the start of the program to the first message, and how long a message takes to be
//! accepted and to be delivered. Both engines count latency in the same way, from the scheduled instant.

use serde_json::Value;
use std::error::Error;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 3;
const DRILL: &str = "Feature: Engines
  Scenario: Nothing happens
    Given the stack \"reference\"
    And 100 messages per second
    When steady state holds for 20 seconds
    Then the 50th percentile of accept latency is under 5 seconds
    And the 99th percentile of accept latency is under 5 seconds
    And the 50th percentile of delivery latency is under 5 seconds
    And the 99th percentile of delivery latency is under 5 seconds
";

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let feature = folder.path().join("engines.feature");
    std::fs::write(&feature, DRILL)?;
    let mut played: [Vec<Figures>; 2] = Default::default();
    for _ in 0..ROUNDS {
        for (of, engine) in played.iter_mut().zip(["local", "docker"]) {
            of.push(play(engine, &feature, folder.path())?);
        }
    }
    let [local, docker] = played;
    tell("from start to the first message", &local, &docker, |figures| figures.first_ms);
    for (index, what) in
        ["accept p50", "accept p99", "delivery p50", "delivery p99"].iter().enumerate()
    {
        tell(what, &local, &docker, |figures| figures.latency_ms[index]);
    }
    Ok(())
}

struct Figures {
    first_ms: f64,
    latency_ms: Vec<f64>,
}

fn play(engine: &str, feature: &Path, out: &Path) -> Result<Figures, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let began = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_squall"))
        .current_dir(root)
        .env("CI", "true")
        .args(["run", "--engine", engine, "--out"])
        .arg(out)
        .arg(feature)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut said = BufReader::new(child.stderr.take().ok_or("no standard error")?);
    let mut line = String::new();
    while !line.contains("warm-up") {
        line.clear();
        if said.read_line(&mut line)? == 0 {
            return Err(format!("the drill on {engine} was not played: {:?}", child.wait()?).into());
        }
    }
    let first = began.elapsed();
    said.read_to_end(&mut Vec::new())?;
    child.wait()?;
    let run: Value = serde_json::from_slice(&std::fs::read(out.join("latest/run.json"))?)?;
    let objectives = run["drills"][0]["objectives"].as_array().ok_or("no objectives")?;
    let seen = objectives.iter().map(|one| one["observed"].as_f64().unwrap_or(f64::NAN));
    Ok(Figures { first_ms: millis(first), latency_ms: seen.collect() })
}

fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1e3
}

/// The median of both, and their ratio.
fn tell(what: &str, local: &[Figures], docker: &[Figures], of: impl Fn(&Figures) -> f64) {
    let median = |figures: &[Figures]| {
        let mut all: Vec<f64> = figures.iter().map(&of).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    let (local, docker) = (median(local), median(docker));
    println!("{what}: local {local:.1} ms, docker {docker:.1} ms, {:.2} times", docker / local);
}
