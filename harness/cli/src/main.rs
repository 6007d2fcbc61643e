//! The `squall` binary: options → command → exit code. What a command does lives in its own file.

mod args;
mod commands;
mod exit;
mod folder;
mod print;
mod progress;
mod signals;

use clap::Parser;
use exit::Exit;

/// A simulated drill is one thread that makes and drops small things all the time; the system's
/// allocator took a fifth of it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    let command = args::Squall::parse().command;
    let exit = match commands::perform(command) {
        Ok(exit) => exit,
        Err(error) => {
            eprintln!("squall: {error:#}");
            Exit::Mistake
        }
    };
    exit.into()
}
