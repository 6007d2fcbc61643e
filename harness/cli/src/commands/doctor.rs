//! `squall doctor`: what this machine can run, and what is missing or left over. Changes nothing.

use super::recover::REPORTS;
use crate::exit::Exit;
use anyhow::Result;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

pub fn doctor() -> Result<Exit> {
    println!("squall {}", env!("CARGO_PKG_VERSION"));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    line("sim", Ok(format!("plays anywhere; {cores} drills at once here")));
    line("local", local());
    line("docker", Err("not built yet".to_owned()));
    line("drills", folder("features", "run squall where features/ is, or name feature files"));
    line("stacks", folder("stacks", "run squall where stacks/ is"));
    line("python3", python());
    line("clean", left_over());
    Ok(Exit::Met)
}

fn line(what: &str, state: Result<String, String>) {
    match state {
        Ok(found) => println!("  ok       {what:10} {found}"),
        Err(missing) => println!("  missing  {what:10} {missing}"),
    }
}

/// What the local engine needs: loopback ports, a process table, descriptors.
fn local() -> Result<String, String> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .map_err(|error| format!("no port can be opened on loopback: {error}"))?;
    std::fs::metadata("/proc/self/stat")
        .map_err(|_| "needs Linux's /proc to tell its own processes from others".to_owned())?;
    let (soft, _) = nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE)
        .map_err(|error| format!("cannot read the limit of open files: {error}"))?;
    if soft < 1024 {
        return Err(format!("only {soft} open files allowed; `ulimit -n 4096` gives enough"));
    }
    Ok(format!("loopback, child processes; {soft} open files allowed"))
}

fn folder(name: &str, remedy: &str) -> Result<String, String> {
    match Path::new(name).is_dir() {
        true => Ok(format!("{name}/")),
        false => Err(format!("no {name}/ here; {remedy}")),
    }
}

fn python() -> Result<String, String> {
    let output = std::process::Command::new("python3").arg("--version").output();
    match output {
        Ok(output) if output.status.success() => {
            Ok(format!("{}, for the SDK tests", String::from_utf8_lossy(&output.stdout).trim()))
        }
        _ => Err("only the tests that speak through other people's SDKs need it".to_owned()),
    }
}

fn left_over() -> Result<String, String> {
    match squall_run::engine::journal::left_over(Path::new(REPORTS)) {
        Ok(nodes) if nodes.is_empty() => Ok(format!("nothing under {REPORTS}/")),
        Ok(nodes) => Err(format!("{} still run; `squall recover` ends them", nodes.join(", "))),
        Err(error) => Err(format!("cannot look into {REPORTS}/: {error}")),
    }
}
