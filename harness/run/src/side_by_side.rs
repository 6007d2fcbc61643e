//! Plays several drills, as many at once as asked for, into one facts file in plan order.
//!
//! Each drill writes to a part file of its own while it plays; a run that is cut short leaves the
//! parts behind. Simulated drills share nothing, so each has a thread.

use crate::play::{EngineKind, Options, Played, Roles, play};
use crate::{Progress, RunError, Wish};
use squall_model::plan::Plan;
use squall_model::record::{Header, SCHEMA};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError, mpsc};
use tokio::sync::watch;

/// Name of the facts file in the run folder; with `.zst` where it would be larger than [`LARGE`].
const FACTS: &str = "facts.jsonl";
const LARGE: u64 = 64 << 20;
const COMPRESSION: i32 = 3;

/// A plan and its hash, as the planner computed it.
#[derive(Clone, Debug)]
pub struct Drill {
    pub plan: Plan,
    pub hash: String,
}

/// What all drills of a run have in common.
pub struct Jobs {
    pub engine: EngineKind,
    /// Drills at once. Drills on real engines disturb each other's load: give them 1.
    pub at_once: NonZeroUsize,
    pub roles: Roles,
    /// The program that local children run.
    pub squall: PathBuf,
    /// The images that containers run.
    pub images: crate::engine::docker::Props,
    /// The run folder: facts, logs and data go under it.
    pub folder: PathBuf,
    /// Version of Squall, for the headers.
    pub version: String,
    pub progress: Option<mpsc::Sender<Progress>>,
    pub stop: watch::Receiver<Wish>,
}

/// Plays every drill; one result each, in the order of `drills`. Drills that were not begun when
/// the run was stopped are [`RunError::Plan`] errors.
///
/// # Errors
/// Where the facts file itself cannot be written.
pub fn play_all(drills: &[Drill], jobs: &Jobs) -> Result<Vec<Result<Played, RunError>>, RunError> {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<Option<Result<Played, RunError>>>> =
        Mutex::new(drills.iter().map(|_| None).collect());
    std::thread::scope(|scope| {
        for _ in 0..jobs.at_once.get().min(drills.len()) {
            scope.spawn(|| {
                while let Some((index, drill)) = claim(drills, &next) {
                    let result = play_one(index, drill, jobs);
                    results.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(result);
                }
            });
        }
    });
    gather(drills.len(), &jobs.folder)?;
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    let died = || Err(RunError::Plan("the drill's thread died".into()));
    Ok(results.into_iter().map(|result| result.unwrap_or_else(died)).collect())
}

fn claim<'a>(drills: &'a [Drill], next: &AtomicUsize) -> Option<(usize, &'a Drill)> {
    let index = next.fetch_add(1, Relaxed);
    Some((index, drills.get(index)?))
}

fn play_one(index: usize, drill: &Drill, jobs: &Jobs) -> Result<Played, RunError> {
    if *jobs.stop.borrow() > Wish::GoOn {
        return Err(RunError::Plan("not begun: the run was stopped".into()));
    }
    let path = part(&jobs.folder, index);
    let what = || format!("cannot write {}", path.display());
    std::fs::create_dir_all(&jobs.folder).map_err(RunError::io(what()))?;
    let mut file = File::create(&path).map_err(RunError::io(what()))?;
    let header = Header {
        schema: SCHEMA.to_owned(),
        squall: jobs.version.clone(),
        engine: jobs.engine.name().to_owned(),
        plan_hash: drill.hash.clone(),
        drill: index,
    };
    let mut line = serde_json::to_vec(&header).map_err(|e| RunError::Facts(e.into()))?;
    line.push(b'\n');
    file.write_all(&line).map_err(RunError::Facts)?;
    let options = Options {
        engine: jobs.engine,
        drill: index,
        roles: jobs.roles.clone(),
        squall: jobs.squall.clone(),
        images: jobs.images.clone(),
        folder: jobs.folder.join(format!("drill-{index}")),
        progress: jobs.progress.clone(),
        stop: jobs.stop.clone(),
    };
    play(&drill.plan, options, Box::new(file))
}

fn part(folder: &Path, index: usize) -> PathBuf {
    folder.join(format!("facts.{index}.jsonl"))
}

/// Puts the parts together in order and removes them.
fn gather(drills: usize, folder: &Path) -> Result<(), RunError> {
    let parts: Vec<PathBuf> =
        (0..drills).map(|index| part(folder, index)).filter(|path| path.exists()).collect();
    let whole = || -> io::Result<()> {
        let mut size = 0;
        for path in &parts {
            size += std::fs::metadata(path)?.len();
        }
        if size > LARGE {
            let file = File::create(folder.join(format!("{FACTS}.zst")))?;
            let mut out = zstd::Encoder::new(BufWriter::new(file), COMPRESSION)?;
            join(&parts, &mut out)?;
            out.finish()?.flush()
        } else {
            let mut out = File::create(folder.join(FACTS))?;
            join(&parts, &mut out)
        }
    };
    whole().map_err(RunError::io("cannot put the facts together"))?;
    for path in &parts {
        std::fs::remove_file(path).map_err(RunError::io("cannot remove a part of the facts"))?;
    }
    Ok(())
}

fn join(parts: &[PathBuf], out: &mut impl Write) -> io::Result<()> {
    for path in parts {
        io::copy(&mut File::open(path)?, out)?;
    }
    Ok(())
}
