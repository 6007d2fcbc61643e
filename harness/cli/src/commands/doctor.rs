//! `squall doctor`: what this machine can run, and what is missing or left over. Changes nothing.

use super::containers;
use crate::args::Reports;
use crate::exit::Exit;
use anyhow::Result;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

pub fn doctor(args: &Reports) -> Result<Exit> {
    println!("squall {}", env!("CARGO_PKG_VERSION"));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    line("sim", Ok(format!("plays anywhere; {cores} drills at once here")));
    line("local", local());
    let docker = containers::state();
    line("docker", docker.as_ref().map(|(version, _)| version.clone()).map_err(Clone::clone));
    line("drills", folder("features", "run squall where features/ is, or name feature files"));
    line("stacks", folder("stacks", "run squall where stacks/ is"));
    line("python3", python());
    match left_over(&args.out) {
        Ok(nothing) => line("clean", Ok(nothing)),
        Err(left) => println!("  left     {:10} {left}", "clean"),
    }
    for left in docker.map(|(_, left)| left).unwrap_or_default() {
        println!(
            "  left     {:10} {left} of a run that died; `squall recover` removes it",
            "docker"
        );
    }
    Ok(Exit::Met)
}

fn line(what: &str, state: Result<String, String>) {
    match state {
        Ok(found) => println!("  ok       {what:10} {found}"),
        Err(missing) => println!("  missing  {what:10} {missing}"),
    }
}

/// Open files: the sender keeps at most 4,096 submits under way, and there is more than the sender.
const ENOUGH: u64 = 8_192;

/// What the local engine needs: loopback ports, a process table, descriptors.
fn local() -> Result<String, String> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .map_err(|error| format!("no port can be opened on loopback: {error}"))?;
    std::fs::metadata("/proc/self/stat")
        .map_err(|_| "needs Linux's /proc to tell its own processes from others".to_owned())?;
    let (_, hard) = nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE)
        .map_err(|error| format!("cannot read the limit of open files: {error}"))?;
    if hard < ENOUGH {
        return Err(format!("only {hard} open files allowed; {ENOUGH} are enough (`ulimit -Hn`)"));
    }
    Ok(format!("loopback, child processes; {hard} open files allowed"))
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

fn left_over(out: &Path) -> Result<String, String> {
    let shown = out.display();
    let dead = squall_run::engine::journal::left_over(out)
        .map_err(|error| format!("cannot look into {shown}/: {error}"))?;
    let living: Vec<String> = dead.iter().flat_map(|drill| drill.living.clone()).collect();
    let remedy = format!("`squall recover --out {shown}`");
    let deserted = squall_run::engine::external::deserted(out)
        .map_err(|error| format!("cannot look into {shown}/: {error}"))?;
    if let Some(one) = deserted.first() {
        return Err(format!("a run died while it drilled \"{}\"; {remedy} puts it back", one.name));
    }
    match (dead.len(), living.as_slice()) {
        (0, _) => Ok(format!("nothing is left over under {shown}/")),
        (1, []) => Err(format!("a run died, and its processes with it; {remedy} forgets it")),
        (n, []) => Err(format!("{n} runs died, and their processes; {remedy} forgets them")),
        (_, living) => Err(format!("{} still run; {remedy} ends them", living.join(", "))),
    }
}
