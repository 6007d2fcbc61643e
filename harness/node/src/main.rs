//! `squall-node`: every role in one small program, the whole content of the service image.
//!
//! `squall-node serve ROLE --config FILE [--data DIR] [--parent PID]`, the same words as `squall
//! serve` understands from the local engine. For people there is `squall serve`.

use squall_model::node_config::NodeConfig;
use squall_node::{Process, serve};
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "squall-node serve ROLE --config FILE [--data DIR] [--parent PID]";

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("squall-node: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut arguments: impl Iterator<Item = String>) -> Result<(), String> {
    let (Some("serve"), Some(role)) = (arguments.next().as_deref(), arguments.next()) else {
        return Err(format!("usage: {USAGE}"));
    };
    let (mut config, mut data, mut parent) = (None, PathBuf::from("data"), None);
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{option} wants a value; {USAGE}"))?;
        match option.as_str() {
            "--config" => config = Some(PathBuf::from(value)),
            "--data" => data = PathBuf::from(value),
            "--parent" => parent = Some(value.parse().map_err(|_| "--parent wants a process id")?),
            _ => return Err(format!("unknown option {option}; {USAGE}")),
        }
    }
    let path = config.ok_or_else(|| format!("no --config; {USAGE}"))?;
    let text = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let config: NodeConfig =
        serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    serve(&role, config, Process { data, parent }).map_err(|error| error.to_string())
}
