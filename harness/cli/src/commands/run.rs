//! `squall run`: plans → play → judge → write → tell.

use super::engine::{at_once, engine, refusal};
use super::select::{self, Picked};
use super::{containers, external, recover, report};
use crate::args;
use crate::exit::Exit;
use crate::{folder, progress, signals};
use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use squall_model::judged::Judged;
use squall_model::plan::Plan;
use squall_plan::Suite;
use squall_report::RunReport;
use squall_run::engine::docker::Props;
use squall_run::{Drill, EngineKind, Jobs, Played, RunError, Wish};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Instant;
use tokio::sync::watch;

pub fn run(args: &args::Run) -> Result<Exit> {
    let mut suite = match select::drills(&args.selection, None)? {
        Picked::Drills(suite) => suite,
        Picked::Mistakes => return Ok(Exit::Mistake),
    };
    let engine = match external::choose(&suite.plans, args)? {
        Some(external) => external,
        None => engine(args.engine, &suite.plans),
    };
    if args.proxy != args::Proxy::Squall && engine != EngineKind::Docker {
        bail!("--proxy says whose proxy the containers get; add --engine docker");
    }
    suite.plans = playable(suite.plans, engine, args)?;
    suite.repeat(args.repeat);
    let plans = &suite.plans;
    recover::sweep(&args.out)?;
    if recover::put_back(&args.out)? {
        return Ok(Exit::NotUndone);
    }
    let images = match engine {
        EngineKind::Docker => {
            let stacks = select::stacks(&args.selection);
            match containers::prepare(&suite.plans, stacks, args.proxy)? {
                Some(images) => images,
                None => return Ok(Exit::Inconclusive),
            }
        }
        EngineKind::Sim | EngineKind::Local | EngineKind::External => Props::default(),
    };

    let started = Timestamp::now();
    let clock = Instant::now();
    let out = folder::create(&args.out, started, &title(plans))?;
    let wishes = signals::wishes().context("cannot listen for signals")?;
    let results = play(plans, (engine, images), args.jobs, &out, wishes.clone())?;

    let unhealed = tell(plans, &results);
    let judged = squall_report::judge_run(
        squall_report::read(&out)?,
        squall_report::RunInfo {
            squall: env!("CARGO_PKG_VERSION").to_owned(),
            engine: engine.name().to_owned(),
            seed: plans.first().map_or(0, |plan| plan.seed),
            started: started.to_string(),
            wall_ms: clock.elapsed().as_millis() as u64,
            command: typed(),
            undo_verified: !unhealed,
        },
    );
    folder::point_latest(&args.out, &out)?;
    if *wishes.borrow() == Wish::Hurry {
        report::hurry(&out, &judged)?;
    } else {
        present(&suite, &judged);
        report::finish(&out, &judged)?;
        if args.open {
            open(&out.join("report.html"));
        }
    }
    let unplayed = results.iter().any(Result::is_err);
    let exit = Exit::of(judged.exit_code);
    Ok(if unplayed { exit.max(Exit::Inconclusive) } else { exit })
}

fn play(
    plans: &[Plan],
    (engine, images): (EngineKind, Props),
    jobs: Option<u16>,
    out: &Path,
    wishes: watch::Receiver<Wish>,
) -> Result<Vec<Result<Played, RunError>>> {
    std::fs::write(out.join("plan.json"), serde_json::to_vec_pretty(plans)?)
        .with_context(|| format!("cannot write into {}", out.display()))?;
    let drills: Vec<Drill> = plans
        .iter()
        .map(|plan| Drill { plan: plan.clone(), hash: squall_plan::hash(plan) })
        .collect();
    let (progress, seen) = mpsc::channel();
    let watcher = progress::show(plans.iter().map(progress::Label::of).collect(), seen);
    let jobs = Jobs {
        engine,
        at_once: at_once(engine, jobs),
        roles: squall_node::roles(),
        squall: std::env::current_exe().context("cannot find this very program")?,
        images,
        folder: out.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        progress: Some(progress),
        stop: wishes,
    };
    let results = squall_run::play_all(&drills, &jobs)?;
    drop(jobs);
    // It ends with the last sender; a watcher that died has only cost the progress lines.
    let _ = watcher.join();
    Ok(results)
}

/// The command line, without the folder that this program lies in.
pub fn typed() -> Vec<String> {
    std::iter::once("squall".to_owned()).chain(std::env::args().skip(1)).collect()
}

/// Every step with its finding, as cucumber shows it. A drill that was not played has no finding.
fn present(suite: &Suite, report: &RunReport) {
    let judged: Vec<Option<Judged>> = (0..suite.plans.len())
        .map(|index| {
            let drill = report.drills.iter().find(|drill| drill.record.header.drill == index)?;
            Some(drill.judged.clone())
        })
        .collect();
    println!("{}", squall_plan::front(suite, &judged, report::colour()).text);
}

/// Says what went wrong outside the facts; true where an undo could not be verified.
fn tell(plans: &[Plan], results: &[Result<Played, RunError>]) -> bool {
    let mut unhealed = false;
    for (plan, result) in plans.iter().zip(results) {
        match result {
            Err(error) => eprintln!("squall: \"{}\" was not played: {error}", plan.title()),
            Ok(played) => {
                for left in &played.unhealed {
                    eprintln!("squall: \"{}\": not undone: {left}", plan.title());
                    unhealed = true;
                }
            }
        }
    }
    unhealed
}

/// Leaves out what the engine cannot play; refuses it where that very file was asked for.
fn playable(plans: Vec<Plan>, engine: EngineKind, args: &args::Run) -> Result<Vec<Plan>> {
    let mut kept = Vec::new();
    for plan in plans {
        match refusal(&plan, engine, args.allow_long) {
            None => kept.push(plan),
            Some(why) if select::is_named(&args.selection, &plan.file) => {
                bail!("{}:{}: \"{}\" {why}", plan.file, plan.line, plan.scenario)
            }
            Some(why) => eprintln!("squall: left out: {}:{}: {why}", plan.file, plan.line),
        }
    }
    if kept.is_empty() {
        bail!("no drill is left that the {} engine can play", engine.name());
    }
    Ok(kept)
}

fn title(plans: &[Plan]) -> String {
    let mut features: Vec<&str> = plans.iter().map(|plan| plan.feature.as_str()).collect();
    features.dedup();
    match (plans, features.as_slice()) {
        ([one], _) => one.scenario.clone(),
        (_, [one]) => (*one).to_owned(),
        (_, several) => format!("{} features", several.len()),
    }
}

/// Best effort, and no shell: a machine without a desktop has the path on its last line.
fn open(page: &PathBuf) {
    let _ = std::process::Command::new("xdg-open").arg(page).spawn();
}
