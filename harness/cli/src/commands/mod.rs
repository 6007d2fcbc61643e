//! One file a command; the table here is the only place that knows them all.

mod compare;
mod containers;
mod doctor;
mod engine;
mod external;
mod plan;
mod recover;
mod report;
mod run;
mod schema;
mod select;
mod serve;
mod steps;

use crate::args::Command;
use crate::exit::Exit;
use anyhow::Result;

/// Performs one command.
///
/// # Errors
/// What the user got wrong, or what the machine refused before anything was started: exit 2.
pub fn perform(command: Command) -> Result<Exit> {
    match command {
        Command::Run(args) => run::run(&args),
        Command::Compare(args) => compare::compare(&args),
        Command::Plan(args) => plan::plan(&args),
        Command::Steps => steps::steps(),
        Command::Report { run } => report::report(&run),
        Command::Schema { of } => schema::schema(of),
        Command::Serve(args) => serve::serve(args),
        Command::Images { stacks } => containers::images(&stacks),
        Command::Doctor(args) => doctor::doctor(&args),
        Command::Recover(args) => recover::recover(&args),
    }
}
