//! `squall compare --stacks a,b FEATURE…` and `--resume`: compiles the drills for every stack, plays
//! them in turns, compares what came.

use super::cells::{self, is_played, so_far};
use super::finish;
use super::manifest::Manifest;
use crate::args;
use crate::commands::engine::{at_once, engine, refusal};
use crate::commands::select::{self, Picked};
use crate::commands::{containers, recover};
use crate::exit::Exit;
use crate::folder;
use anyhow::{Result, bail};
use squall_model::plan::Plan;
use squall_run::EngineKind;
use squall_run::engine::docker::Props;
use std::collections::BTreeMap;
use std::path::Path;

pub fn begin(args: &args::Compare) -> Result<Exit> {
    let Some(drills) = compile(args)? else { return Ok(Exit::Mistake) };
    let all: Vec<Plan> = drills.iter().flatten().cloned().collect();
    if let Some(plan) = all.iter().find(|plan| plan.stack.external.is_some()) {
        bail!(
            "\"{}\" already runs; play its drills with `squall run` and compare the run folders",
            plan.stack.name
        );
    }
    let engine = engine(args.engine, &all);
    for plan in &all {
        if let Some(why) = refusal(plan, engine, args.allow_long) {
            bail!(
                "{}:{}: \"{}\" on {} {why}",
                plan.file,
                plan.line,
                plan.scenario,
                plan.stack.label()
            );
        }
    }
    let stacks_dir = select::stacks(&selection(args, None));
    let manifest =
        Manifest::new(engine.name(), columns(&args.stacks), stacks_dir, args.repeat, drills);
    let started = jiff::Timestamp::now();
    let folder = folder::create(&args.out, started, &format!("compare {}", args.stacks.join(" ")))?;
    manifest.write(&folder)?;
    go_on(&folder, &manifest, engine, args)
}

pub fn resume(folder: &Path, args: &args::Compare) -> Result<Exit> {
    let manifest = Manifest::read(folder)?;
    let engine = match manifest.engine.as_str() {
        "sim" => EngineKind::Sim,
        "local" => EngineKind::Local,
        "docker" => EngineKind::Docker,
        other => bail!("a comparison on \"{other}\" cannot be gone on with"),
    };
    go_on(folder, &manifest, engine, args)
}

fn selection(args: &args::Compare, stack: Option<&str>) -> args::Selection {
    args::Selection {
        features: args.paths.clone(),
        stack: stack.map(str::to_owned),
        tags: args.tags.clone(),
        scenario: args.scenario.clone(),
        seed: args.seed,
    }
}

/// Per drill, per stack. `None` where there are mistakes, which are told.
fn compile(args: &args::Compare) -> Result<Option<Vec<Vec<Plan>>>> {
    let mut drills: Vec<Vec<Plan>> = Vec::new();
    let mut sound = true;
    for stack in &args.stacks {
        match select::drills(&selection(args, Some(stack)), None)? {
            Picked::Mistakes => sound = false,
            Picked::Drills(suite) => {
                drills.resize_with(drills.len().max(suite.plans.len()), Vec::new);
                drills.iter_mut().zip(suite.plans).for_each(|(drill, plan)| drill.push(plan));
            }
        }
    }
    Ok(sound.then_some(drills))
}

/// A stack that is asked for twice is two columns.
fn columns(stacks: &[String]) -> Vec<String> {
    let mut times: BTreeMap<&str, u32> = BTreeMap::new();
    let column = |stack: &String, times: u32| match times {
        1 => stack.clone(),
        n => format!("{stack} ({n})"),
    };
    let mut columns = Vec::new();
    for stack in stacks {
        let times = times.entry(stack).or_default();
        *times += 1;
        columns.push(column(stack, *times));
    }
    columns
}

fn go_on(
    folder: &Path,
    manifest: &Manifest,
    engine: EngineKind,
    args: &args::Compare,
) -> Result<Exit> {
    recover::sweep(&args.out)?;
    if recover::put_back(&args.out)? {
        return Ok(Exit::NotUndone);
    }
    let cells = manifest.cells();
    let images = match engine {
        EngineKind::Docker => {
            let all: Vec<Plan> = manifest.drills.iter().flatten().cloned().collect();
            match containers::prepare(&all, manifest.stacks_dir.clone(), args::Proxy::Squall)? {
                Some(images) => images,
                None => return Ok(Exit::Inconclusive),
            }
        }
        EngineKind::Sim | EngineKind::Local | EngineKind::External => Props::default(),
    };
    let left: Vec<_> = cells.iter().filter(|cell| !is_played(folder, cell)).collect();
    let at_once = at_once(engine, args.jobs);
    eprintln!(
        "squall: {}",
        ahead(
            &left.iter().map(|cell| &cell.plan).collect::<Vec<_>>(),
            cells.len(),
            engine,
            at_once.get()
        )
    );
    let played = cells::play(folder, manifest, (engine, images), at_once)?;
    folder::point_latest(&args.out, folder)?;
    if played.stopped || !played.missing.is_empty() {
        eprintln!(
            "squall: what is missing is played by: squall compare --resume {}",
            folder.display()
        );
    }
    let (sources, _) = so_far(folder, &cells);
    if sources.is_empty() {
        played.missing.iter().for_each(|why| eprintln!("squall: not played: {why}"));
        return Ok(if played.unhealed { Exit::NotUndone } else { Exit::Inconclusive });
    }
    let info = manifest.info(played.missing);
    let exit = finish(folder, &sources, true, info, args.fail_on_worse.as_deref())?;
    Ok(if played.unhealed { exit.max(Exit::NotUndone) } else { exit })
}

/// How much there is to play, and about how long that takes where time is real.
fn ahead(left: &[&Plan], all: usize, engine: EngineKind, at_once: usize) -> String {
    let there = match all - left.len() {
        0 => String::new(),
        played => format!(", {played} are there already"),
    };
    if engine == EngineKind::Sim {
        return format!("{} drills to play{there}", left.len());
    }
    // Raising and lowering a stack.
    const BESIDE: f64 = 10.0;
    let lasts = |plan: &&Plan| (plan.end + plan.drain).as_secs_f64() + BESIDE;
    let seconds: f64 = left.iter().map(lasts).sum();
    let length = squall_model::units::Micros::from_secs(
        (seconds / at_once as f64 / 60.0).ceil() as u64 * 60,
    );
    format!("{} drills to play, about {length}{there}", left.len())
}
