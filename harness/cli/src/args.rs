//! The command line as data. One definition feeds the parser and the help.

use crate::exit;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Outage drills for messaging stacks.
#[derive(Debug, Parser)]
#[command(name = "squall", version, after_help = exit::HELP, propagate_version = true)]
pub struct Squall {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Play drills, judge them and write the report
    #[command(after_help = exit::HELP)]
    Run(Run),
    /// Show what a drill would do, without doing it
    Plan(Plan),
    /// List the steps of the language; also writes features/README.md
    Steps,
    /// Render the report of a run again, from its folder alone
    Report { run: PathBuf },
    /// Put stacks side by side: from run folders, or played for it with --stacks
    #[command(after_help = exit::HELP)]
    Compare(Compare),
    /// Print the JSON Schema of a file format
    Schema { of: Schema },
    /// Run one component in the foreground
    Serve(Serve),
    /// Make the images that the docker engine runs, and remove older ones
    Images {
        /// Only those of these stacks [default: all]
        #[arg(value_name = "STACK")]
        stacks: Vec<String>,
    },
    /// Say what this machine can run, and what is missing or left over
    Doctor(Reports),
    /// End what an interrupted run left behind
    Recover(Reports),
}

/// Where runs may have left something behind.
#[derive(Debug, Args)]
pub struct Reports {
    /// The folder that `squall run` was given with --out
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub out: PathBuf,
}

/// What to select.
#[derive(Debug, Args)]
pub struct Selection {
    /// Feature files or folders, or FILE:LINE for the scenario that stands there [default: features]
    #[arg(value_name = "FEATURE")]
    pub features: Vec<PathBuf>,
    /// Play on this stack instead of the one the feature names
    #[arg(long, value_name = "NAME")]
    pub stack: Option<String>,
    /// Only scenarios whose tags match, e.g. "@slow and not @docker"
    #[arg(long, value_name = "EXPR")]
    pub tags: Option<String>,
    /// Only scenarios whose name holds this text, in whatever case
    #[arg(long, value_name = "TEXT")]
    pub scenario: Option<String>,
    /// Use this seed for every drill instead of its own
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

#[derive(Debug, Args)]
pub struct Run {
    #[command(flatten)]
    pub selection: Selection,
    /// Where the drills are played
    #[arg(long, value_enum, default_value_t = Engine::Auto)]
    pub engine: Engine,
    /// Whose fault proxy the docker engine puts on every link
    #[arg(long, value_enum, default_value_t = Proxy::Squall)]
    pub proxy: Proxy,
    /// Folder that run folders are made in
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub out: PathBuf,
    /// Drills played side by side [default: one a core on sim, one at a time elsewhere]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    /// Play every drill so many times, each time with another seed
    #[arg(long, value_name = "N", default_value_t = 1,
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repeat: u32,
    /// Allow drills of more than 15 minutes on a real-time engine
    #[arg(long)]
    pub allow_long: bool,
    /// The name of a stack that runs beyond this machine: it is meant, and may be drilled
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
    /// Open the report when done
    #[arg(long)]
    pub open: bool,
}

#[derive(Debug, Args)]
pub struct Compare {
    /// Run folders to compare; with --stacks, feature files or folders to play
    #[arg(value_name = "RUN|FEATURE")]
    pub paths: Vec<PathBuf>,
    /// Stacks to play the features on, the first as the one that others are compared to; a stack's
    /// profile by a slash: kannel/tuned
    #[arg(long, value_name = "A,B,…", value_delimiter = ',')]
    pub stacks: Vec<String>,
    /// Go on with a comparison that was interrupted, in its folder
    #[arg(long, value_name = "DIR", conflicts_with_all = ["stacks", "paths"])]
    pub resume: Option<PathBuf>,
    /// Where the drills are played; on sim where every stack can, else in containers
    #[arg(long, value_enum, default_value_t = Engine::Auto)]
    pub engine: Engine,
    /// Play every drill so many times on every stack, in turns; differences are claimed from ten on
    #[arg(long, value_name = "N", default_value_t = 10,
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repeat: u32,
    /// Drills played side by side [default: one a core on sim, one at a time elsewhere]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    /// Only scenarios whose tags match, e.g. "@slow and not @docker"
    #[arg(long, value_name = "EXPR")]
    pub tags: Option<String>,
    /// Only scenarios whose name holds this text, in whatever case
    #[arg(long, value_name = "TEXT")]
    pub scenario: Option<String>,
    /// Use this seed for every drill's first play instead of its own
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Folder that comparisons are written below
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub out: PathBuf,
    /// Allow drills of more than 15 minutes on a real-time engine
    #[arg(long)]
    pub allow_long: bool,
    /// Exit with 1 where a stack is shown to be worse than this one
    #[arg(long, value_name = "BASELINE")]
    pub fail_on_worse: Option<String>,
}

#[derive(Debug, Args)]
pub struct Plan {
    #[command(flatten)]
    pub selection: Selection,
    /// Print the plans as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// sim where every node of the stack is built in; what already runs is played where it runs
    Auto,
    /// Virtual time, one process: seven hours pass in seconds
    Sim,
    /// Real time, real sockets, child processes on loopback
    Local,
    /// Real time, containers
    Docker,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Proxy {
    /// Squall's own
    Squall,
    /// Toxiproxy, from an image tagged toxiproxy:2.12.0 at the Docker daemon
    Toxiproxy,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Schema {
    /// run.json of a run folder
    Run,
    /// stack.toml of a stack
    Stack,
    /// comparison.json of a comparison
    Comparison,
}

/// One component on its own, for a look by hand or a foreign test bench.
#[derive(Debug, Args)]
pub struct Serve {
    /// proxy, carrier, names; app, edge, gateway, queue; calls, balancer, media-cache, origin, telemetry
    #[arg(value_name = "ROLE")]
    pub role: String,
    /// Full configuration as JSON, as the engines hand it over
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Name of the node
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Address a port listens on, e.g. control=127.0.0.1:8474
    #[arg(long, value_name = "PORT=ADDR", value_parser = pair)]
    pub listen: Vec<(String, String)>,
    /// Address of another node, e.g. smartfren=127.0.0.1:2775
    #[arg(long, value_name = "NODE=ADDR", value_parser = pair)]
    pub link: Vec<(String, String)>,
    /// A setting of the role, e.g. account=test
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub set: Vec<(String, String)>,
    /// Protocol of a carrier
    #[arg(long, value_enum, default_value_t = Protocol::Smpp)]
    pub protocol: Protocol,
    /// Folder for the component's files [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// End when this process ends
    #[arg(long, value_name = "PID", hide = true)]
    pub parent: Option<i32>,
    /// Seed of the component's draws
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    Smpp,
    Twilio,
    Vonage,
    Json,
    Sip,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(format!("expected NAME=VALUE, found \"{text}\"")),
    }
}
