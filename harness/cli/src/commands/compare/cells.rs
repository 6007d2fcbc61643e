//! Plays the cells of a comparison, each into a run folder of its own: a cell whose report is there has
//! been played, and is not played again.

use super::manifest::{Cell, Manifest};
use crate::progress::{self, Label};
use crate::signals;
use anyhow::{Context, Result};
use squall_report::RunInfo;
use squall_report::comparison::Source;
use squall_run::engine::docker::Props;
use squall_run::{Drill, EngineKind, Jobs, Progress, Wish};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Instant;
use tokio::sync::watch;

/// The last file of a cell's report: where it is, all of it is.
const LAST: &str = "done";

/// What became of the cells.
#[derive(Default)]
pub struct Played {
    /// Why a cell has no play, for each that has none.
    pub missing: Vec<String>,
    /// An undo could not be verified.
    pub unhealed: bool,
    pub stopped: bool,
}

/// What all cells share.
struct Table<'a> {
    folder: &'a Path,
    engine: EngineKind,
    images: Props,
    squall: PathBuf,
    cells: &'a [Cell],
    progress: mpsc::Sender<Progress>,
    wishes: watch::Receiver<Wish>,
}

pub fn is_played(folder: &Path, cell: &Cell) -> bool {
    folder.join(&cell.folder).join(LAST).is_file()
}

/// Run folders of the cells that have been played, and what the others are called.
pub fn so_far(folder: &Path, cells: &[Cell]) -> (Vec<Source>, Vec<String>) {
    let (there, missing): (Vec<&Cell>, Vec<&Cell>) =
        cells.iter().partition(|cell| is_played(folder, cell));
    let source = |cell: &Cell| Source {
        folder: folder.join(&cell.folder),
        shown: cell.folder.display().to_string(),
        stack: Some(cell.stack.clone()),
    };
    let name = |cell: &Cell| format!("{} on {}", cell.plan.title(), cell.stack);
    (there.into_iter().map(source).collect(), missing.into_iter().map(name).collect())
}

/// Plays every cell that has not been, `at_once` side by side.
///
/// # Errors
/// Where signals cannot be listened for.
pub fn play(
    folder: &Path,
    manifest: &Manifest,
    (engine, images): (EngineKind, Props),
    at_once: NonZeroUsize,
) -> Result<Played> {
    let cells = manifest.cells();
    let wishes = signals::wishes().context("cannot listen for signals")?;
    let (progress, seen) = mpsc::channel();
    let called =
        |cell: &Cell| Label::called(&format!("{}: {}", cell.stack, cell.plan.title()), &cell.plan);
    let watcher = progress::show_many(cells.iter().map(called).collect(), seen);
    let squall = std::env::current_exe().context("cannot find this very program")?;
    let table = Table { folder, engine, images, squall, cells: &cells, progress, wishes };
    let played = table.play(at_once);
    drop(table);
    // It ends with the last sender; a watcher that died has only cost the progress lines.
    let _ = watcher.join();
    Ok(played)
}

impl Table<'_> {
    fn play(&self, at_once: NonZeroUsize) -> Played {
        let next = AtomicUsize::new(0);
        let played = Mutex::new(Played::default());
        std::thread::scope(|scope| {
            for _ in 0..at_once.get().min(self.cells.len()) {
                scope.spawn(|| {
                    while let Some((index, cell)) = self.claim(&next) {
                        let outcome = self.play_one(index, cell);
                        let mut played = played.lock().unwrap_or_else(PoisonError::into_inner);
                        match outcome {
                            Ok(healed) => played.unhealed |= !healed,
                            Err(why) => {
                                let title = cell.plan.title();
                                played
                                    .missing
                                    .push(format!("{} on {}: {why:#}", title, cell.stack));
                            }
                        }
                    }
                });
            }
        });
        let mut played = played.into_inner().unwrap_or_else(PoisonError::into_inner);
        played.stopped = *self.wishes.borrow() > Wish::GoOn;
        played.missing.sort();
        played
    }

    fn claim(&self, next: &AtomicUsize) -> Option<(usize, &Cell)> {
        let index = next.fetch_add(1, Relaxed);
        Some((index, self.cells.get(index)?))
    }

    /// On plain output, one line a play.
    fn tell(&self, index: usize, cell: &Cell, came: &str) {
        if !progress::is_live() {
            let (number, all) = (index + 1, self.cells.len());
            eprintln!("{number} of {all}: {}: {}: {came}", cell.stack, cell.plan.title());
        }
    }

    /// True where every undo was verified.
    fn play_one(&self, index: usize, cell: &Cell) -> Result<bool> {
        if is_played(self.folder, cell) {
            return Ok(true);
        }
        anyhow::ensure!(
            *self.wishes.borrow() == Wish::GoOn,
            "the comparison was stopped before it"
        );
        let folder = self.folder.join(&cell.folder);
        // What an interrupted play left is no play.
        if folder.exists() {
            std::fs::remove_dir_all(&folder)
                .with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        std::fs::write(folder.join("plan.json"), serde_json::to_vec_pretty(&[&cell.plan])?)
            .with_context(|| format!("cannot write into {}", folder.display()))?;
        let clock = Instant::now();
        let started = jiff::Timestamp::now();
        let healed = self.record(index, cell, &folder)?;
        anyhow::ensure!(
            *self.wishes.borrow() == Wish::GoOn,
            "the comparison was stopped while it played"
        );
        let info = RunInfo {
            squall: env!("CARGO_PKG_VERSION").to_owned(),
            engine: self.engine.name().to_owned(),
            seed: cell.plan.seed,
            started: started.to_string(),
            wall_ms: clock.elapsed().as_millis() as u64,
            command: crate::commands::run::typed(),
            undo_verified: healed,
        };
        let judged = squall_report::judge_run(squall_report::read(&folder)?, info);
        squall_report::write(&folder, &judged)?;
        std::fs::write(folder.join(LAST), "")?;
        self.tell(index, cell, judged.verdict.word());
        Ok(healed)
    }

    /// Plays it, its facts in `folder`; true where every undo was verified.
    fn record(&self, index: usize, cell: &Cell, folder: &Path) -> Result<bool> {
        let drill = Drill { plan: cell.plan.clone(), hash: squall_plan::hash(&cell.plan) };
        let (progress, seen) = mpsc::channel::<Progress>();
        let told = self.progress.clone();
        // A run of one drill calls it the first; here it is one of many.
        let forward = std::thread::spawn(move || {
            seen.into_iter().for_each(|seen| drop(told.send(Progress { drill: index, ..seen })));
        });
        let jobs = Jobs {
            engine: self.engine,
            at_once: NonZeroUsize::MIN,
            roles: squall_node::roles(),
            squall: self.squall.clone(),
            images: self.images.clone(),
            folder: folder.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            progress: Some(progress),
            stop: self.wishes.clone(),
        };
        let results = squall_run::play_all(&[drill], &jobs)?;
        drop(jobs);
        let _ = forward.join();
        let mut healed = true;
        for result in results {
            for left in result?.unhealed {
                eprintln!(
                    "squall: \"{}\" on {}: not undone: {left}",
                    cell.plan.title(),
                    cell.stack
                );
                healed = false;
            }
        }
        Ok(healed)
    }
}
