//! The open-loop driver with ledger and recorder on the local engine: this process is the harness,
//! the fault proxy and an ideal gateway are processes of their own, and every message crosses the
//! proxy. `cargo bench -p squall-run --bench driver`; prints one line per figure, and the load of
//! the machine beside it.
//!
//! Two questions. How late does the driver send at 20,000 messages a second? And does it count the
//! latency of a server that stalls for a second from the instant at which each message was due
//! (no coordinated omission)?

mod plan;
mod sink;

use nix::sys::resource::{UsageWho, getrusage};
use squall_model::fact::{Fact, Load};
use squall_model::judge::judge;
use squall_model::plan::Plan;
use squall_model::record::{Header, Record, SCHEMA};
use squall_node::{Process, roles, run};
use squall_run::{EngineKind, Options, Wish, play};
use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use tempfile::NamedTempFile;

/// Messages a second of the first question.
const RATE: u64 = 20_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.get(1).is_some_and(|word| word == "serve") {
        return serve(&arguments[2..]);
    }
    for receipts in [false, true] {
        for _ in 0..2 {
            let before = [cpu(UsageWho::RUSAGE_SELF)?, cpu(UsageWho::RUSAGE_CHILDREN)?];
            let plan = plan::steady(RATE, 10, receipts)?;
            let facts = drill(&plan)?;
            let after = [cpu(UsageWho::RUSAGE_SELF)?, cpu(UsageWho::RUSAGE_CHILDREN)?];
            let record = read(&plan, facts.path())?;
            let load = load(&record)?;
            let each = |at: usize| (after[at] - before[at]) / load.sent.max(1) as f64;
            println!(
                "{RATE} messages a second for ten seconds, {}: lag p99 {:.3} ms (wanted under 1), \
                 most {:.1} ms; {} of {} sent; CPU a message {:.1} us of the harness, {:.1} us of \
                 proxy and gateway; {}",
                if receipts { "receipts too" } else { "no receipts" },
                load.lag_p99.0 as f64 / 1e3,
                load.lag_max.0 as f64 / 1e3,
                load.sent,
                load.scheduled,
                each(0),
                each(1),
                machine(),
            );
        }
    }
    for _ in 0..3 {
        let plan = plan::stalled()?;
        let judged = judge(&read(&plan, drill(&plan)?.path())?);
        for (finding, want) in judged.findings.iter().zip(plan::STALLED_MS) {
            let seen = finding.observed.unwrap_or(f64::NAN);
            println!(
                "a server stalled for one of five seconds at 2,000 a second: {seen:.1} ms, \
                 {:+.2}% of {want} ms (wanted within 5%); {}",
                (seen / want - 1.0) * 100.0,
                machine(),
            );
        }
    }
    Ok(())
}

/// What the local engine starts: this program, as it would start `squall`.
fn serve(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let [role, _, config, _, data, _, parent] = arguments else {
        return Err("serve ROLE --config FILE --data DIR --parent PID".into());
    };
    let config = serde_json::from_slice(&std::fs::read(config)?)?;
    let process = Process { data: data.into(), parent: Some(parent.parse()?) };
    match role.as_str() {
        sink::ROLE => run(role, sink::start, config, process)?,
        role => squall_node::serve(role, config, process)?,
    }
    Ok(())
}

/// Plays, and gives the file of facts.
fn drill(plan: &Plan) -> Result<NamedTempFile, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let facts = NamedTempFile::new()?;
    let options = Options {
        engine: EngineKind::Local,
        drill: 0,
        roles: roles(),
        squall: std::env::current_exe()?,
        images: Default::default(),
        folder: folder.path().to_owned(),
        progress: None,
        stop: Wish::none(),
    };
    let played = play(plan, options, Box::new(facts.reopen()?))?;
    if let Some(why) = played.interrupted {
        return Err(why.into());
    }
    Ok(facts)
}

/// Microseconds of CPU so far.
fn cpu(of: UsageWho) -> nix::Result<f64> {
    let usage = getrusage(of)?;
    let spent = [usage.user_time(), usage.system_time()];
    Ok(spent.iter().map(|time| time.tv_sec() as f64 * 1e6 + time.tv_usec() as f64).sum())
}

fn read(plan: &Plan, facts: &Path) -> Result<Record, Box<dyn Error>> {
    let header = Header {
        schema: SCHEMA.into(),
        squall: "0".into(),
        engine: "local".into(),
        plan_hash: String::new(),
        drill: 0,
    };
    let mut builder = Record::builder(header, plan.clone());
    for line in BufReader::new(File::open(facts)?).lines() {
        builder.push(serde_json::from_str(&line?)?);
    }
    Ok(builder.finish())
}

/// What the driver said of itself at its end.
fn load(record: &Record) -> Result<&Load, Box<dyn Error>> {
    let loads = record.events.iter().rev();
    let last = loads.into_iter().find_map(|fact| match fact {
        Fact::Load(load) => Some(load),
        _ => None,
    });
    last.ok_or_else(|| "the driver said nothing".into())
}

fn machine() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let threads = std::thread::available_parallelism().map_or(0, usize::from);
    format!("load {} on {threads} processors", load.split(' ').next().unwrap_or("?"))
}
